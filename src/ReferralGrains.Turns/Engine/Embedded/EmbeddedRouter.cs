using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ReferralGrains.Turns.Engine.Embedded;

/// <summary>
/// The engine that runs in one process: one activation per address, bounded mailboxes, a quota on a tenant's work in flight, and idle
/// activations collected.
/// </summary>
public sealed class EmbeddedRouter : IGrainRouter, IAsyncDisposable
{
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<GrainAddress, Activation> activations = new();
    private readonly ConcurrentDictionary<int, TenantLoad> loads = new();
    private readonly EmbeddedOptions options;
    private readonly TimeProvider time;
    private readonly Func<GrainKind, TurnWorld> worlds;
    private readonly Meter meter = new("ReferralGrains");
    private readonly CancellationTokenSource ending = new();
    private readonly Task collecting;
    private bool disposed;

    /// <param name="world">What grains may use, given the router that sends upwards from their kind.</param>
    public EmbeddedRouter(Func<IGrainRouter, TurnWorld> world, EmbeddedOptions options, TimeProvider time)
    {
        (this.options, this.time) = (options, time);
        var upward = Enum.GetValues<GrainKind>().ToDictionary(kind => kind, kind => world(new UpwardRouter(kind, this)));
        worlds = kind => upward[kind];
        meter.CreateObservableGauge("grains_activations", Count, description: "Grains in memory, by kind.");
        meter.CreateObservableGauge("grains_mailbox_depth", Depth, description: "Commands that wait in mailboxes.");
        collecting = Collect();
    }

    public async Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
    {
        var load = loads.GetOrAdd(to.Tenant, static _ => new());
        var envelope = new Envelope<TReply>(command);
        Post(to, envelope, load);
        try
        {
            return await envelope.Replied.WaitAsync(options.Deadline, time, stop);
        }
        catch (TimeoutException exception)
        {
            throw new GrainUnavailableException("No answer in time; the outcome is unknown. Send it again under the same id.", exception);
        }
        finally
        {
            // Who stops waiting does not end the work: it is in flight until it is decided.
            if (envelope.Replied.IsCompleted) load.End();
            else _ = envelope.Replied.ContinueWith(static (_, load) => ((TenantLoad)load!).End(), load, TaskScheduler.Default);
        }
    }

    /// <summary>Safe to call twice: a container does, under each name that a service has.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, true)) return;
        await ending.CancelAsync();
        await collecting;
        ending.Dispose();
        meter.Dispose();
    }

    /// <summary>Takes activations out of memory that have been idle for a while.</summary>
    public void CollectIdle(TimeSpan idleFor)
    {
        foreach (var (address, activation) in activations)
            if (time.GetElapsedTime(activation.LastUsed) >= idleFor && activation.TryRetire()) activations.TryRemove(new(address, activation));
    }

    private void Post(GrainAddress to, Envelope envelope, TenantLoad load)
    {
        if (!load.TryBegin(options.MaxInFlightPerTenant)) throw new GrainBusyException("Too much of this tenant's work is in flight.", options.RetryAfter);
        try
        {
            Post(to, envelope);
        }
        catch
        {
            load.End();
            throw;
        }
    }

    private void Post(GrainAddress to, Envelope envelope)
    {
        while (true)
        {
            var activation = activations.GetOrAdd(to, Activate);
            switch (activation.Post(envelope))
            {
                case Posting.Taken: return;
                case Posting.Full: throw new GrainBusyException("This grain's mailbox is full.", options.RetryAfter);
                case Posting.Gone: activations.TryRemove(new(to, activation)); break;
                default: throw new UnreachableException();
            }
        }
    }

    private Activation Activate(GrainAddress address) => new(TurnsFactory.Create(address, worlds(address.Kind)), time);

    private async Task Collect()
    {
        using var timer = new PeriodicTimer(Sweep, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ending.Token)) CollectIdle(options.IdleAfter);
        }
        catch (OperationCanceledException)
        {
            // The engine ends; what is in memory is durable already.
        }
    }

    // Counted in place: there may be millions, and each reading of the metrics would copy them all.
    private IEnumerable<Measurement<int>> Count()
    {
        var counts = new Dictionary<GrainKind, int>();
        foreach (var (address, _) in activations) counts[address.Kind] = counts.GetValueOrDefault(address.Kind) + 1;
        return counts.Select(pair => new Measurement<int>(pair.Value, TurnMetrics.Tag(pair.Key)));
    }

    private int Depth()
    {
        var depth = 0;
        foreach (var (_, activation) in activations) depth += activation.Depth;
        return depth;
    }

    private sealed class TenantLoad
    {
        private int inFlight;

        public bool TryBegin(int most)
        {
            if (Interlocked.Increment(ref inFlight) <= most) return true;
            End();
            return false;
        }

        public void End() => Interlocked.Decrement(ref inFlight);
    }
}
