using System.Collections.Concurrent;

namespace ReferralGrains.Turns;

/// <summary>
/// How much work of one tenant may be in flight from this process, so that a flood does not starve its neighbours. Per process: a
/// cluster takes as many times more.
/// </summary>
/// <param name="most">Commands in flight. Default 50,000.</param>
/// <param name="retryAfter">What a refused caller is told to wait.</param>
public sealed class TenantQuota(int most, TimeSpan retryAfter)
{
    private readonly ConcurrentDictionary<int, Load> loads = new();

    /// <summary>Counts one more command of a tenant; <see cref="Load.End"/> counts it out again.</summary>
    /// <exception cref="GrainBusyException">Too many are in flight.</exception>
    public Load Begin(int tenant)
    {
        var load = loads.GetOrAdd(tenant, static _ => new());
        if (load.Begin() <= most) return load;
        load.End();
        throw new GrainBusyException("Too much of this tenant's work is in flight.", retryAfter);
    }

    public sealed class Load
    {
        private int inFlight;

        public int Begin() => Interlocked.Increment(ref inFlight);

        public void End() => Interlocked.Decrement(ref inFlight);
    }
}
