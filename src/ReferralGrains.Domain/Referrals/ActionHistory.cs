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

/// <summary>The actions that a turn knows: loaded by id before it decides, then its own; and what waits at the referral, which nobody loads.</summary>
/// <param name="referral">As the turn begins.</param>
public sealed class KnownActions(StreamId stream, Referral referral)
{
    private readonly Dictionary<CallerId, ActionHistory> byId = [];
    private Dictionary<int, CallerId>? bySeq;

    public StreamId Stream => stream;

    /// <summary>Those that were loaded or met. What waited when the turn began is in the referral.</summary>
    public IReadOnlyCollection<ActionHistory> All => byId.Values;

    public ActionHistory? Find(CallerId id) => byId.GetValueOrDefault(id) ?? Waiting(referral.Parked.Find(id));

    /// <summary>The sale that an action takes back or gives back, if it is known and of this referral.</summary>
    public ActionHistory? SaleOf(ReferralAction action)
    {
        // A won chargeback leads to its chargeback, and that to its sale.
        var about = action.About is { } id ? Find(id) : null;
        if (about?.Action is { Kind: not ActionKind.Sale, About: { } further }) about = Find(further);
        return about?.Stream == stream && about.Action.Kind == ActionKind.Sale ? about : null;
    }

    public void Add(ActionHistory history)
    {
        byId[history.Id] = history;
        if (bySeq is not null && history.Stream == stream) bySeq[history.Seq] = history.Id;
    }

    /// <summary>Whether the journal says more of this stream than was folded in up to a row.</summary>
    public bool IsAhead(int seq)
    {
        foreach (var history in byId.Values)
            if (history.Stream == stream && history.Events[^1].Seq > seq) return true;
        return false;
    }

    public KnownActions Copy()
    {
        var copy = new KnownActions(stream, referral);
        foreach (var history in byId.Values) copy.Add(history);
        return copy;
    }

    public void Remember(Recorded recorded)
    {
        if (Arrived(recorded.Event) is { } action) Add(new(action.Id, action.Hash, stream, [recorded]));
        if (About(recorded.Event) is > 0 and var about && At(about) is { } history) Add(history with { Events = history.Events.Add(recorded) });
    }

    private ActionHistory? At(int seq)
    {
        bySeq ??= byId.Values.Where(history => history.Stream == stream).ToDictionary(history => history.Seq, history => history.Id);
        return bySeq.TryGetValue(seq, out var id) ? byId[id] : Waiting(referral.Parked.Find(seq));
    }

    private ActionHistory? Waiting(ParkedAction? parked) => parked is null
        ? null
        : new(parked.Action.Id, parked.Action.Hash, stream, [new(parked.Seq, referral.LastAt, new ActionParked(parked.Action, parked.Waits))]);

    /// <summary>The action whose id an event carries into the unique index; a replay does not carry it again.</summary>
    public static ReferralAction? Carried(ReferralEvent e) => e switch
    {
        SaleDecided { Replays: 0 } sale => sale.Action,
        ActionParked { From: null } parked => parked.Action,
        SaleReversed { Replays: 0 } reversed => reversed.Action,
        ReversalUndone { Replays: 0 } undone => undone.Action,
        _ => null,
    };

    /// <summary>The action that a referral hears of by an event: one that was sent to it, or that had waited under an alias (X8).</summary>
    public static ReferralAction? Arrived(ReferralEvent e) => e is ActionParked parked ? parked.Action : Carried(e);

    /// <summary>The action that takes effect by an event.</summary>
    public static ReferralAction? Decided(ReferralEvent e) => e switch
    {
        SaleDecided sale => sale.Action,
        SaleReversed reversed => reversed.Action,
        ReversalUndone undone => undone.Action,
        _ => null,
    };

    /// <summary>The row of the sale, or of the schedule, that an event is about, 0 if it is about none.</summary>
    public static int About(ReferralEvent e) => e switch
    {
        SaleDecided sale => sale.Replays,
        SaleReversed reversed => reversed.Sale,
        ReversalUndone undone => undone.Sale,
        RewardCancelled cancelled => cancelled.Sale,
        RewardsReleased released => released.Sale,
        RoundReversed reversed => reversed.Sale,
        ScheduleStarted started => started.Sale,
        ScheduleUnlocked unlocked => unlocked.Sale > 0 ? unlocked.Sale : unlocked.Schedule,
        ScheduleEnded ended => ended.Sale > 0 ? ended.Sale : ended.Schedule,
        _ => 0,
    };
}
