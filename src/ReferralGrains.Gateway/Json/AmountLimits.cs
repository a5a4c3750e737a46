namespace ReferralGrains.Gateway.Json;

/// <summary>
/// How large an amount may be that comes in: large enough for any sale in any currency, and so small that no balance overflows:
/// ninety thousand of the largest sales, each rewarded at 1,000 %, fit into one, and nine thousand rewarded with the most points.
/// </summary>
internal static class AmountLimits
{
    /// <summary>Of what is summed: a sale, a conversion, a fixed reward. 100,000,000,000.00 in most currencies.</summary>
    public const long MaxMinor = 10_000_000_000_000;

    /// <summary>Of what is only compared with: a cap, a threshold, the bound of a tier.</summary>
    public const long MaxBoundMinor = 1_000_000_000_000_000;

    /// <summary>1,000 %.</summary>
    public const int MaxBasisPoints = 100_000;

    /// <summary>Of a reward in points by spend.</summary>
    public const long MaxPointsPerMinor = 100;
}
