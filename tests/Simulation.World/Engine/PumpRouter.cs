using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Engine;

/// <summary>
/// An engine whose every delivery is a step of a pump. It does what engines must not, when it is told to: loses activations that
/// still run, so that an address has two, and lets callers give up before they are answered.
/// </summary>
public sealed class PumpRouter : IGrainRouter
{
    private readonly Dictionary<GrainAddress, Activation> activations = [];
    private readonly HashSet<Envelope> waiting = [];
    private readonly Dictionary<GrainKind, TurnWorld> worlds;
    private readonly Pump pump;
    private readonly Random random;
    private readonly double impatience;
    private bool dead;

    /// <param name="impatience">How many of a hundred callers give up at some time.</param>
    /// <param name="between">What calls between grains go through.</param>
    public PumpRouter(TurnWorld world, Pump pump, Random random, int impatience, Func<IGrainRouter, IGrainRouter> between)
    {
        (this.pump, this.random, this.impatience) = (pump, random, impatience);
        worlds = Enum.GetValues<GrainKind>().ToDictionary(kind => kind, kind => world with { Router = between(new UpwardRouter(kind, this)) });
    }

    public async Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
    {
        if (dead) throw new GrainUnavailableException("The process is gone.");
        var envelope = new Envelope<TReply>(command);
        waiting.Add(envelope);
        if (random.Next(100) < impatience) GiveUp(envelope, random.Next(40));
        pump.Later(() => Deliver(to, envelope));
        try
        {
            return await envelope.Replied;
        }
        finally
        {
            waiting.Remove(envelope);
        }
    }

    /// <summary>The process dies: whoever waits learns that it is gone, and nothing more.</summary>
    public void Kill()
    {
        dead = true;
        foreach (var envelope in waiting.ToList()) envelope.Fail(new GrainUnavailableException("The process died."));
    }

    /// <summary>Forgets an activation, whether it runs or not: the next command makes another.</summary>
    public void LoseOne()
    {
        if (activations.Count > 0) activations.Remove(activations.Keys.ElementAt(random.Next(activations.Count)));
    }

    private void Deliver(GrainAddress to, Envelope envelope)
    {
        if (dead) return;
        if (!activations.TryGetValue(to, out var activation))
            activations.Add(to, activation = new(TurnsFactory.Create(to, worlds[to.Kind]), random));
        activation.Post(envelope);
    }

    private void GiveUp(Envelope envelope, int steps)
    {
        if (steps == 0) envelope.Fail(new GrainUnavailableException("No answer in time."));
        else pump.Later(() => GiveUp(envelope, steps - 1));
    }

    private sealed class Activation(GrainTurns grain, Random random)
    {
        private readonly Queue<Envelope> mailbox = new();
        private bool running;

        public void Post(Envelope envelope)
        {
            mailbox.Enqueue(envelope);
            if (!running) _ = Run();
        }

        private async Task Run()
        {
            running = true;
            while (mailbox.Count > 0)
            {
                await Task.Yield();
                var commands = new List<Envelope>();
                for (var left = 1 + random.Next(mailbox.Count); left > 0; left--) commands.Add(mailbox.Dequeue());
                await grain.Turn(commands);
            }

            running = false;
        }
    }
}
