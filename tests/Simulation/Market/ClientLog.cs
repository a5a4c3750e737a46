using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Simulation.Market;

/// <summary>A referee of a program of a tenant: where actions go.</summary>
public sealed record Place(int Tenant, CallerId Program, CallerId Referee);

/// <summary>One attempt to send one action, and what the client was told. All that an oracle may know of what was promised.</summary>
/// <param name="Intention">What the client wants to happen once, under whatever ids it sends it.</param>
public sealed record Sending(int Intention, Place To, ReferralAction Action, bool DryRun, long SentAt)
{
    public long AnsweredAt { get; private set; }

    /// <summary>Null while it is not known, and for ever if it never becomes known.</summary>
    public ActionReply? Reply { get; private set; }

    /// <summary>What it was answered with an effect that stands.</summary>
    public ActionOutcome? Outcome => DryRun ? null : Reply?.Outcome;

    public void Answered(ActionReply reply, long at) => (Reply, AnsweredAt) = (reply, at);
}

/// <summary>What clients did and heard, in the order in which it happened.</summary>
public sealed class ClientLog
{
    private long time;

    public List<Sending> Sendings { get; } = [];

    /// <summary>States that were answered, and by the running clock when they were asked for and answered.</summary>
    public List<(Place Place, ReferralReply Reply, long AskedAt, long AnsweredAt)> States { get; } = [];

    /// <summary>What was booked by hand or spent, and what was answered.</summary>
    public List<(GrainAddress Referrer, ReferrerEvent Event, BookedReply Reply)> Books { get; } = [];

    public int Intentions { get; set; }

    public int Ids { get; set; }

    public long Tick() => ++time;

    public Sending Sent(int intention, Place to, ReferralAction action, bool dryRun)
    {
        var sending = new Sending(intention, to, action, dryRun, Tick());
        Sendings.Add(sending);
        return sending;
    }
}
