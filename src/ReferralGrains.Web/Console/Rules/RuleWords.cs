using System.Globalization;
using System.Text.Json.Nodes;
using ReferralGrains.Client;
using ReferralGrains.Web.Console.Layout;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console.Rules;

/// <summary>What a rule means, in a sentence or two. Whatever may hold a reward back or bound it is said.</summary>
public static class RuleWords
{
    private static readonly (string Key, string Words)[] tagWords = [("any_of", "one of the tags"), ("none_of", "none of the tags")];

    public static string Of(RuleAnswer rule, string currency) => Of(RuleForm.BodyOf(rule), currency);

    public static string Of(RuleBody rule, string currency) => Of(rule, Words.Of(rule.Trigger), currency);

    /// <summary>As it is for one enrollment. What only its rule says is that of the rule's version, where that is still the one in force.</summary>
    public static string Of(EnrollmentAnswer one, ProgramAnswer program)
    {
        var rule = program.Rules.FirstOrDefault(rule => rule.Id == one.RuleId && rule.Version == one.RuleVersion);
        var terms = rule is null ? new() { Trigger = RuleBodyTrigger.Unknown, Reward = one.Payout.Reward } : RuleForm.BodyOf(rule);
        terms = terms with { Reward = one.Payout.Reward, Limits = one.Limits, Conditions = one.Conditions, Hold = one.Payout.Hold };
        return Of(terms, rule is null ? $"by version {one.RuleVersion} of the rule" : Words.Of(rule.Trigger), program.Currency);
    }

    /// <summary>What came of an enrollment so far.</summary>
    public static string Net(EnrollmentAnswer one, string currency) => one.Payout.Reward.Kind switch
    {
        RewardBodyKind.Cash => Show.Amount(one.NetMinor, currency),
        RewardBodyKind.Credit => Show.Amount(one.NetMinor, $"credit:{currency}"),
        var kind => $"{one.NetMinor.ToString("#,0", CultureInfo.InvariantCulture)} {Words.Of(kind).Replace('_', ' ')}",
    };

    private static string Of(RuleBody rule, string trigger, string currency)
    {
        var when = trigger switch
        {
            "recurring_action" => "of each sale",
            "first_action" => "of the first sale",
            "tier_reached" => "once for each tier that the referrer reaches",
            "referral_approved" => "when the referral is approved",
            "every_n_referrals" => $"for every {rule.N} referrals",
            "interval" => $"every {(rule.EveryMonths is > 1 and var every ? $"{every} months" : "month")}, {Count(rule.Times ?? 1, "time")}",
            _ => trigger,
        };
        var of = rule.Reward.Of is RewardBodyOf.ConversionValue ? ", of what the referral is worth" : "";
        List<string> parts = [$"The referrer earns {Value(rule, currency)} {when}{of}", .. If(rule.Conditions, currency)];
        if (rule.Limits is { } limits)
        {
            if (limits.DaysAfterApproved is { } days) parts.Add($"for {Count(days, "day")} after the approval");
            if (Range(limits.EventFrom, limits.EventTo) is { } range) parts.Add($"for what occurs {range}");
            if (limits.MaxCount is { } most) parts.Add($"at most {Count(most, "time")} a referee");
            if (limits.MaxAmountMinor is { } cap) parts.Add($"at most {Amount(rule.Reward, cap, currency)} a referee");
        }

        if (rule.Budget is { } budget) parts.Add($"at most {Amount(rule.Reward, budget.AmountMinor, currency)} a month {(budget.Per is BudgetBodyPer.Referrer ? "for each referrer" : "for all referrers together")}");
        if (rule.Limits?.CapMode is LimitsBodyCapMode.Drop && (rule.Limits.MaxAmountMinor is not null || rule.Budget is not null)) parts.Add("and nothing of what does not fit whole");
        parts.Add(Held(rule, currency));
        return string.Join(", ", parts) + "." + Further(rule);
    }

    private static string Value(RuleBody rule, string currency)
    {
        var reward = rule.Reward;
        if (rule.Tiers is { Count: > 0 } tiers) return $"what its tier gives ({string.Join("; ", tiers.Select(tier => $"{Bounds(tier, currency)}: {Own(reward, tier.BasisPoints, tier.AmountMinor, currency)}"))})";
        if (rule.Steps is { Count: > 0 } steps) return string.Join(", then ", steps.Select(step => Own(reward, step.BasisPoints, step.AmountMinor, currency) + Until(step)));
        return reward.Type switch
        {
            RewardBodyType.Percent when reward.BasisPoints is { } share => Show.Percent(share) + In(reward),
            RewardBodyType.PerAmount => $"{Count(reward.Points ?? 0, "point")} for each {Show.Amount(reward.PerMinor ?? 0, currency)}",
            _ when reward.AmountMinor is { } amount => Amount(reward, amount, currency),
            _ => "what its tier or step gives",
        };
    }

    private static string Own(RewardBody reward, int? basisPoints, long? minor, string currency) => (basisPoints, minor) switch
    {
        ({ } share, _) => Show.Percent(share) + In(reward),
        (_, { } amount) => Amount(reward, amount, currency),
        _ => reward.BasisPoints is { } all ? Show.Percent(all) + In(reward) : Amount(reward, reward.AmountMinor ?? 0, currency),
    };

    private static string Bounds(TierBody tier, string currency) => tier.By is TierBodyBy.Count
        ? $"{tier.Min ?? 0}{(tier.Max is { } most ? $" to {most}" : " and more")} referees"
        : $"{Show.Amount(tier.MinMinor ?? 0, currency)}{(tier.MaxMinor is { } max ? $" to {Show.Amount(max, currency)}" : " and more")}";

    private static string Until(StepBody step) => (step.UntilCount, step.UntilMonths) switch
    {
        ({ } count, _) => $" until reward {count}",
        (_, { } months) => $" for {Count(months, "month")}",
        _ => "",
    };

    private static IEnumerable<string> If(ConditionsBody? conditions, string currency)
    {
        if (conditions is null) yield break;
        if (conditions.MinAmountExclusiveMinor is { } above) yield return $"if it is above {Show.Amount(above, currency)}";
        if (conditions.ProductIds is { Count: > 0 } products) yield return $"if it has one of {string.Join(", ", products)}";
        if (conditions.ExcludedProductIds is { Count: > 0 } excluded) yield return $"but not for {string.Join(", ", excluded)}";
        foreach (var (key, values) in conditions.Attributes ?? new Dictionary<string, IReadOnlyList<string>>()) yield return $"if {key} is {string.Join(" or ", values)}";
        if (Tags(conditions.ReferrerTags) is { } referrers) yield return $"if the referrer has {referrers}";
        if (Tags(conditions.RefereeTags) is { } referees) yield return $"if the referee has {referees}";
    }

    private static string? Tags(JsonNode? tags) => tags switch
    {
        JsonObject named => string.Join(" and ", tagWords.Where(part => named[part.Key] is JsonArray { Count: > 0 })
            .Select(part => $"{part.Words} {string.Join(", ", named[part.Key]!.AsArray().Select(static tag => (string)tag!))}")),
        JsonValue word => (string?)word switch { "ANY" => "a tag", "NONE" => "no tag", _ => null },
        _ => null,
    };

    private static string Held(RuleBody rule, string currency) => rule.Hold?.Mode switch
    {
        HoldBodyMode.Days => $"held for {Count(rule.Hold.Days ?? 0, "day")}{From(rule.Hold)}",
        HoldBodyMode.Manual => "held until a person releases it" + (rule.Hold.Days is > 0 and var days ? $", expected after {Count(days, "day")}{From(rule.Hold)}" : ""),
        HoldBodyMode.DaysThenActiveCustomer => $"held for {Count(rule.Hold.Days ?? 0, "day")}{From(rule.Hold)}, then payable if the referee is still a customer",
        HoldBodyMode.Group => $"held until {Amount(rule.Reward, rule.Hold.AmountMinor ?? 0, currency)} have come together",
        _ => "payable at once",
    };

    private static string From(HoldBody hold) => hold.From is HoldBodyFrom.OccurredAt ? " from when it occurred" : "";

    private static string Further(RuleBody rule)
    {
        var further = "";
        if (rule.Eligibility is RuleBodyEligibility.Granted) further += " Only referrers to whom it was granted.";
        if (rule.Exclusive is { } exclusive) further += $" Of the rules in {exclusive.Group} only the first that rewards counts; this one is number {exclusive.Priority}.";
        if (Range(rule.Active?.From, rule.Active?.To) is { } range) further += $" It rewards {range} only.";
        return further;
    }

    private static string? Range(string? from, string? to) => (from, to) switch
    {
        (null, null) => null,
        (_, null) => $"from {from}",
        (null, _) => $"until {to}",
        _ => $"from {from} to {to}",
    };

    /// <summary>An amount of what a rule gives.</summary>
    public static string Amount(RuleAnswer rule, long minor, string currency) => Amount(rule.Reward, minor, currency);

    private static string Amount(RewardBody reward, long minor, string currency) =>
        reward.Kind is RewardBodyKind.Cash or RewardBodyKind.Credit ? Show.Amount(minor, currency) + In(reward) : minor.ToString("#,0", CultureInfo.InvariantCulture) + In(reward);

    private static string In(RewardBody reward) => reward.Kind switch
    {
        RewardBodyKind.Cash => "",
        RewardBodyKind.Points => " points",
        _ => $" in {Words.Of(reward.Kind).Replace('_', ' ')}{(reward.Item is { } item ? $" {item}" : "")}",
    };

    private static string Count(long number, string word) => string.Create(CultureInfo.InvariantCulture, $"{number} {word}{(number == 1 ? "" : "s")}");
}
