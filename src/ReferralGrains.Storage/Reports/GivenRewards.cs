using System.Collections.Immutable;
using System.Diagnostics;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;

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

/// <summary>How far a stream has settled what time releases.</summary>
/// <param name="DueAt">When its earliest date is: whatever should have been settled before it was.</param>
/// <param name="HeldBack">The referrer of whom time releases nothing, for the referral is flagged (X9).</param>
internal readonly record struct Settled(DateTimeOffset? DueAt, StreamId? HeldBack)
{
    /// <summary>The second, of a referral whose row is <c>r</c>.</summary>
    public const string HeldBackBy = "(select r.referrer from flag g where g.stream = r.stream and g.kind = 1 and g.state in (1, 3))";

    /// <param name="at">The column of the first; the next one has the second.</param>
    public static Settled Read(NpgsqlDataReader reader, int at) => new(reader.Maybe<DateTimeOffset>(at), reader.Maybe<long>(at + 1) is { } referrer ? new(referrer) : null);
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
    public static IEnumerable<GivenReward> Of(CallerId? action, StreamId stream, ImmutableArray<Recorded> events, int seq, Settled settled) =>
        events.First(recorded => recorded.Seq == seq) switch
        {
            { Event: SaleDecided sale } given => Earned(new(action!.Value, sale.Action.Hash, stream, events), given.At, settled),
            { Event: RewardsGranted granted } given => Granted(granted, given, events, settled),
            { Event: ScheduleStarted { Sale: > 0 } started } given => OfSale(new(action!.Value, default, stream, events), started, given, settled),
            { Event: ScheduleStarted started } given => Scheduled(started, given, events, settled),
            _ => throw new UnreachableException(),
        };

    /// <summary>
    /// Whether it is still in its hold window. Every turn settles all that is due, so what should have been released before the earliest
    /// date that is still open has been.
    /// </summary>
    public static bool IsPending(RecordedReward reward, StreamId referrer, Settled settled) =>
        reward is { Given.Held: true, Released: false, LeftMinor: > 0 }
        && (!reward.Given.ReleasesItself || reward.Given.ChecksCustomer || referrer == settled.HeldBack || reward.Given.ReleaseAt >= settled.DueAt);

    private static IEnumerable<GivenReward> Earned(ActionHistory history, DateTimeOffset at, Settled settled)
    {
        var record = SaleRecord.Of(history)!;
        foreach (var reward in record.Rewards)
            yield return new(history.Id, record.Referrer, reward, StatusOf(reward, record.Referrer, settled), at, reward.Given.ReleaseAt);
    }

    private static IEnumerable<GivenReward> Granted(RewardsGranted granted, Recorded given, ImmutableArray<Recorded> events, Settled settled)
    {
        for (var i = 0; i < granted.Decisions.Length; i++)
        {
            if (granted.Decisions[i] is not { Minor: > 0 } decision) continue;
            var reward = Folded(new(new RewardId(given.Seq, i).Key, decision, decision.Minor, Cancelled: false, Released: false), events);
            yield return new(null, granted.Referrer, reward, StatusOf(reward, granted.Referrer, settled), given.At, decision.ReleaseAt);
        }
    }

    // A row that is not due yet is pending without a hold; when it is unlocked it may get one.
    private static IEnumerable<GivenReward> Scheduled(ScheduleStarted started, Recorded given, ImmutableArray<Recorded> events, Settled settled)
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
                null, started.Referrer, reward, waits ? RewardStatus.Pending : StatusOf(reward, started.Referrer, settled), given.At, unlocked is null ? row.At : unlocked.ReleaseAt,
                new(soFar, total));
        }
    }

    // Rows of a share of a sale are rewards of that sale; one that is not due yet waits without a hold (H12).
    private static IEnumerable<GivenReward> OfSale(ActionHistory history, ScheduleStarted started, Recorded given, Settled settled)
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
                history.Id, started.Referrer, reward, waits ? RewardStatus.Pending : StatusOf(reward, started.Referrer, settled), given.At,
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

    private static RewardStatus StatusOf(RecordedReward reward, StreamId referrer, Settled settled) =>
        IsPending(reward, referrer, settled) ? RewardStatus.Pending
        : reward.Cancelled ? RewardStatus.Cancelled
        : reward.LeftMinor == 0 ? RewardStatus.Reversed
        : RewardStatus.Released;
}
