using System.Collections.Immutable;
using ReferralGrains.Domain.Enrollments;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Actions;

public enum ActionStatus
{
    NotRewarded = 0,

    /// <summary>At least one reward is above zero, or a won chargeback gave something back.</summary>
    Rewarded = 1,

    /// <summary>A refund or chargeback of a known sale.</summary>
    Reversed = 2,

    /// <summary>It waits and takes effect by itself (D10).</summary>
    Parked = 3,
}

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
}

/// <summary>What came of an action, as it stands now: all that an answer or an explanation is rendered from.</summary>
/// <param name="Seq">The row that carries its id.</param>
/// <param name="Waits">What a parked action waits for.</param>
public sealed record ActionOutcome(
    StreamId Stream, int Seq, ReferralAction Action, ActionStatus Status, DecisionCode? Waits, ImmutableArray<DecisionOutcome> Decisions)
{
    /// <param name="referral">For the states of rewards and for adjustments.</param>
    public static ActionOutcome Of(ActionHistory history, KnownActions known, Referral referral)
    {
        var effect = Effect(history, known);
        ImmutableArray<DecisionOutcome> decisions = effect?.Event switch
        {
            SaleDecided sale => DecisionOutcome.Of(effect.Seq, sale, SaleRecord.Of(history)!, referral),
            SaleReversed reversed => DecisionOutcome.Of(reversed.Taken, DecisionCode.TakenBack, referral, reversed.AppliedMinor),
            ReversalUndone undone => DecisionOutcome.Of(undone.Given, DecisionCode.GivenBack, referral, undone.AppliedMinor),
            _ => [],
        };
        var status = effect?.Event switch
        {
            SaleDecided or ReversalUndone => decisions.Any(decision => decision.Minor > 0) ? ActionStatus.Rewarded : ActionStatus.NotRewarded,
            SaleReversed => ActionStatus.Reversed,
            _ => ActionStatus.Parked,
        };
        var waits = status == ActionStatus.Parked ? ((ActionParked)history.Events[0].Event).Waits : (DecisionCode?)null;
        return new(history.Stream, history.Seq, history.Action, status, waits, decisions);
    }

    // A parked action's effect is a later row: about itself for a sale, about its sale for a reversal.
    private static Recorded? Effect(ActionHistory history, KnownActions known)
    {
        if (history.Events[0] is { Event: not ActionParked } direct) return direct;
        if (history.Action.Kind == ActionKind.Sale) return history.Events.FirstOrDefault(recorded => recorded.Event is SaleDecided);
        var about = known.Find(history.Action.About!.Value);
        if (about?.Action.Kind == ActionKind.Chargeback) about = known.Find(about.Action.About!.Value);
        return about?.Events.FirstOrDefault(recorded => recorded.Event switch
        {
            SaleReversed reversed => reversed.Replays == history.Seq,
            ReversalUndone undone => undone.Replays == history.Seq,
            _ => false,
        });
    }
}

/// <summary>One decision of an action, with its reward as it stands now.</summary>
/// <param name="Reward"><see cref="RewardId.Key"/> of the reward that was given, taken from or given back to; null if there is none.</param>
/// <param name="Minor">Given or given back: above zero. Taken back: below zero. 0 without a reward.</param>
/// <param name="Seen">The values that the rule saw, for a sale.</param>
/// <param name="Adjusted">The adjustment in force on the enrollment, if there is one.</param>
/// <param name="AppliedMinor">How much of the sale a reversal undid.</param>
public sealed record DecisionOutcome(
    int Enrollment,
    int Rule,
    int Version,
    DecisionCode Code,
    long? Reward,
    Asset? Asset,
    long Minor,
    RewardStatus State,
    DateTimeOffset? ReleaseAt,
    RuleDecision? Seen,
    Adjustment? Adjusted,
    long AppliedMinor)
{
    public static ImmutableArray<DecisionOutcome> Of(int seq, SaleDecided sale, SaleRecord record, Referral referral)
    {
        var outcomes = ImmutableArray.CreateBuilder<DecisionOutcome>(sale.Decisions.Length);
        for (var i = 0; i < sale.Decisions.Length; i++)
        {
            var decision = sale.Decisions[i];
            var key = new RewardId(seq, i).Key;
            outcomes.Add(new(
                decision.Enrollment, decision.Rule, decision.Version, decision.Code,
                decision.Minor > 0 ? key : null, decision.Asset, decision.Minor,
                StateOf(key, record, referral), decision.ReleaseAt, decision,
                decision.AdjustedBy == 0 ? null : referral.Enrollment(decision.Enrollment)?.Adjustment, 0));
        }

        return outcomes.DrainToImmutable();
    }

    public static ImmutableArray<DecisionOutcome> Of(ImmutableArray<RewardChange> changes, DecisionCode code, Referral referral, long applied) =>
    [
        .. changes.Select(change =>
        {
            var enrollment = referral.Enrollments[change.Enrollment - 1];
            return new DecisionOutcome(
                change.Enrollment, enrollment.Rule, enrollment.Version, code, change.Reward, change.Asset,
                code == DecisionCode.TakenBack ? -change.Minor : change.Minor,
                referral.Holds.ContainsKey(change.Reward) ? RewardStatus.Pending : change.Pending ? RewardStatus.Reversed : RewardStatus.Released,
                change.ReleaseAt, null, null, applied);
        }),
    ];

    private static RewardStatus StateOf(long key, SaleRecord record, Referral referral)
    {
        if (referral.Holds.ContainsKey(key)) return RewardStatus.Pending;
        var reward = record.Rewards.FirstOrDefault(reward => reward.Key == key);
        if (reward is null) return RewardStatus.Released;
        return reward.Cancelled ? RewardStatus.Cancelled : reward.LeftMinor == 0 ? RewardStatus.Reversed : RewardStatus.Released;
    }
}
