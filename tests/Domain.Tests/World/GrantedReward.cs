using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.Tests.World;

/// <summary>A reward that no action earned, as it stands now; of a schedule also what is not due yet (H11).</summary>
/// <param name="GivenAt">When its approval was decided, or its schedule began.</param>
/// <param name="DueAt">Of a schedule; null for others.</param>
/// <param name="SoFarMinor">Of a schedule: this row and those before it.</param>
/// <param name="TotalMinor">Of a schedule: all rows.</param>
public sealed record GrantedReward(
    RecordedReward Reward, StreamId Referrer, RewardStatus Status, DateTimeOffset GivenAt, DateTimeOffset? DueAt, long SoFarMinor, long TotalMinor)
{
    /// <param name="events">Of the whole stream.</param>
    /// <param name="state">Its fold.</param>
    public static IEnumerable<GrantedReward> Of(IEnumerable<Recorded> events, Referral state)
    {
        var rewards = new SortedDictionary<long, GrantedReward>();
        foreach (var (seq, at, e) in events)
        {
            switch (e)
            {
                case RewardsGranted granted:
                    for (var i = 0; i < granted.Decisions.Length; i++)
                        if (granted.Decisions[i] is { Minor: > 0 } decision) Add(new RewardId(seq, i).Key, decision, granted.Referrer, at, null, 0, 0);
                    break;
                case ScheduleStarted started:
                    var (total, soFar) = (started.Rows.Sum(row => row.Minor), 0L);
                    for (var i = 0; i < started.Rows.Length; i++)
                        Add(
                            new RewardId(seq, i).Key, started.Decision with { Minor = started.Rows[i].Minor, ReleaseAt = null }, started.Referrer, at,
                            started.Rows[i].At, soFar += started.Rows[i].Minor, total);
                    break;
                case ScheduleEnded ended:
                    foreach (var reward in ended.Rewards) Cancel(reward);
                    break;
                case RewardCancelled { Taken: var taken } when rewards.ContainsKey(taken.Reward):
                    Cancel(taken.Reward);
                    break;
            }
        }

        return rewards.Values;

        void Add(long key, RuleDecision given, StreamId referrer, DateTimeOffset at, DateTimeOffset? dueAt, long soFar, long total)
        {
            var waits = state.Waits(key) ?? (state.ScheduledReward(key) is null ? null : RewardStatus.Pending);
            rewards[key] = new(
                new(key, given, given.Minor, Cancelled: false, Released: waits is null), referrer, waits ?? RewardStatus.Released, at, dueAt, soFar, total);
        }

        void Cancel(long key) => rewards[key] = rewards[key] with
        {
            Reward = rewards[key].Reward with { LeftMinor = 0, Cancelled = true },
            Status = RewardStatus.Cancelled,
        };
    }
}
