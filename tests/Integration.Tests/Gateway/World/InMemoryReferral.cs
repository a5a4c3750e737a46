using System.Collections.Immutable;
using ReferralGrains.Domain.Enrollments;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Integration.Tests.Gateway.World;

internal sealed class InMemoryReferral(StreamId stream, StreamId program)
{
    public StreamId Stream => stream;

    public StreamId Program => program;

    public Referral State { get; private set; } = Referral.None;

    public List<Recorded> Events { get; } = [];

    public KnownActions Known { get; } = new(stream);

    public void Take(ReferralTurn turn)
    {
        State = turn.State;
        Events.AddRange(turn.Events);
    }

    /// <summary>The row of the sale behind each reward.</summary>
    public ImmutableDictionary<long, int> Sales() => Known.All
        .SelectMany(history => (SaleRecord.Of(history)?.Rewards ?? []).Select(reward => (reward.Key, history.Seq)))
        .ToImmutableDictionary(pair => pair.Key, pair => pair.Seq);
}
