using System.Collections.Concurrent;
using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Simulation.Node;

public sealed class MemoryLoader(MemoryDatabase database, IFaults faults) : IStreamLoader, ISnapshots
{
    /// <summary>So few that many a replay takes several.</summary>
    public const int RowsAtOnce = 16;

    private readonly ConcurrentDictionary<StreamKey, int> seen = new(); // Only a planted bug answers by it.
    private int loads;
    private int lookedUp;
    private int headsAsked;
    private int tailsAsked;

    /// <summary>Streams loaded, actions looked up and heads asked for, for tests that count.</summary>
    public int Loads => loads;

    public int LookedUp => lookedUp;

    public int HeadsAsked => headsAsked;

    /// <summary>How often rows of a long stream were asked for.</summary>
    public int TailsAsked => tailsAsked;

    /// <inheritdoc/>
    public int FewRows => 24;

    public async Task<LoadedStream> Load(StreamKey key)
    {
        await Round();
        Interlocked.Increment(ref loads);
        return database.Read(_ =>
        {
            var stream = database.Stream(key);
            var head = stream.Rows.Select(row => row.Seq).DefaultIfEmpty().Max();
            seen[key] = head;
            return new LoadedStream(stream.Id, head, head <= FewRows ? Rows(stream, after: 0) : null);
        });
    }

    public async Task<StreamTail> Tail(StreamId stream, int after)
    {
        await Round();
        Interlocked.Increment(ref tailsAsked);
        return database.Read(_ =>
        {
            var rows = Rows(database.Stream(stream), after).Take(RowsAtOnce).ToList();
            var at = database.Stream(stream).Rows.Where(row => row.Seq == after).Select(static row => (DateTimeOffset?)row.Event.At).SingleOrDefault();
            return new StreamTail(at, rows, GoesOn: rows.Count == RowsAtOnce);
        });
    }

    public async Task<int> Head(StreamKey key)
    {
        await Round();
        Interlocked.Increment(ref headsAsked);
        return database.Read(_ => database.Bugs.HasFlag(PlantedBugs.NoFreshness) && seen.TryGetValue(key, out var head) ? head : database.Find(key)?.Rows.Select(row => row.Seq).DefaultIfEmpty().Max() ?? 0);
    }

    public async Task<StreamKey> Key(StreamId stream)
    {
        await Round();
        return database.Stream(stream).Key;
    }

    public async Task<ImmutableArray<ActionHistory>> Actions(int tenant, IReadOnlyCollection<CallerId> ids)
    {
        await Round();
        Interlocked.Add(ref lookedUp, ids.Count);
        return [.. ids.Select(id => History(tenant, id)).OfType<ActionHistory>()];
    }

    public async Task<Snapshot?> Read(StreamKey key)
    {
        await Round();
        return database.Read(_ => database.Find(key)?.Snapshot);
    }

    public void Offer(StreamKey key, Snapshot snapshot) => database.Keep(snapshot);

    private ActionHistory? History(int tenant, CallerId id) => database.Read(_ =>
    {
        if (database.Action(tenant, id) is not { } own) return null;
        var place = database.Moved(tenant, id) ?? new(id, own.Stream, own.Seq, own.Event.Hash!.Value);
        var about = database.Stream(place.Stream).Rows.Where(row => row.Event.Type != 0 && row.Event.About == place.Seq).OrderBy(row => row.Seq);
        return new ActionHistory(
            id, place.Hash, place.Stream,
            [new(place.Seq, own.Event.At, own.Decode<ReferralEvent>()), .. about.Select(row => new Recorded(row.Seq, row.Event.At, row.Decode<ReferralEvent>()))]);
    });

    private static List<StoredRow> Rows(JournalStream stream, int after) =>
        [.. stream.Rows.Where(row => row.Event.Type != 0 && row.Seq > after).OrderBy(row => row.Seq).Select(row => row.Stored)];

    private async Task Round()
    {
        await Task.Yield();
        if (faults.OfRead()) throw new JournalUnavailableException("The database cannot be reached.");
    }
}
