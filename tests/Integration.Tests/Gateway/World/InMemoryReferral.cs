using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Integration.Tests.Gateway.World;

internal sealed class InMemoryReferral(StreamId stream, StreamId program)
{
    public StreamId Stream => stream;

    public StreamId Program => program;

    public Referral State { get; private set; } = Referral.None;

    public List<Recorded> Events { get; } = [];

    public KnownActions Known { get; } = new(stream, Referral.None);

    public void Take(ReferralTurn turn)
    {
        State = turn.State;
        Events.AddRange(turn.Events);
    }
}
