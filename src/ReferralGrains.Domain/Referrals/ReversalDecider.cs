using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Decides refunds, chargebacks and won chargebacks of a recorded sale (D8).</summary>
public static class ReversalDecider
{
    /// <summary>
    /// Cumulative: after it, each reward has lost round(reward × undone so far ÷ sale amount), whatever the steps were. Never more
    /// than is left of the reward.
    /// </summary>
    public static SaleReversed TakeBack(Referral referral, ReferralAction action, SaleRecord record, int replays)
    {
        var rest = record.SaleMinor - record.UndoneMinor;
        var applied = Math.Clamp(action.AmountMinor ?? rest, 0, Math.Max(0, record.SaleMinor));
        var after = record.With(action, applied);
        var taken = ImmutableArray.CreateBuilder<RewardChange>();
        foreach (var reward in record.Rewards)
        {
            var minor = Math.Min(after.Due(reward) - reward.TakenMinor, reward.LeftMinor);
            if (minor > 0) taken.Add(Change(referral, record.Referrer, reward, minor));
        }

        return new(action, record.Seq, applied, taken.ToImmutable(), replays);
    }

    /// <summary>
    /// Gives back what is not undone any more without the chargeback, as far as the enrollment's amount cap has room again. A reward
    /// cancelled meanwhile stays cancelled (D12).
    /// </summary>
    /// <param name="chargeback">Null when there is none that could be won.</param>
    public static ReversalUndone GiveBack(
        Referral referral, ReferralAction action, SaleRecord record, CallerId? chargeback, DecisionFacts facts, int replays)
    {
        if (chargeback is not { } won) return new(action, record.Seq, action.About!.Value, [], replays);
        var after = record.Without(won);
        var given = ImmutableArray.CreateBuilder<RewardChange>();
        foreach (var reward in record.Rewards)
        {
            if (reward.Cancelled) continue;
            var enrollment = referral.Enrollments[reward.Given.Enrollment - 1];
            var terms = facts.Program.Terms(enrollment.Rule, enrollment.Version);
            var cap = (enrollment.Adjustment?.Over(terms) ?? terms).Limits.MaxAmountMinor;
            var already = given.Where(change => change.Enrollment == enrollment.Number).Sum(change => change.Minor);
            var room = Math.Max(0, cap - enrollment.NetMinor - already ?? long.MaxValue);
            var less = Math.Min(record.Due(reward) - after.Due(reward), reward.TakenMinor - after.Due(reward));
            var minor = Math.Min(less, room);
            if (minor > 0) given.Add(GivenBack(referral, record, reward, minor, facts.Now));
        }

        return new(action, record.Seq, won, given.ToImmutable(), replays);
    }

    private static RewardChange GivenBack(Referral referral, SaleRecord record, RecordedReward reward, long minor, DateTimeOffset now)
    {
        var pending = IsPendingAgain(referral, reward, now);
        return Change(referral, record.Referrer, reward, minor) with
        {
            Pending = pending,
            ReleaseAt = pending ? reward.Given.ReleaseAt : null,
            ReleasesItself = pending && reward.Given.ReleasesItself,
        };
    }

    // A reward that was released once is payable for good, so what comes back of it is payable too: it is never in both places.
    private static bool IsPendingAgain(Referral referral, RecordedReward reward, DateTimeOffset now) =>
        reward.Given.Held
        && !reward.Released
        && (reward.LeftMinor == 0 || referral.Holds.Contains(reward.Key))
        && (!reward.Given.ReleasesItself || reward.Given.ReleaseAt > now);

    private static RewardChange Change(Referral referral, StreamId referrer, RecordedReward reward, long minor) => new(
        reward.Key, reward.Given.Enrollment, referrer, reward.Given.Asset!.Value, minor, referral.Holds.Contains(reward.Key));
}
