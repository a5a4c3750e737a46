using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Simulation.Node;

public sealed class MemoryLoader(MemoryDatabase database, IFaults faults) : IStreamLoader, ISnapshots
{
    private int loads;
    private int lookedUp;
    private int headsAsked;

    /// <summary>Streams loaded, actions looked up and heads asked for, for tests that count.</summary>
    public int Loads => loads;

    public int LookedUp => lookedUp;

    public int HeadsAsked => headsAsked;

    public Task<LoadedStream> Load(StreamKey key) => Load(key, whole: false);

    public Task<LoadedStream> LoadWhole(StreamKey key) => Load(key, whole: true);

    public async Task<int> Head(StreamKey key)
    {
        await Round();
        Interlocked.Increment(ref headsAsked);
        return database.Read(_ => database.Find(key)?.Rows.Select(row => row.Seq).DefaultIfEmpty().Max() ?? 0);
    }

    public async Task<ImmutableArray<ActionHistory>> Actions(int tenant, IReadOnlyCollection<CallerId> ids)
    {
        await Round();
        Interlocked.Add(ref lookedUp, ids.Count);
        return [.. ids.Select(id => History(tenant, id)).OfType<ActionHistory>()];
    }

    public void Offer(StreamId stream, int seq, short fold, string data) => database.Keep(stream, new(seq, fold, data));

    private ActionHistory? History(int tenant, CallerId id) => database.Read(_ =>
    {
        if (database.Action(tenant, id) is not { } own) return null;
        var about = database.Stream(own.Stream).Rows.Where(row => row.Event.Type != 0 && row.Event.About == own.Seq);
        var rows = about.Prepend(own).OrderBy(row => row.Seq);
        return new ActionHistory(
            id, own.Event.Hash!.Value, own.Stream, [.. rows.Select(row => new Recorded(row.Seq, row.Event.At, row.Decode<ReferralEvent>()))]);
    });

    private async Task<LoadedStream> Load(StreamKey key, bool whole)
    {
        await Round();
        Interlocked.Increment(ref loads);
        return database.Read(_ =>
        {
            var stream = database.Stream(key);
            var snapshot = whole ? null : stream.Snapshot;
            var rows = stream.Rows.Where(row => row.Event.Type != 0 && row.Seq > (snapshot?.Seq ?? 0)).OrderBy(row => row.Seq);
            return new LoadedStream(stream.Id, snapshot, [.. rows.Select(row => row.Stored)]);
        });
    }

    private async Task Round()
    {
        await Task.Yield();
        if (faults.OfRead()) throw new JournalUnavailableException("The database cannot be reached.");
    }
}
