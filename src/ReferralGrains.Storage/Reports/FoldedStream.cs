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

    /// <summary>Every reward that was ever given, in that order, as it stands now.</summary>
    public IEnumerable<GivenReward> Rewards() =>
        from history in Known.All
        let record = SaleRecord.Of(history)
        where record is not null
        from reward in record.Rewards
        orderby reward.Key
        select new GivenReward(history, record.Referrer, reward, StatusOf(reward), State.Holds.Find(reward.Key)?.ReleaseAt);

    private RewardStatus StatusOf(RecordedReward reward) =>
        State.Holds.Contains(reward.Key) ? RewardStatus.Pending
        : reward.Cancelled ? RewardStatus.Cancelled
        : reward.LeftMinor == 0 ? RewardStatus.Reversed
        : RewardStatus.Released;
}

/// <param name="Referrer">Who was credited.</param>
internal sealed record GivenReward(ActionHistory Action, StreamId Referrer, RecordedReward Reward, RewardStatus Status, DateTimeOffset? ExpectedAt)
{
    public RewardId Id => RewardId.FromKey(Reward.Key);

    public DateTimeOffset GivenAt => Action.Events.First(recorded => recorded.Seq == Id.Seq).At;
}
