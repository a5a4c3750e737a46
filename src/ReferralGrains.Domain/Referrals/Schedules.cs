using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Rewards without an action: what an approval earns, and the rows of schedules that become due (H2, H9, H11).</summary>
public static class Schedules
{
    /// <summary>A referral was just approved: what its rules of approvals make of that.</summary>
    public static void Approved(ReferralTurn turn)
    {
        var decisions = ImmutableArray.CreateBuilder<RuleDecision>();
        foreach (var enrollment in turn.State.Enrollments)
        {
            var terms = turn.Facts.Program.Terms(enrollment.Rule, enrollment.Version);
            if (terms.Trigger is Trigger.ReferralApproved or Trigger.EveryNReferrals && !terms.IsOfFirstSale) EnrollmentDecider.DecideApproval(turn.State, enrollment, turn.Facts, decisions);
        }

        EnrollmentDecider.HoldBack(turn.State, turn.Facts, decisions);
        if (decisions.Count > 0) turn.Apply(new RewardsGranted(turn.State.Referrer, decisions.DrainToImmutable()));
        foreach (var enrollment in turn.State.Enrollments) Start(turn, enrollment, turn.State.ApprovedAt);
    }

    /// <summary>Starts the schedule of an enrollment, if its rule has one; what is due of it enters the ledger in the same turn.</summary>
    public static void Start(ReferralTurn turn, Enrollment enrollment, DateTimeOffset anchor)
    {
        if (turn.Facts.Program.Terms(enrollment.Rule, enrollment.Version) is not { Trigger: Trigger.Interval, IsOfFirstSale: false }) return;
        turn.Apply(EnrollmentDecider.Schedule(turn.State, enrollment, turn.Facts, anchor)!);
        if (turn.State.Scheduled is not null) Settle(turn);
    }

    /// <summary>A sale was decided: if it is the referee's first, the schedules of a share of it begin (H12). What refuses one is in the sale's own decisions.</summary>
    /// <param name="before">The referral before the sale.</param>
    /// <param name="row">At which the sale was first seen.</param>
    public static void Sold(ReferralTurn turn, Referral before, ReferralAction sale, int row)
    {
        if (before.Sold) return;
        foreach (var enrollment in turn.State.Enrollments)
        {
            if (enrollment.Deleted || turn.Facts.Program.Terms(enrollment.Rule, enrollment.Version) is not { Trigger: Trigger.Interval, IsOfFirstSale: true }) continue;
            if (EnrollmentDecider.Schedule(before, enrollment, turn.Facts, sale.OccurredAt, sale, row) is { } started) turn.Apply(started);
        }

        if (turn.State.Scheduled is not null) Settle(turn);
    }

    /// <summary>
    /// Rows that are due are unlocked, or ended where the rule does not reward any more; a closed referrer has no rows left, whether the
    /// referral is still its own or another's by now (D16, D18).
    /// </summary>
    public static void Settle(ReferralTurn turn)
    {
        if (turn.Facts.HasClosed) End(turn, row => turn.Facts.IsClosed(row.Referrer), DecisionCode.ReferrerClosed, null, null);
        foreach (var schedule in Of(turn.State, row => row.Minor > 0 && row.At <= turn.Facts.Now))
        {
            var (enrollment, sale) = (turn.State.Enrollments[schedule.First().Enrollment - 1], schedule.First().Sale);
            foreach (var rows in schedule.GroupBy(row => EnrollmentDecider.RefuseDue(enrollment, turn.Facts, DueAt(turn, row))))
                turn.Apply(rows.Key is { } code
                    ? new ScheduleEnded(schedule.Key, enrollment.Number, [.. rows.Select(row => row.Reward)], code, null, null, sale)
                    : new ScheduleUnlocked(
                        schedule.Key, [.. rows.Select(row => EnrollmentDecider.Unlock(turn.State, row, enrollment, turn.Facts, DueAt(turn, row)))], By: null, sale));
        }
    }

    /// <summary>Rows that will never be due: the referral was cancelled, the enrollment ended, a person said so (H11).</summary>
    public static void End(ReferralTurn turn, Func<ScheduledReward, bool> which, DecisionCode code, string? reason, string? by)
    {
        foreach (var schedule in Of(turn.State, which))
            turn.Apply(new ScheduleEnded(schedule.Key, schedule.First().Enrollment, [.. schedule.Select(row => row.Reward)], code, reason, by, schedule.First().Sale));
    }

    /// <summary>A row enters the ledger before its date, and is payable at once.</summary>
    public static int Release(ReferralTurn turn, ScheduledReward row, string by) => turn.Apply(new ScheduleUnlocked(
        RewardId.FromKey(row.Reward).Seq, [new(row.Reward, row.Enrollment, row.Referrer, row.Asset, row.Minor, Pending: false)], by, row.Sale));

    // Rows of dates before their schedule began are unlocked in the turn that begins it, and not due before: who sends a sale late, or
    // approves for a past date, skips no refund window (D14).
    private static DateTimeOffset DueAt(ReferralTurn turn, ScheduledReward row) =>
        turn.Events is [var first, ..] && RewardId.FromKey(row.Reward).Seq >= first.Seq ? turn.Facts.Now : row.At;

    private static List<IGrouping<int, ScheduledReward>> Of(Referral state, Func<ScheduledReward, bool> which) =>
        [.. (state.Scheduled ?? []).Where(which).GroupBy(row => RewardId.FromKey(row.Reward).Seq)];
}
