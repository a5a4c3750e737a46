using System.Threading.Channels;

namespace ReferralGrains.Integration.Tests.Tenants;

/// <summary>A clock that stands still until a test moves it. What waits for a time is woken by the move that reaches it.</summary>
public sealed class FixedTime(DateTimeOffset now) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<Timer> timers = [];
    private readonly Channel<bool> waiting = Channel.CreateUnbounded<bool>();
    private long ticks = now.UtcTicks;
    private long asleep;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref ticks) + Interlocked.Read(ref asleep), TimeSpan.Zero);

    public override long GetTimestamp() => Interlocked.Read(ref ticks);

    /// <summary>The machine is suspended: only the wall clock goes on, and no timer fires.</summary>
    public void Suspend(TimeSpan by) => Interlocked.Add(ref asleep, by.Ticks);

    public void Advance(TimeSpan by)
    {
        List<Timer> due;
        lock (gate)
        {
            ticks += by.Ticks;
            due = [.. timers.Where(timer => timer.At <= ticks)];
            timers.RemoveAll(due.Contains);
        }

        foreach (var timer in due) timer.Fire();
    }

    /// <summary>Moves on as soon as somebody waits for a time: one round of a background loop.</summary>
    public async Task Tick(TimeSpan by)
    {
        await waiting.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Eventually.Patience);
        Advance(by);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(FixedTime time, TimerCallback callback, object? state) : ITimer
    {
        public long At { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.gate)
            {
                time.timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                At = time.ticks + dueTime.Ticks;
                time.timers.Add(this);
            }

            time.waiting.Writer.TryWrite(true);
            return true;
        }

        public void Dispose()
        {
            lock (time.gate) time.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
