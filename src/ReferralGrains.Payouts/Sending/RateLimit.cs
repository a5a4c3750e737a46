namespace ReferralGrains.Payouts.Sending;

/// <summary>
/// Spaces requests to one Stripe account evenly, so that in no second there are more than Stripe takes: to each endpoint and in all.
/// Sendings and look-ups share it. Whoever gives up leaves nothing behind, and who waits for one endpoint keeps nobody from another.
/// </summary>
public sealed class RateLimit(TimeProvider time, int perEndpoint, int inAll)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Line> endpoints = new(StringComparer.Ordinal);
    private readonly Line all = new(new(1), time, inAll);

    /// <summary>Ends when the request may be made.</summary>
    public async ValueTask Wait(string endpoint, CancellationToken stop)
    {
        Line? own;
        lock (gate)
            if (!endpoints.TryGetValue(endpoint, out own)) endpoints.Add(endpoint, own = new(new(1), time, perEndpoint));
        await own.Pass(() => all.Pass(static () => ValueTask.CompletedTask, stop), stop);
    }

    // One at a time passes, and the next one a step after it: only the first of a line waits for a time, the others for the first.
    private sealed class Line(SemaphoreSlim first, TimeProvider time, int perSecond)
    {
        private long next;

        public async ValueTask Pass(Func<ValueTask> then, CancellationToken stop)
        {
            await first.WaitAsync(stop);
            try
            {
                var left = next - time.GetTimestamp();
                if (left > 0) await Task.Delay(TimeSpan.FromSeconds((double)left / time.TimestampFrequency), time, stop);
                await then();
                next = Math.Max(next, time.GetTimestamp()) + time.TimestampFrequency / perSecond;
            }
            finally
            {
                first.Release();
            }
        }
    }
}
