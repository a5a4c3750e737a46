using System.Globalization;
using ReferralGrains.Client;
using ReferralGrains.Web.Console.Layout;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console;

/// <summary>What a rule means, in a sentence.</summary>
internal static class RuleWords
{
    public static string Of(RuleAnswer rule, string currency) => Of(Words.Of(rule.Trigger), rule.Reward, rule.Limits, rule.Conditions, rule.Hold, rule.Tiers, rule.N, currency)
        + (rule.Eligibility is RuleAnswerEligibility.Granted ? " Only referrers to whom it was granted." : "");

    public static string Of(RuleBody rule, string currency) =>
        Of(Words.Of(rule.Trigger), rule.Reward, rule.Limits, rule.Conditions, rule.Hold, rule.Tiers ?? [], rule.N, currency);

    private static string Of(
        string trigger, RewardBody reward, LimitsBody? limits, ConditionsBody? conditions, HoldBody? hold, IReadOnlyList<TierBody> tiers, int? n, string currency)
    {
        var when = trigger switch
        {
            "recurring_action" => "of each sale",
            "first_action" => "of the first sale",
            "referral_approved" => "when the referral is approved",
            "every_n_referrals" => $"for every {n} referrals",
            "interval" => "month by month",
            _ => trigger.Replace('_', ' '),
        };
        List<string> parts = [$"The referrer earns {Value(reward, tiers, currency)} {when}"];
        if (conditions?.MinAmountExclusiveMinor is { } above) parts.Add($"if it is above {Show.Amount(above, currency)}");
        if (conditions?.ProductIds is { Count: > 0 } products) parts.Add($"if it has one of {string.Join(", ", products)}");
        if (limits?.DaysAfterApproved is { } days) parts.Add($"for {Count(days, "day")} after the approval");
        if (limits?.MaxCount is { } most) parts.Add($"at most {Count(most, "time")} a referee");
        if (limits?.MaxAmountMinor is { } cap) parts.Add($"at most {Show.Amount(cap, currency)} a referee");
        parts.Add(Held(hold, currency));
        return string.Join(", ", parts) + ".";
    }

    private static string Value(RewardBody reward, IReadOnlyList<TierBody> tiers, string currency)
    {
        var kind = reward.Kind is RewardBodyKind.Cash ? "" : $" in {Words.Of(reward.Kind).Replace('_', ' ')}";
        if (tiers.Count > 0) return $"what its tier gives ({string.Join(", ", tiers.Select(tier => tier.BasisPoints is { } share ? Show.Percent(share) : Show.Amount(tier.AmountMinor ?? 0, currency)))}){kind}";
        return reward.Type switch
        {
            RewardBodyType.Percent => Show.Percent(reward.BasisPoints ?? 0) + kind,
            RewardBodyType.PerAmount => $"{reward.Points} points for each {Show.Amount(reward.PerMinor ?? 0, currency)}",
            _ => (reward.Kind is RewardBodyKind.Cash or RewardBodyKind.Credit ? Show.Amount(reward.AmountMinor ?? 0, currency) : (reward.AmountMinor ?? 0).ToString(CultureInfo.InvariantCulture)) + kind,
        };
    }

    private static string Held(HoldBody? hold, string currency) => hold?.Mode switch
    {
        HoldBodyMode.Days => $"held for {Count(hold.Days ?? 0, "day")}",
        HoldBodyMode.Manual => "held until a person releases it",
        HoldBodyMode.DaysThenActiveCustomer => $"held for {Count(hold.Days ?? 0, "day")}, then payable if the referee is still a customer",
        HoldBodyMode.Group => $"held until {Show.Amount(hold.AmountMinor ?? 0, currency)} have come together",
        _ => "payable at once",
    };

    private static string Count(int number, string word) => string.Create(CultureInfo.InvariantCulture, $"{number} {word}{(number == 1 ? "" : "s")}");
}
