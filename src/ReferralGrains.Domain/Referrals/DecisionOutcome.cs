using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Referrals;

/// <summary>One decision of an action, with its reward as it stands now.</summary>
/// <param name="Reward"><see cref="RewardId.Key"/> of the reward that was given, taken from or given back to; null if there is none.</param>
/// <param name="Minor">Given or given back: above zero. Taken back: below zero. 0 without a reward.</param>
/// <param name="Seen">The values that the rule saw, for a sale.</param>
/// <param name="Adjusted">The adjustment that was in force on the enrollment; null if there was none, or if another has replaced it.</param>
/// <param name="AppliedMinor">How much of the sale a reversal undid.</param>
/// <param name="Share">For a reversal: how far the sale and the reward were undone after it.</param>
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
    long AppliedMinor,
    ReversedShare? Share = null)
{
    public static ImmutableArray<DecisionOutcome> Of(int seq, SaleDecided sale, ActionHistory history, Referral referral)
    {
        var outcomes = ImmutableArray.CreateBuilder<DecisionOutcome>(sale.Decisions.Length);
        var now = history.Events[^1].Seq == seq ? null : SaleRecord.Of(history);
        for (var i = 0; i < sale.Decisions.Length; i++)
        {
            var decision = sale.Decisions[i];
            var key = new RewardId(seq, i).Key;
            outcomes.Add(new(
                decision.Enrollment, decision.Rule, decision.Version, decision.Code,
                decision.Minor > 0 ? key : null, decision.Asset, decision.Minor,
                decision.Minor > 0 ? StateOf(key, now, referral) : RewardStatus.Released, decision.ReleaseAt, decision, AdjustmentOf(decision, referral), 0));
        }

        return outcomes.MoveToImmutable();
    }

    /// <summary>Of the schedules that the sale has started: each as the first of its rows, which is due with the sale (H12).</summary>
    public static List<DecisionOutcome> OfSchedules(ActionHistory history, Referral referral)
    {
        var outcomes = new List<DecisionOutcome>();
        foreach (var (seq, _, e) in history.Events)
        {
            if (e is not ScheduleStarted { Decision: var decision }) continue;
            var key = new RewardId(seq, 0).Key;
            outcomes.Add(new(
                decision.Enrollment, decision.Rule, decision.Version, decision.Code, decision.Minor > 0 ? key : null, decision.Asset, decision.Minor,
                decision.Minor > 0 ? StateOf(key, SaleRecord.Of(history), referral) : RewardStatus.Released, decision.ReleaseAt, decision, AdjustmentOf(decision, referral), 0));
        }

        return outcomes;
    }

    /// <param name="sale">The reward's, as it stands now; null if nothing has happened to it since.</param>
    internal static RewardStatus StateOf(long key, SaleRecord? sale, Referral referral)
    {
        if (referral.Waits(key) is { } waits) return waits;
        if (referral.ScheduledReward(key) is not null) return RewardStatus.Pending;
        if (sale?.Reward(key) is not { } reward) return RewardStatus.Released;
        return reward.Cancelled ? RewardStatus.Cancelled : reward.LeftMinor == 0 ? RewardStatus.Reversed : RewardStatus.Released;
    }

    // The state keeps the last adjustment only. An older decision is explained without its terms rather than with wrong ones.
    private static Adjustment? AdjustmentOf(RuleDecision decision, Referral referral) =>
        decision.AdjustedBy > 0 && referral.Enrollment(decision.Enrollment) is { } enrollment && enrollment.AdjustedBy == decision.AdjustedBy
            ? enrollment.Adjustment
            : null;
}

/// <summary>How far a sale, and one reward of it, were undone after a reversal: the figures that a takeback is computed from (D8).</summary>
/// <param name="SaleMinor">The sale's amount, 0 if it had none.</param>
/// <param name="UndoneMinor">Refunds and open chargebacks so far, this one included.</param>
/// <param name="GivenMinor">The reward as it was recorded, 0 if the sale earned none here.</param>
/// <param name="TakenMinor">Taken back so far, this time included.</param>
/// <param name="Currency">The sale's; null for the program's.</param>
/// <param name="LinesIgnored">The sale has no lines, so those of a refund say nothing (X2).</param>
public sealed record ReversedShare(long SaleMinor, long UndoneMinor, long GivenMinor, long TakenMinor, string? Currency, bool LinesIgnored);
