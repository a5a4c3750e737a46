using ReferralGrains.Domain.Payouts;

namespace ReferralGrains.Payouts.Sending;

/// <summary>How payouts are sent.</summary>
public sealed record PayoutOptions
{
    public StripeKeys Keys { get; init; } = StripeKeys.None;

    /// <summary>Where a browser finds this process: the pages of the stand-in are there.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>What waits for what. Live money is not sent with waits that are shorter than it allows.</summary>
    public PayoutWaits Waits { get; init; } = PayoutWaits.Live;

    public ReconciliationOptions Reconciliation { get; init; } = new();

    /// <summary>Between two looks at what is due.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Requests a second to one endpoint of Stripe. It takes 25 by default; more only meets refusals, which delay.</summary>
    public int PerEndpoint { get; init; } = 25;

    /// <summary>Requests a second to Stripe in all. It takes 100.</summary>
    public int InAll { get; init; } = 100;
}

/// <summary>When Stripe and our books are compared, beyond before the first sending.</summary>
public sealed record ReconciliationOptions
{
    /// <summary>Between two looks at the last days. Shorter finds a difference sooner, and asks Stripe more often.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How far back such a look goes, at least to where the last one began that agreed.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromDays(3);

    /// <summary>Between two looks at everything from the beginning.</summary>
    public TimeSpan FullyEvery { get; init; } = TimeSpan.FromHours(24);

    /// <summary>After a comparison that Stripe did not answer to the end.</summary>
    public TimeSpan AgainAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Stripe's clock and ours may differ by that.</summary>
    public TimeSpan Slack { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Between two times that Stripe is asked for events that never came.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The same, so many times as often, for sandboxes and tests.</summary>
    public ReconciliationOptions Hastened(int times) => this with { Every = Every / times, AgainAfter = AgainAfter / times, SweepEvery = SweepEvery / times };
}
