using ReferralGrains.Simulation.Node;

namespace ReferralGrains.Simulation.Engine;

/// <summary>
/// Runs everything on one thread, in an order that a seed chooses: whatever is ready waits in one heap, and any of it may be next. The
/// same seed gives the same run.
/// </summary>
public sealed class Pump(Random random, int mostSteps) : SynchronizationContext, ISteps
{
    private readonly List<(SendOrPostCallback Callback, object? State)> ready = [];
    private readonly int thread = Environment.CurrentManagedThreadId;

    public int Steps { get; private set; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId != thread) throw new InvalidOperationException("Something ran on another thread: the run cannot be repeated.");
        ready.Add((d, state));
    }

    public void Later(Action step) => Post(static step => ((Action)step!)(), step);

    /// <summary>Runs until the task is done. Throws when nothing is left to run, or when it takes more steps than it should.</summary>
    public void Run(Func<Task> main)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = main();
            while (!task.IsCompleted) Step();
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private void Step()
    {
        if (ready.Count == 0) throw new InvalidOperationException("Nothing is left to run, and somebody still waits.");
        if (++Steps > mostSteps) throw new InvalidOperationException($"Not done after {mostSteps} steps.");
        var chosen = random.Next(ready.Count);
        var (callback, state) = ready[chosen];
        ready[chosen] = ready[^1];
        ready.RemoveAt(ready.Count - 1);
        callback(state);
    }
}
