using System.Collections.Immutable;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Programs;

/// <summary>
/// What a publisher of tiers is warned of (H3): a bound that two tiers share pays both, and a tally in a gap pays none. Either may be
/// meant, so it takes an acknowledgement, not a refusal.
/// </summary>
public static class TierWarnings
{
    public static ImmutableArray<string> Of(ImmutableArray<Tier> tiers, string currency)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        var ordered = tiers.OrderBy(tier => tier.Min).ToList();
        for (var i = 1; i < ordered.Count; i++)
        {
            var (lower, upper) = (ordered[i - 1], ordered[i]);
            if (lower.Max is null || upper.Min <= lower.Max)
                warnings.Add($"Tiers overlap from {Show(upper, upper.Min, currency)}: an action there is rewarded by both.");
            else if (upper.Min > lower.Max + 1)
                warnings.Add($"No tier holds {Show(lower, lower.Max.Value + 1, currency)} to {Show(upper, upper.Min - 1, currency)}: an action there is not rewarded.");
        }

        return warnings.ToImmutable();
    }

    private static string Show(Tier tier, long bound, string currency) =>
        tier.By == TierBy.Value ? Amount.Display(bound, Asset.Cash(currency)) : $"{bound} referrals";
}
