using System.Collections.Immutable;

namespace ReferralGrains.Domain.Programs;

/// <summary>What a publisher of a rule is told that may not be meant, and harms nobody: it is published all the same.</summary>
public static class RuleWarnings
{
    public static ImmutableArray<string> Of(RewardRule rule) => SpendsItsCountOnNothing(rule)
        ? ["A sale of zero, such as a free trial, earns this fixed reward and counts towards limits.max_count. With conditions.min_amount_exclusive_minor: 0 only sales above zero do."]
        : [];

    // A percentage of nothing is no reward, and none is issued (D5).
    private static bool SpendsItsCountOnNothing(RewardRule rule) =>
        rule.Trigger == Trigger.RecurringAction && rule.Reward.Type == RewardType.Fixed
        && rule.Limits.MaxCount is not null && rule.Conditions.MinAmountExclusiveMinor is null;
}
