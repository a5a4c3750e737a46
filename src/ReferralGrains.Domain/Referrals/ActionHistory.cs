using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrals;

/// <summary>An event with its place and time in the stream.</summary>
public sealed record Recorded(int Seq, DateTimeOffset At, ReferralEvent Event);

/// <summary>
/// All that the journal knows of one action id: the row that carries the id, and the later rows about it (what it was replayed as,
/// what was taken back from it).
/// </summary>
public sealed record ActionHistory(CallerId Id, ContentHash Hash, StreamId Stream, ImmutableArray<Recorded> Events)
{
    public int Seq => Events[0].Seq;

    /// <summary>The action, when the row that carries it is there.</summary>
    public ReferralAction Action => Events[0].Event switch
    {
        SaleDecided sale => sale.Action,
        ActionParked parked => parked.Action,
        SaleReversed reversed => reversed.Action,
        ReversalUndone undone => undone.Action,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>The actions that a turn knows: loaded by id before it decides, and then its own.</summary>
public sealed class KnownActions(StreamId stream)
{
    private readonly Dictionary<CallerId, ActionHistory> byId = [];

    public StreamId Stream => stream;

    public ActionHistory? Find(CallerId id) => byId.GetValueOrDefault(id);

    public IReadOnlyCollection<ActionHistory> All => byId.Values;

    public void Add(ActionHistory history) => byId[history.Id] = history;

    /// <summary>Whether the journal says more of this stream than was folded in up to a row.</summary>
    public bool IsAhead(int seq)
    {
        foreach (var history in byId.Values)
            if (history.Stream == stream && history.Events[^1].Seq > seq) return true;
        return false;
    }

    public KnownActions Copy()
    {
        var copy = new KnownActions(stream);
        foreach (var history in byId.Values) copy.Add(history);
        return copy;
    }

    public void Remember(Recorded recorded)
    {
        if (Carried(recorded.Event) is { } action) Add(new(action.Id, action.Hash, stream, [recorded]));
        if (About(recorded.Event) is not (> 0 and var about)) return;
        foreach (var (id, history) in byId)
        {
            if (history.Stream != stream || history.Seq != about) continue;
            byId[id] = history with { Events = history.Events.Add(recorded) };
            return;
        }
    }

    /// <summary>The action whose id an event carries into the unique index; a replay does not carry it again.</summary>
    public static ReferralAction? Carried(ReferralEvent e) => e switch
    {
        SaleDecided { Replays: 0 } sale => sale.Action,
        ActionParked parked => parked.Action,
        SaleReversed { Replays: 0 } reversed => reversed.Action,
        ReversalUndone { Replays: 0 } undone => undone.Action,
        _ => null,
    };

    /// <summary>The row of the sale that an event is about, 0 if it is about none.</summary>
    public static int About(ReferralEvent e) => e switch
    {
        SaleDecided sale => sale.Replays,
        SaleReversed reversed => reversed.Sale,
        ReversalUndone undone => undone.Sale,
        RewardCancelled cancelled => cancelled.Sale,
        _ => 0,
    };
}
