using ReferralGrains.Domain.Enrollments;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Tests.World;

/// <summary>What was committed: the rows of every stream, and each action by its id.</summary>
public sealed class Journal
{
    private readonly Dictionary<StreamId, List<Recorded>> rows = [];
    private readonly Dictionary<CallerId, (StreamId Stream, int Seq)> actions = [];

    public IReadOnlyList<Recorded> Of(StreamId stream) => rows.GetValueOrDefault(stream, []);

    public IEnumerable<ReferralEvent> All => rows.Values.SelectMany(stream => stream).Select(recorded => recorded.Event);

    public void Commit(StreamId stream, IEnumerable<Recorded> events)
    {
        if (!rows.TryGetValue(stream, out var committed)) rows[stream] = committed = [];
        foreach (var recorded in events)
        {
            committed.Add(recorded);
            if (KnownActions.Carried(recorded.Event) is { } action) actions.Add(action.Id, (stream, recorded.Seq));
        }
    }

    /// <summary>Loads what a turn needs of some action ids: their rows, and what they are about.</summary>
    public KnownActions Load(StreamId stream, IEnumerable<CallerId> ids)
    {
        var known = new KnownActions(stream);
        var queue = new Queue<CallerId>(ids);
        while (queue.TryDequeue(out var id))
        {
            if (known.Find(id) is not null || History(id) is not { } history) continue;
            known.Add(history);
            if (history.Action.About is { } about) queue.Enqueue(about);
        }

        return known;
    }

    private ActionHistory? History(CallerId id)
    {
        if (!actions.TryGetValue(id, out var place)) return null;
        var events = rows[place.Stream].Where(recorded => recorded.Seq == place.Seq || KnownActions.About(recorded.Event) == place.Seq);
        var carrier = rows[place.Stream].First(recorded => recorded.Seq == place.Seq);
        return new(id, KnownActions.Carried(carrier.Event)!.Hash, place.Stream, [.. events]);
    }
}
