namespace ReferralGrains.Payouts.Sending;

/// <summary>
/// Spaces requests to one Stripe account evenly, so that in no second there are more than Stripe takes: to each endpoint and in all.
/// Sendings and look-ups share it.
/// </summary>
public sealed class RateLimit(TimeProvider time, int perEndpoint, int inAll)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, long> next = new(StringComparer.Ordinal);
    private long nextOfAll;

    /// <summary>Ends when the request may be made.</summary>
    public async ValueTask Wait(string endpoint, CancellationToken stop)
    {
        var wait = Take(endpoint);
        if (wait > TimeSpan.Zero) await Task.Delay(wait, time, stop);
    }

    /// <summary>How long what is already waiting will take.</summary>
    public TimeSpan TimeFor(int requests) => TimeSpan.FromSeconds((requests + perEndpoint - 1) / perEndpoint);

    internal TimeSpan Take(string endpoint)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            var at = Math.Max(now, Math.Max(next.GetValueOrDefault(endpoint), nextOfAll));
            next[endpoint] = at + time.TimestampFrequency / perEndpoint;
            nextOfAll = at + time.TimestampFrequency / inAll;
            return TimeSpan.FromSeconds((double)(at - now) / time.TimestampFrequency);
        }
    }
}
