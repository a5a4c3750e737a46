using ReferralGrains.Grains.Wire;
using ReferralGrains.Turns;

namespace ReferralGrains.Grains;

/// <summary>What every grain that decides takes: a command, and answers with its reply once that is durable.</summary>
[Alias("turns")]
public interface ITurnGrain : IGrainWithStringKey
{
    [Alias("ask")]
    ValueTask<Parcel> Ask(Parcel command);
}

/// <summary>
/// The Orleans side of a grain, and all of it: it puts what comes in into the mailbox and lets the turns of <see cref="GrainTurns"/> run.
/// It is reentrant, so that commands gather while a turn is under way. It relies on nothing that Orleans promises about its being
/// alone: the mailbox sees to it that there is one turn at a time, and should there be two of a grain for a moment, the journal's fence decides.
/// </summary>
/// <remarks>No base class of Orleans, and no container: there are as many of these as there are referrals.</remarks>
internal abstract class TurnGrain : IGrainBase, ITurnGrain
{
    protected TurnGrain(IGrainContext context, Mailbox mailbox)
    {
        (GrainContext, Mailbox) = (context, mailbox);

        // What is in memory after a failure was dropped already; the grain goes too, so that it may come up where the database is in reach.
        mailbox.Failed = Drop;
    }

    public IGrainContext GrainContext { get; }

    protected Mailbox Mailbox { get; }

    // Not on shutdown: everybody would write at once, and the other silos wait for what this one held.
    public Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (reason.ReasonCode == DeactivationReasonCode.ActivationIdle) Mailbox.Turns.Rest();
        return Task.CompletedTask;
    }

    public ValueTask<Parcel> Ask(Parcel command)
    {
        var envelope = new ParcelEnvelope((ICommand)command.Message);
        var replied = envelope.Replied;

        // In Orleans' scheduler each await of a turn would cost a task, a delegate and a place in the grain's queue.
        if (Mailbox.Post(envelope)) ThreadPool.QueueUserWorkItem(static mailbox => _ = mailbox.Run(), Mailbox, preferLocal: true);
        return replied;
    }

    private void Drop() => GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationError, "A turn failed."));
}
