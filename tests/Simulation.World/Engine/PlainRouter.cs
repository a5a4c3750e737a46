using System.Collections.Concurrent;
using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Engine;

/// <summary>The least that an engine can be: a mailbox an address, in this process.</summary>
public sealed class PlainRouter(TurnWorld world, TimeProvider time) : IGrainRouter
{
    /// <summary>How long a caller waits.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<GrainAddress, Mailbox> mailboxes = new();

    public async Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
    {
        var envelope = new Envelope<TReply>(command);
        var mailbox = mailboxes.GetOrAdd(to, Activate);
        if (mailbox.Post(envelope)) _ = Task.Run(mailbox.Run, CancellationToken.None);
        try
        {
            return await envelope.Replied.WaitAsync(Deadline, time, stop);
        }
        catch (TimeoutException exception)
        {
            throw new GrainUnavailableException("No answer in time.", exception);
        }
    }

    /// <summary>The next command to each address makes another activation.</summary>
    public void Forget() => mailboxes.Clear();

    private Mailbox Activate(GrainAddress address) => new(TurnsFactory.Create(address, world with { Router = new UpwardRouter(address.Kind, this) }), new());
}
