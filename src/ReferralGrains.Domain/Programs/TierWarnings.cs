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
        foreach (var measure in tiers.GroupBy(tier => tier.By))
        {
            // The furthest reach so far, not the previous tier: a wide tier may hold several that begin after it.
            Tier? reaching = null;
            foreach (var tier in measure.OrderBy(tier => tier.Min))
            {
                if (reaching is { Max: null } || tier.Min <= reaching?.Max)
                    warnings.Add($"Tiers overlap from {Show(tier, tier.Min, currency)}: an action there is rewarded by both.");
                else if (tier.Min > reaching?.Max + 1)
                    warnings.Add($"No tier holds {Show(tier, reaching!.Max!.Value + 1, currency)} to {Show(tier, tier.Min - 1, currency)}: an action there is not rewarded.");
                if (reaching is null || tier.Max is null || tier.Max > reaching.Max) reaching = reaching is { Max: null } ? reaching : tier;
            }
        }

        return warnings.ToImmutable();
    }

    private static string Show(Tier tier, long bound, string currency) =>
        tier.By == TierBy.Value ? Amount.Display(bound, Asset.Cash(currency)) : $"{bound} referrals";
}
