using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Enrollments;

/// <summary>Decides refunds, chargebacks and won chargebacks of a recorded sale (D8).</summary>
public static class ReversalDecider
{
    /// <summary>
    /// Cumulative: after it, each reward has lost round(reward × undone so far ÷ sale amount), whatever the steps were. Never more
    /// than is left of the reward.
    /// </summary>
    public static SaleReversed TakeBack(Referral referral, ReferralAction action, SaleRecord record, int replays)
    {
        var sale = record.Sale.AmountMinor ?? 0;
        var rest = sale - record.UndoneMinor;
        var applied = Math.Min(action.AmountMinor ?? rest, rest);
        var undone = record.UndoneMinor + applied;
        var full = sale <= 0 || undone == sale;
        var taken = ImmutableArray.CreateBuilder<RewardChange>();
        foreach (var reward in record.Rewards)
        {
            var target = full ? reward.Given.Minor : Rounding.HalfAwayFromZero((Int128)reward.Given.Minor * undone, sale);
            var minor = Math.Min(target - reward.TakenMinor, reward.LeftMinor);
            if (minor > 0) taken.Add(Change(referral, record.Referrer, reward, minor));
        }

        return new(action, record.Seq, applied, full, taken.ToImmutable(), replays);
    }

    /// <summary>
    /// Gives back what the named chargeback took, as far as the enrollment's amount cap has room again. A reward cancelled meanwhile
    /// stays cancelled (D12).
    /// </summary>
    public static ReversalUndone GiveBack(
        Referral referral, ReferralAction action, SaleRecord record, SaleReversed? chargeback, DecisionFacts facts, int replays)
    {
        var given = ImmutableArray.CreateBuilder<RewardChange>();
        foreach (var taken in chargeback?.Taken ?? [])
        {
            var reward = record.Rewards.First(reward => reward.Key == taken.Reward);
            var enrollment = referral.Enrollments[taken.Enrollment - 1];
            var terms = facts.Program.Terms(enrollment.Rule, enrollment.Version);
            var cap = (enrollment.Adjustment?.Over(terms) ?? terms).Limits.MaxAmountMinor;
            var already = given.Where(change => change.Enrollment == taken.Enrollment).Sum(change => change.Minor);
            var room = Math.Max(0, cap - enrollment.NetMinor - already ?? long.MaxValue);
            var minor = reward.Cancelled ? 0 : Math.Min(Math.Min(taken.Minor, reward.TakenMinor), room);
            var pending = IsPendingAgain(referral, taken, reward, facts.Now);
            if (minor > 0)
                given.Add(taken with
                {
                    Minor = minor,
                    Pending = pending,
                    ReleaseAt = pending ? reward.Given.ReleaseAt : null,
                    ReleasesItself = pending && reward.Given.ReleasesItself,
                });
        }

        return new(action, record.Seq, chargeback?.Action.Id ?? action.About!.Value, chargeback?.AppliedMinor ?? 0, given.ToImmutable(), replays);
    }

    // What is left of the reward may have been released meanwhile: then what comes back is released as well.
    private static bool IsPendingAgain(Referral referral, RewardChange taken, RecordedReward reward, DateTimeOffset now) =>
        taken.Pending
        && (reward.LeftMinor == 0 || referral.Holds.ContainsKey(reward.Key))
        && (!reward.Given.ReleasesItself || reward.Given.ReleaseAt > now);

    public static RewardChange Change(Referral referral, StreamId referrer, RecordedReward reward, long minor) => new(
        reward.Key, reward.Given.Enrollment, referrer, reward.Given.Asset!.Value, minor, referral.Holds.ContainsKey(reward.Key));
}
