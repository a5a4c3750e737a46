namespace ReferralGrains.Gateway.Lines;

/// <summary>
/// How many lines the streams of a tenant may have under way. What is under way is what everybody else's next request waits behind: for
/// the cores and for the commit. So a tenant that is alone fills a whole window a stream, and from the moment that another one calls as
/// well its streams share a small one. It knows the callers of its own gateway only.
/// </summary>
internal sealed class FairShares(TimeProvider time)
{
    /// <summary>Of all streams of one tenant together while others call.</summary>
    public const int Shared = 192;

    /// <summary>A stream goes on, however many there are.</summary>
    public const int Least = 16;

    /// <summary>Others are there until they did not call for so long.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private Call latest;
    private Call latestOfAnother;

    /// <summary>A request of the tenant, or more of a stream's lines. 0 is nobody.</summary>
    public void Called(int tenant)
    {
        if (tenant == 0) return;
        var now = time.GetTimestamp();
        lock (gate)
        {
            if (latest.Tenant != tenant) latestOfAnother = latest;
            latest = new(tenant, now);
        }
    }

    /// <param name="tenant">Whose stream it is.</param>
    /// <param name="streams">How many of them are open.</param>
    /// <param name="whole">What a stream may have under way when nobody else calls.</param>
    public int Of(int tenant, int streams, int whole)
    {
        Call other;
        lock (gate) other = latest.Tenant != tenant ? latest : latestOfAnother;
        var isAlone = other.Tenant == 0 || time.GetElapsedTime(other.At) >= Remembered;
        return isAlone ? whole : Math.Min(whole, Math.Max(Least, Shared / Math.Max(1, streams)));
    }

    private readonly record struct Call(int Tenant, long At);
}
