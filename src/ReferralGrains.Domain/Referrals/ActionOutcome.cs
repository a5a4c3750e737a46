using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrals;

/// <summary>What came of an action in one word, over all of its decisions.</summary>
public enum ActionStatus
{
    NotRewarded = 0,

    /// <summary>At least one reward is above zero, or what undid a refund or a chargeback gave something back.</summary>
    Rewarded = 1,

    /// <summary>A refund or chargeback of a known sale.</summary>
    Reversed = 2,

    /// <summary>It waits and takes effect by itself (D10).</summary>
    Parked = 3,
}

/// <summary>Where a reward stands for whoever earned it.</summary>
public enum RewardStatus
{
    /// <summary>In its hold window.</summary>
    Pending = 0,

    /// <summary>Payable, or on its way, or paid.</summary>
    Released = 1,

    /// <summary>Nothing is left of it: refunded, charged back or cancelled.</summary>
    Reversed = 2,

    /// <summary>Cancelled by hand.</summary>
    Cancelled = 3,

    /// <summary>Waits with others of its referrer until their sum reaches an amount (H14).</summary>
    Grouped = 4,
}

/// <summary>What came of an action, as it stands now: all that an answer or an explanation is rendered from.</summary>
/// <param name="Seq">The row that carries its id.</param>
/// <param name="Reason">
/// Why there is no decision: what a parked action waits for now, which may be the next thing after what it was parked for, or that no
/// enrollment was there to decide it. Null when there are decisions.
/// </param>
/// <param name="ApprovedAt">When the referral was approved: what windows are measured from. Null before.</param>
public sealed record ActionOutcome(
    StreamId Stream,
    int Seq,
    ReferralAction Action,
    ActionStatus Status,
    DecisionCode? Reason,
    ImmutableArray<DecisionOutcome> Decisions,
    DateTimeOffset? ApprovedAt = null)
{
    /// <param name="known">Knows the sale that a reversal is about, or its decisions are explained without it.</param>
    /// <param name="referral">For the states of rewards and for adjustments.</param>
    public static ActionOutcome Of(ActionHistory history, KnownActions known, Referral referral)
    {
        var sale = history.Action.Kind == ActionKind.Sale ? history : known.SaleOf(history.Action);
        var effect = Effect(history, sale);
        ImmutableArray<DecisionOutcome> decisions = effect?.Event switch
        {
            SaleDecided decided => [.. DecisionOutcome.Of(effect.Seq, decided, history, referral), .. DecisionOutcome.OfSchedules(history, referral)],
            SaleReversed reversed => ReversalOutcome.Of(effect.Seq, reversed, sale, referral),
            ReversalUndone undone => ReversalOutcome.Of(effect.Seq, undone, sale, referral),
            _ => [],
        };
        var status = effect?.Event switch
        {
            SaleDecided or ReversalUndone => decisions.Any(decision => decision.Minor > 0) ? ActionStatus.Rewarded : ActionStatus.NotRewarded,
            SaleReversed => ActionStatus.Reversed,
            _ => ActionStatus.Parked,
        };
        var reason = status == ActionStatus.Parked ? ActionDecider.Waits(referral) ?? DecisionCode.SaleMissing
            : !decisions.IsEmpty ? (DecisionCode?)null
            : referral is { Status: ReferralStatus.Cancelled, Enrollments.IsEmpty: true } ? DecisionCode.ReferralCancelled // Before it was ever approved.
            : DecisionCode.NotEnrolled;
        return new(
            history.Stream, history.Seq, history.Action, status, reason, decisions,
            referral.ApprovedAt == default ? null : referral.ApprovedAt);
    }

    // A parked action's effect is a later row: about itself for a sale, about its sale for a reversal.
    private static Recorded? Effect(ActionHistory history, ActionHistory? sale) =>
        history.Events[0] is { Event: not ActionParked } direct
            ? direct
            : sale?.Events.FirstOrDefault(recorded => recorded.Event switch
            {
                SaleDecided decided => decided.Replays == history.Seq,
                SaleReversed reversed => reversed.Replays == history.Seq,
                ReversalUndone undone => undone.Replays == history.Seq,
                _ => false,
            });
}
