using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Explanations;

/// <summary>Each condition that a rule has, with the value that it saw, on one line; nothing for a rule without conditions.</summary>
internal static class ConditionLine
{
    public static string? Of(Explained explained, RewardRule terms)
    {
        var (limits, conditions) = (terms.Limits, terms.Conditions);
        string? line = null;
        if (limits.DaysAfterApproved is { } days)
            line = And(line, $"it occurred at {explained.OccurredAt:u}, within {days} days of approval at {explained.ApprovedAt:u}");
        if (limits.EventFrom is not null || limits.EventTo is not null)
            line = And(line, $"it occurred at {explained.OccurredAt:u}, within the event dates {Dates(limits.EventFrom, limits.EventTo)}");
        if (terms.GrantedOnly) line = And(line, "the referrer was granted this rule");
        if (terms.Trigger == Trigger.FirstAction) line = And(line, "it is the referee's first sale above zero");
        if (conditions.ReferrerTags != TagCondition.All) line = And(line, Tags("referrer", conditions.ReferrerTags, explained.Seen.Tags?.Referrer ?? 0));
        if (conditions.RefereeTags != TagCondition.All) line = And(line, Tags("referee", conditions.RefereeTags, explained.Seen.Tags?.Referee ?? 0));
        if (conditions.ReferrerNamed is { } ofReferrer) line = And(line, Named("referrer", ofReferrer, explained.Seen.Tags?.ReferrerNamed));
        if (conditions.RefereeNamed is { } ofReferee) line = And(line, Named("referee", ofReferee, explained.Seen.Tags?.RefereeNamed));
        if (conditions.MinAmountExclusiveMinor is { } threshold)
            line = And(line, $"the {explained.BaseName} {explained.Spent(explained.BaseMinor ?? 0)} exceeds {explained.Spent(threshold)}");
        if (explained.Seen.Product is { } product) line = And(line, $"product {product} is one that the rule rewards");
        if (conditions.ExcludedProductIds is not null) line = And(line, "not all of its products are excluded");
        foreach (var attribute in conditions.Attributes ?? [])
            line = And(line, $"its {attribute.Key} is {explained.Action.Action.Detail?.Attribute(attribute.Key)}");
        if (terms.Exclusive is { } group) line = And(line, $"no rule before it in the group {group.Group} decided");
        if (explained.Tier is { } tier)
            line = And(line, $"the referrer's tally {Measure(explained, tier.By, explained.Seen.Tally ?? 0)} is in tier {explained.Seen.Tier}, {Range(explained, tier)}");
        return line is null ? null : $"Conditions met: {line}.";
    }

    public static string Measure(Explained explained, TierBy by, long measure) =>
        by == TierBy.Value ? explained.Spent(measure).ToString() : measure == 1 ? "1 referral" : $"{measure} referrals";

    /// <summary>An inclusive start and, because it is the first instant outside, an exclusive end.</summary>
    public static string Dates(DateTimeOffset? from, DateTimeOffset? to) => (from, to) switch
    {
        ({ } first, { } end) => $"from {first.UtcDateTime:u} until before {end.UtcDateTime:u}",
        ({ } first, null) => $"from {first.UtcDateTime:u} on",
        (null, { } end) => $"until before {end.UtcDateTime:u}",
        _ => "without limit",
    };

    private static string Range(Explained explained, Tier tier) =>
        tier.Max is { } max
            ? $"{Measure(explained, tier.By, tier.Min)} to {Measure(explained, tier.By, max)}"
            : $"{Measure(explained, tier.By, tier.Min)} and more";

    private static string Tags(string side, TagCondition condition, int tags) => condition == TagCondition.Any
        ? $"the {side} has {tags} {(tags == 1 ? "tag" : "tags")}, at least one being needed"
        : $"the {side} has no tags, none being allowed";

    private static string Named(string side, NamedTags named, string? tag) => named.AnyOf.IsEmpty
        ? $"the {side} has no tag that is ruled out"
        : $"the {side} has the tag {tag}";

    private static string And(string? line, string condition) => line is null ? condition : $"{line}; {condition}";
}
