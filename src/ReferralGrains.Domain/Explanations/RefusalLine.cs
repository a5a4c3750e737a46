using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.Explanations;

/// <summary>The one refusal of a decision, with the values that made it.</summary>
internal static class RefusalLine
{
    private const int NamesShown = 3;

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
            DecisionCode.NotFirst when explained.Action.Action.AmountMinor is null or 0 => "Only a sale above zero can be the referee's first.",
            DecisionCode.ReferrerNotEligible => "The rule is for referrers to whom it was granted, and this one was not.",
            DecisionCode.ReferrerTag => Tags("referrer", conditions.ReferrerTags, conditions.ReferrerNamed, seen.Tags?.Referrer ?? 0, seen.Tags?.ReferrerNamed),
            DecisionCode.RefereeTag => Tags("referee", conditions.RefereeTags, conditions.RefereeNamed, seen.Tags?.Referee ?? 0, seen.Tags?.RefereeNamed),
            DecisionCode.BelowThreshold when explained.BaseMinor is { } value =>
                $"The {explained.BaseName} {explained.Spent(value)} does not exceed the threshold of {explained.Spent(conditions.MinAmountExclusiveMinor ?? 0)}.",
            DecisionCode.BelowThreshold =>
                $"There is no {explained.BaseName}, and it has to exceed {explained.Spent(conditions.MinAmountExclusiveMinor ?? 0)}.",
            DecisionCode.Product when conditions.ProductIds.IsEmpty => "All of the action's products are excluded from the rule.",
            DecisionCode.Product => $"None of the action's products is one that the rule rewards: {Several(conditions.ProductIds)}.",
            DecisionCode.Attributes => Attributes(explained.Action.Action, conditions.Attributes ?? []),
            DecisionCode.NoTier => $"No tier holds the referrer's tally of {Tally(explained, terms)}.",
            DecisionCode.TierPaid => $"The tier that holds the referrer's tally of {Tally(explained, terms)} was paid before, and each is paid once.",
            DecisionCode.OtherRuleDecided => OtherRule(explained, terms),
            DecisionCode.AmountMissing => $"There is no {explained.BaseName} to compute the reward from, so it is zero.",
            DecisionCode.CountCap => $"The enrollment has had {seen.CountBefore} of at most {limits.MaxCount} rewards.",
            DecisionCode.AmountCap => AmountCap(explained, limits),
            DecisionCode.ReferrerBudget when seen.Further?.Budget is { } budget => Budget(explained, budget, "for one referrer"),
            DecisionCode.ProgramBudget when seen.Further?.Budget is { } budget => Budget(explained, budget, "for all referrers"),
            DecisionCode.ZeroReward => $"{RewardLines.Value(explained, terms)} Zero is no reward.",
            _ => DecisionTexts.Of(decision.Code),
        };
    }

    // State of the rule, not terms (D17): the dates may have been changed since.
    private static string Inactive(RuleState state) =>
        $"The rule was outside its active dates when the action was taken in; today they are {ConditionLine.Dates(state.From, state.To)}.";

    private static string Tags(string side, TagCondition condition, NamedTags? named, int tags, string? tag) => (condition, named) switch
    {
        (_, { } names) when tag is not null && names.NoneOf.Contains(tag) => $"The {side} has the tag {tag}, which the rule rules out.",
        (_, { AnyOf.IsEmpty: false } names) => $"The {side} has none of the tags {Several(names.AnyOf)}.",
        (TagCondition.Any, _) => $"The {side} has no tags, and the rule needs at least one.",
        _ => $"The {side} has {tags} {(tags == 1 ? "tag" : "tags")}, and the rule is for those without any.",
    };

    private static string Several(ImmutableArray<string> names) => names.Length <= NamesShown
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.AsSpan(0, NamesShown)!)} and {names.Length - NamesShown} more";

    private static string Attributes(ReferralAction action, ImmutableArray<AttributeCondition> conditions)
    {
        foreach (var condition in conditions)
        {
            var value = action.Detail?.Attribute(condition.Key);
            if (value is null) return $"The action does not say its {condition.Key}, which has to be {Several(condition.Values)}.";
            if (!condition.Values.Contains(value)) return $"The action's {condition.Key} is {value}, and the rule is for {Several(condition.Values)}.";
        }

        return DecisionTexts.Of(DecisionCode.Attributes);
    }

    private static string Tally(Explained explained, RewardRule terms) => ConditionLine.Measure(explained, terms.Tiers[0].By, explained.Seen.Tally ?? 0);

    private static string OtherRule(Explained explained, RewardRule terms)
    {
        foreach (var other in explained.Action.Decisions)
            if (other.Enrollment == explained.Seen.Further?.DecidedBy)
                return $"Rule {explained.Program.Rule(other.Rule).Id} goes before it in the group {terms.Exclusive?.Group} and decided.";
        return DecisionTexts.Of(DecisionCode.OtherRuleDecided);
    }

    private static string Budget(Explained explained, SeenBudget budget, string of)
    {
        var (value, amount, left) = (explained.Given(explained.Seen.ValueMinor), explained.Given(budget.AmountMinor), budget.AmountMinor - budget.UsedMinor);
        return left <= 0
            ? $"Of the rule's budget of {amount} {of} in {RewardLines.MonthOf(budget)}, {explained.Given(budget.UsedMinor)} were used: nothing was left for {value}."
            : $"{value} do not fit in the {explained.Given(left)} left of the rule's budget of {amount} {of} in {RewardLines.MonthOf(budget)}, and the rule pays all or nothing.";
    }

    private static string AmountCap(Explained explained, Limits limits)
    {
        var (cap, before) = (limits.MaxAmountMinor ?? 0, explained.Seen.NetBefore);
        return before >= cap
            ? $"Net {explained.Given(before)} of at most {explained.Given(cap)} had been earned: nothing was left for {explained.Given(explained.Seen.ValueMinor)}."
            : $"{explained.Given(explained.Seen.ValueMinor)} do not fit in the {explained.Given(cap - before)} left of {explained.Given(cap)}, and the rule pays all or nothing.";
    }
}
