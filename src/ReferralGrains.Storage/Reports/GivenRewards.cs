using System.Collections.Immutable;
using System.Diagnostics;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Storage.Reports;

/// <param name="Action">Null for what no action earned.</param>
/// <param name="Referrer">Who was credited.</param>
/// <param name="ExpectedAt">When it was to be due or released at first; only that of a pending one says anything.</param>
/// <param name="Total">Of a schedule.</param>
/// <param name="Group">In which it waits (H14).</param>
internal sealed record GivenReward(
    CallerId? Action, StreamId Referrer, RecordedReward Reward, RewardStatus Status, DateTimeOffset GivenAt, DateTimeOffset? ExpectedAt, RunningTotal? Total = null,
    RewardGroup? Group = null)
{
    public RewardId Id => RewardId.FromKey(Reward.Key);
}

/// <summary>
/// The rewards that one event gave, as they stand now, from its own row and the rows that are about it: as quick in a stream of a
/// million rows as in one of ten.
/// </summary>
internal static class GivenRewards
{
    /// <param name="action">The id of the action that earned them, from the row that carries it.</param>
    /// <param name="events">The row that the others are about, and these, in their order.</param>
    /// <param name="seq">The row that gave them.</param>
    /// <param name="dueAt">When the stream's earliest date is: whatever should have been settled before it was.</param>
    public static IEnumerable<GivenReward> Of(CallerId? action, StreamId stream, ImmutableArray<Recorded> events, int seq, DateTimeOffset? dueAt) =>
        events.First(recorded => recorded.Seq == seq) switch
        {
            { Event: SaleDecided sale } given => Earned(new(action!.Value, sale.Action.Hash, stream, events), given.At, dueAt),
            { Event: RewardsGranted granted } given => Granted(granted, given, events, dueAt),
            { Event: ScheduleStarted { Sale: > 0 } started } given => OfSale(new(action!.Value, default, stream, events), started, given, dueAt),
            { Event: ScheduleStarted started } given => Scheduled(started, given, events, dueAt),
            _ => throw new UnreachableException(),
        };

    /// <summary>
    /// Whether it is still in its hold window. Every turn settles all that is due, so what should have been released before the earliest
    /// date that is still open has been.
    /// </summary>
    public static bool IsPending(RecordedReward reward, DateTimeOffset? dueAt) =>
        reward is { Given.Held: true, Released: false, LeftMinor: > 0 }
        && (!reward.Given.ReleasesItself || reward.Given.ChecksCustomer || reward.Given.ReleaseAt >= dueAt);

    private static IEnumerable<GivenReward> Earned(ActionHistory history, DateTimeOffset at, DateTimeOffset? dueAt)
    {
        var record = SaleRecord.Of(history)!;
        foreach (var reward in record.Rewards)
            yield return new(history.Id, record.Referrer, reward, StatusOf(reward, dueAt), at, reward.Given.ReleaseAt);
    }

    private static IEnumerable<GivenReward> Granted(RewardsGranted granted, Recorded given, ImmutableArray<Recorded> events, DateTimeOffset? dueAt)
    {
        for (var i = 0; i < granted.Decisions.Length; i++)
        {
            if (granted.Decisions[i] is not { Minor: > 0 } decision) continue;
            var reward = Folded(new(new RewardId(given.Seq, i).Key, decision, decision.Minor, Cancelled: false, Released: false), events);
            yield return new(null, granted.Referrer, reward, StatusOf(reward, dueAt), given.At, decision.ReleaseAt);
        }
    }

    // A row that is not due yet is pending without a hold; when it is unlocked it may get one.
    private static IEnumerable<GivenReward> Scheduled(ScheduleStarted started, Recorded given, ImmutableArray<Recorded> events, DateTimeOffset? dueAt)
    {
        var (total, soFar) = (started.Rows.Sum(static row => row.Minor), 0L);
        for (var i = 0; i < started.Rows.Length; i++)
        {
            var (key, row) = (new RewardId(given.Seq, i).Key, started.Rows[i]);
            soFar += row.Minor;
            var unlocked = events.Select(recorded => recorded.Event).OfType<ScheduleUnlocked>().SelectMany(static e => e.Unlocked).FirstOrDefault(change => change.Reward == key);
            var decision = started.Decision with
            {
                Minor = row.Minor,
                Held = unlocked?.Pending ?? false,
                ReleasesItself = unlocked?.ReleasesItself ?? false,
                ChecksCustomer = unlocked?.ChecksCustomer ?? false,
                ReleaseAt = unlocked?.ReleaseAt,
                Further = unlocked is { Group: > 0 } ? new(Group: unlocked.Group) : null,
            };
            var reward = Folded(new(key, decision, row.Minor, Cancelled: false, Released: false), events);
            var waits = unlocked is null && !reward.Cancelled;
            yield return new(
                null, started.Referrer, reward, waits ? RewardStatus.Pending : StatusOf(reward, dueAt), given.At, unlocked is null ? row.At : unlocked.ReleaseAt,
                new(soFar, total));
        }
    }

    // Rows of a share of a sale are rewards of that sale; one that is not due yet waits without a hold (H12).
    private static IEnumerable<GivenReward> OfSale(ActionHistory history, ScheduleStarted started, Recorded given, DateTimeOffset? dueAt)
    {
        var (total, soFar) = (started.Rows.Sum(static row => row.Minor), 0L);
        var due = history.Events.Select(static recorded => recorded.Event).OfType<ScheduleUnlocked>().SelectMany(static e => e.Unlocked).ToDictionary(static change => change.Reward);
        foreach (var reward in SaleRecord.Of(history)!.Rewards)
        {
            if (RewardId.FromKey(reward.Key) is var id && id.Seq != given.Seq) continue;
            var row = started.Rows[id.Number];
            soFar += row.Minor;
            var waits = !due.ContainsKey(reward.Key) && reward is { Cancelled: false, LeftMinor: > 0 };
            yield return new(
                history.Id, started.Referrer, reward, waits ? RewardStatus.Pending : StatusOf(reward, dueAt), given.At,
                due.TryGetValue(reward.Key, out var unlocked) ? unlocked.ReleaseAt : row.At, new(soFar, total));
        }
    }

    private static RecordedReward Folded(RecordedReward reward, ImmutableArray<Recorded> events)
    {
        foreach (var (_, _, e) in events)
            reward = e switch
            {
                RewardsReleased released when released.Released.Any(change => change.Reward == reward.Key) => reward with { Released = true },
                RewardCancelled { Taken.Reward: var taken } when taken == reward.Key => reward with { LeftMinor = 0, Cancelled = true },
                ScheduleEnded ended when ended.Rewards.Contains(reward.Key) => reward with { LeftMinor = 0, Cancelled = true },
                _ => reward,
            };
        return reward;
    }

    private static RewardStatus StatusOf(RecordedReward reward, DateTimeOffset? dueAt) =>
        IsPending(reward, dueAt) ? RewardStatus.Pending
        : reward.Cancelled ? RewardStatus.Cancelled
        : reward.LeftMinor == 0 ? RewardStatus.Reversed
        : RewardStatus.Released;
}
