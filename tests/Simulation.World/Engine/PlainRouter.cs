using System.Collections.Concurrent;
using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Engine;

/// <summary>The least that an engine can be: an activation an address, on a scheduler of its own, in this process.</summary>
public sealed class PlainRouter(TurnWorld world, TimeProvider time) : IGrainRouter
{
    /// <summary>How long a caller waits.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<GrainAddress, Activation> activations = new();

    public async Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
    {
        var envelope = new Envelope<TReply>(command);
        activations.GetOrAdd(to, Activate).Post(envelope);
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
    public void Forget() => activations.Clear();

    private Activation Activate(GrainAddress address) =>
        new(new(TurnsFactory.Create(address, world with { Router = new UpwardRouter(address.Kind, this) }), new()));

    private sealed class Activation(Mailbox mailbox)
    {
        private readonly TaskScheduler one = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;

        public void Post(Envelope envelope) =>
            Task.Factory.StartNew(() => mailbox.Post(envelope), CancellationToken.None, TaskCreationOptions.None, one);
    }
}
