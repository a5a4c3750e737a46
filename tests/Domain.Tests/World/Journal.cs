using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.Tests.World;

/// <summary>What was committed: the rows of every stream, and each action by its id.</summary>
public sealed class Journal
{
    private readonly Dictionary<StreamId, List<Recorded>> rows = [];
    private readonly Dictionary<CallerId, (StreamId Stream, int Seq)> actions = [];
    private readonly Dictionary<(StreamId Stream, int Seq), List<Recorded>> histories = [];

    public IReadOnlyList<Recorded> Of(StreamId stream) => rows.GetValueOrDefault(stream, []);

    public IEnumerable<ReferralEvent> All => rows.Values.SelectMany(stream => stream).Select(recorded => recorded.Event);

    public void Commit(StreamId stream, IEnumerable<Recorded> events)
    {
        if (!rows.TryGetValue(stream, out var committed)) rows[stream] = committed = [];
        foreach (var recorded in events)
        {
            committed.Add(recorded);
            if (KnownActions.Carried(recorded.Event) is { } action)
            {
                actions.Add(action.Id, (stream, recorded.Seq));
                histories[(stream, recorded.Seq)] = [recorded];
            }

            if (KnownActions.About(recorded.Event) is var about and > 0 && histories.TryGetValue((stream, about), out var history)) history.Add(recorded);
        }
    }

    /// <summary>Loads what a turn needs of some action ids: their rows, and what they are about.</summary>
    public KnownActions Load(StreamId stream, Referral state, IEnumerable<CallerId> ids)
    {
        var known = new KnownActions(stream, state);
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
        var events = histories[place];
        return new(id, KnownActions.Carried(events[0].Event)!.Hash, place.Stream, [.. events]);
    }
}
