namespace ReferralGrains.Payouts.Sending;

/// <summary>How payouts are sent.</summary>
public sealed record PayoutOptions
{
    public StripeKeys Keys { get; init; } = StripeKeys.None;

    /// <summary>Where a browser finds this process: the pages of the stand-in are there.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Requests a second to one endpoint of Stripe. It takes 25 by default; more only meets refusals, which delay.</summary>
    public int PerEndpoint { get; init; } = 25;

    /// <summary>Requests a second to Stripe in all. It takes 100.</summary>
    public int InAll { get; init; } = 100;
}
