using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Explanations;

/// <summary>The one refusal of a decision, with the values that made it.</summary>
internal static class RefusalLine
{
    private const int ProductsShown = 3;

    public static string Of(Explained explained)
    {
        var (decision, terms) = (explained.Decision, explained.Terms);
        if (terms is null) return DecisionTexts.Of(decision.Code);
        var (limits, conditions, seen) = (terms.Limits, terms.Conditions, explained.Seen);
        return decision.Code switch
        {
            DecisionCode.RuleInactive => Inactive(explained.Program.Rule(decision.Rule).State),
            DecisionCode.CurrencyMismatch => $"The action is in {explained.Action.Action.Currency}, the program in {explained.Program.Currency}.",
            DecisionCode.BeforeApproval => $"It occurred at {explained.OccurredAt:u}, before the referral was approved at {explained.ApprovedAt:u}.",
            DecisionCode.WindowClosed =>
                $"It occurred at {explained.OccurredAt:u}; the {limits.DaysAfterApproved} days from approval at {explained.ApprovedAt:u} were over at {explained.ApprovedAt + TimeSpan.FromDays(limits.DaysAfterApproved ?? 0):u}.",
            DecisionCode.OutsideEventRange =>
                $"It occurred at {explained.OccurredAt:u}, outside the event dates {ConditionLine.Dates(limits.EventFrom, limits.EventTo)}.",
            DecisionCode.ReferrerNotEligible => terms.GrantedOnly
                ? "The rule is for referrers to whom it was granted, and this one was not, or is closed."
                : "The referrer is closed, so nothing accrues any more.",
            DecisionCode.ReferrerTag => Tags("referrer", conditions.ReferrerTags, seen.Tags?.Referrer ?? 0),
            DecisionCode.RefereeTag => Tags("referee", conditions.RefereeTags, seen.Tags?.Referee ?? 0),
            DecisionCode.BelowThreshold when explained.BaseMinor is { } value =>
                $"The {explained.BaseName} {explained.Spent(value)} does not exceed the threshold of {explained.Spent(conditions.MinAmountExclusiveMinor ?? 0)}.",
            DecisionCode.BelowThreshold =>
                $"There is no {explained.BaseName}, and it has to exceed {explained.Spent(conditions.MinAmountExclusiveMinor ?? 0)}.",
            DecisionCode.Product => $"None of the action's products is one that the rule rewards: {Products(conditions.ProductIds)}.",
            DecisionCode.NoTier => NoTier(explained, terms),
            DecisionCode.AmountMissing => $"There is no {explained.BaseName} to compute the reward from, so it is zero.",
            DecisionCode.CountCap => $"The enrollment has had {seen.CountBefore} of at most {limits.MaxCount} rewards.",
            DecisionCode.AmountCap => AmountCap(explained, limits),
            DecisionCode.ZeroReward => $"{RewardLines.Value(explained, terms)} Zero is no reward.",
            _ => DecisionTexts.Of(decision.Code),
        };
    }

    // State of the rule, not terms (D17): the dates may have been changed since.
    private static string Inactive(RuleState state) =>
        $"The rule was outside its active dates when the action was taken in; today they are {ConditionLine.Dates(state.From, state.To)}.";

    private static string Tags(string side, TagCondition condition, int tags) => condition == TagCondition.Any
        ? $"The {side} has no tags, and the rule needs at least one."
        : $"The {side} has {tags} {(tags == 1 ? "tag" : "tags")}, and the rule is for those without any.";

    private static string Products(ImmutableArray<string> products) => products.Length <= ProductsShown
        ? string.Join(", ", products)
        : $"{string.Join(", ", products.AsSpan(0, ProductsShown)!)} and {products.Length - ProductsShown} more";

    private static string NoTier(Explained explained, RewardRule terms)
    {
        foreach (var tier in terms.Tiers)
            if (explained.Seen.Tally is { } tally && tier.By == terms.Tiers[0].By && tier.Holds(tally))
                return $"The tier that holds the referrer's tally of {ConditionLine.Measure(explained, tier.By, tally)} was paid before, and each is paid once.";
        return $"No tier holds the referrer's tally of {ConditionLine.Measure(explained, terms.Tiers[0].By, explained.Seen.Tally ?? 0)}.";
    }

    private static string AmountCap(Explained explained, Limits limits)
    {
        var (cap, before) = (limits.MaxAmountMinor ?? 0, explained.Seen.NetBefore);
        return before >= cap
            ? $"Net {explained.Given(before)} of at most {explained.Given(cap)} had been earned: nothing was left for {explained.Given(explained.Seen.ValueMinor)}."
            : $"{explained.Given(explained.Seen.ValueMinor)} do not fit in the {explained.Given(cap - before)} left of {explained.Given(cap)}, and the rule pays all or nothing.";
    }
}
