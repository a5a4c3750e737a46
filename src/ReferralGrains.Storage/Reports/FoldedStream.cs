using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>A referral's stream as a report sees it: folded by the domain's own fold, with all its actions by id.</summary>
internal sealed class FoldedStream(StreamId stream, CallerId program, CallerId referee)
{
    private readonly ImmutableArray<Recorded>.Builder events = ImmutableArray.CreateBuilder<Recorded>();

    public StreamId Stream => stream;

    public CallerId Program => program;

    public CallerId Referee => referee;

    public Referral State { get; private set; } = Referral.None;

    public KnownActions Known { get; } = new(stream, Referral.None);

    public ImmutableArray<Recorded> Events => events.ToImmutable();

    public bool IsEmpty => events.Count == 0;

    public void Add(StoredRow row)
    {
        var recorded = new Recorded(row.Seq, row.At, row.Decode<ReferralEvent>());
        State = ReferralFold.Evolve(State, row.At, recorded.Event);
        Known.Remember(recorded);
        events.Add(recorded);
    }

    /// <summary>Every reward that was ever given, in that order, as it stands now; of schedules also what is not due yet.</summary>
    public IEnumerable<GivenReward> Rewards() => Earned().Concat(Granted()).OrderBy(given => given.Reward.Key);

    private IEnumerable<GivenReward> Earned() =>
        from history in Known.All
        let record = SaleRecord.Of(history)
        where record is not null
        from reward in record.Rewards
        select new GivenReward(
            history.Id, record.Referrer, reward, StatusOf(reward), history.Events.First(recorded => recorded.Seq == RewardId.FromKey(reward.Key).Seq).At,
            State.Holds.Find(reward.Key)?.ReleaseAt);

    private IEnumerable<GivenReward> Granted() =>
        from granted in GrantedReward.Of(events, State)
        let isScheduled = State.ScheduledReward(granted.Reward.Key) is not null
        select new GivenReward(
            null, granted.Referrer, granted.Reward, granted.Status, granted.GivenAt,
            isScheduled ? granted.DueAt : State.Holds.Find(granted.Reward.Key)?.ReleaseAt,
            granted.DueAt is null ? null : new(granted.SoFarMinor, granted.TotalMinor));

    private RewardStatus StatusOf(RecordedReward reward) =>
        State.Holds.Contains(reward.Key) ? RewardStatus.Pending
        : reward.Cancelled ? RewardStatus.Cancelled
        : reward.LeftMinor == 0 ? RewardStatus.Reversed
        : RewardStatus.Released;
}

/// <param name="Action">Null for what no action earned.</param>
/// <param name="Referrer">Who was credited.</param>
/// <param name="Total">Of a schedule.</param>
internal sealed record GivenReward(
    CallerId? Action, StreamId Referrer, RecordedReward Reward, RewardStatus Status, DateTimeOffset GivenAt, DateTimeOffset? ExpectedAt, RunningTotal? Total = null)
{
    public RewardId Id => RewardId.FromKey(Reward.Key);
}
