namespace ReferralGrains.Simulation.Time;

/// <summary>A clock that stands still until it is moved.</summary>
public sealed class FakeTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<Timer> timers = [];
    private DateTimeOffset now = start;
    private long timestamp = start.UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Is never set back.</summary>
    public override long GetTimestamp() => Interlocked.Read(ref timestamp);

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return now;
    }

    /// <summary>Timers that wait for their date: a test waits for them to appear before it moves the clock.</summary>
    public int Waiting
    {
        get
        {
            lock (gate) return timers.Count(timer => timer.At is not null);
        }
    }

    /// <summary>Jumps. A timer that would have fired several times on the way fires once, as after a sleep.</summary>
    public void Advance(TimeSpan by)
    {
        List<Timer> due;
        lock (gate)
        {
            now += by;
            if (by > TimeSpan.Zero) Interlocked.Add(ref timestamp, by.Ticks);
            due = [.. timers.Where(timer => timer.At <= now).OrderBy(timer => timer.At)];
            foreach (var timer in due) timer.At = timer.Period is { } period ? now + period : null;
        }

        foreach (var timer in due) timer.Fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(FakeTime time, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset? At { get; set; }

        public TimeSpan? Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.gate)
            {
                Period = period > TimeSpan.Zero ? period : null;
                At = dueTime >= TimeSpan.Zero ? time.now + dueTime : null;
                if (!time.timers.Contains(this)) time.timers.Add(this);
            }

            return true;
        }

        public void Dispose()
        {
            lock (time.gate)
            {
                At = null;
                time.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
