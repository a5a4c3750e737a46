using System.Threading.Tasks.Sources;

namespace ReferralGrains.Gateway.Lines;

/// <summary>Wakes the one who waits, again and again, without an object for each time. A signal that nobody waits for is kept.</summary>
internal sealed class Signal : IValueTaskSource
{
    private const int Idle = 0;
    private const int Signalled = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> source = new() { RunContinuationsAsynchronously = true };
    private int state;

    public void Set()
    {
        while (true)
        {
            var seen = Volatile.Read(ref state);
            if (seen == Signalled) return;
            var next = seen == Waiting ? Idle : Signalled;
            if (Interlocked.CompareExchange(ref state, next, seen) != seen) continue;
            if (seen == Waiting) source.SetResult(true);
            return;
        }
    }

    public ValueTask Wait()
    {
        source.Reset();
        if (Interlocked.CompareExchange(ref state, Waiting, Idle) == Idle) return new(this, source.Version);
        Volatile.Write(ref state, Idle);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);
}
