using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Gateway.Json;

namespace ReferralGrains.Gateway.Programs;

/// <summary>From terms back to the words of the outside. What it writes parses to the same terms.</summary>
internal static class RuleWriter
{
    public static RuleAnswer Answer(ProgramTerms program, Rule rule, bool duplicate = false)
    {
        var (version, terms) = (rule.Latest.Number, rule.Latest.Terms);
        return new(
            rule.Id,
            program.Id,
            version,
            terms.Name,
            RuleWords.Triggers.Of(terms.Trigger),
            Reward(terms.Reward),
            Limits(terms.Limits),
            Conditions(terms.Conditions),
            Tiers(terms.Tiers),
            Hold(terms.Hold),
            RuleWords.Eligibilities.Of(terms.GrantedOnly),
            new(Shown(rule.State.From), Shown(rule.State.To)),
            rule.State.Enabled,
            terms.EveryN == 0 ? null : terms.EveryN,
            terms.Schedule?.EveryMonths,
            terms.Schedule?.Times,
            Steps(terms.Steps),
            terms.Exclusive is { } exclusive ? new(exclusive.Group, exclusive.Priority) : null,
            rule.State.Budget is { } budget ? new(RuleWords.Owners.Of(budget.Per), budget.AmountMinor, "month") : null,
            duplicate ? true : null);
    }

    public static RewardBody Reward(RewardTerms reward)
    {
        var item = reward.Asset.Name.Split(':', 2) is ["service" or "coupon" or "item", var id] ? new CallerId(id) : (CallerId?)null;
        return new(
            reward.Kind,
            RuleWords.Types.Of(reward.Type),
            reward.BasisPoints == 0 ? null : reward.BasisPoints,
            reward.AmountMinor == 0 ? null : reward.AmountMinor,
            reward.Points == 0 ? null : reward.Points,
            reward.PerMinor == 0 ? null : reward.PerMinor,
            RuleWords.Bases.Of(reward.Of),
            item);
    }

    public static LimitsBody Limits(Limits limits) => new(
        limits.MaxCount,
        limits.MaxAmountMinor,
        RuleWords.CapModes.Of(limits.CapMode),
        limits.DaysAfterApproved,
        Shown(limits.EventFrom),
        Shown(limits.EventTo));

    public static ConditionsBody Conditions(Conditions conditions) => new(
        conditions.MinAmountExclusiveMinor,
        conditions.ProductIds,
        Tags(conditions.ReferrerTags, conditions.ReferrerNamed),
        Tags(conditions.RefereeTags, conditions.RefereeNamed),
        conditions.ExcludedProductIds,
        conditions.Attributes?.ToImmutableDictionary(attribute => attribute.Key, attribute => attribute.Values));

    public static HoldBody Hold(Hold hold) => new(
        RuleWords.Holds.Of(hold.Mode),
        hold.Mode is HoldMode.None or HoldMode.Group ? null : hold.Days,
        hold.Mode is HoldMode.None or HoldMode.Group ? null : RuleWords.HoldStarts.Of(hold.FromOccurred),
        hold.Mode == HoldMode.Group ? hold.AmountMinor : null);

    public static ImmutableArray<TierBody> Tiers(ImmutableArray<Tier> tiers) => [.. tiers.Select(Tier)];

    private static TagsBody Tags(TagCondition condition, NamedTags? named) =>
        named is null ? new(RuleWords.Tags.Of(condition)) : new(null, new(named.AnyOf, named.NoneOf));

    public static ImmutableArray<StepBody>? Steps(ImmutableArray<Step>? steps) => steps is not { } given ? null :
    [
        .. given.Select(step => new StepBody(
            step.UntilCount, step.UntilMonths, step.BasisPoints == 0 ? null : step.BasisPoints, step.AmountMinor == 0 ? null : step.AmountMinor)),
    ];

    private static TierBody Tier(Tier tier)
    {
        var value = tier.By == TierBy.Value;
        return new(
            RuleWords.Measures.Of(tier.By),
            value ? tier.Min : null,
            value ? tier.Max : null,
            value ? null : tier.Min,
            value ? null : tier.Max,
            tier.BasisPoints == 0 ? null : tier.BasisPoints,
            tier.AmountMinor == 0 ? null : tier.AmountMinor);
    }

    // An instant, also where a date was sent: what a date meant must not change when the program's zone does.
    private static string? Shown(DateTimeOffset? instant) => instant is { } known ? Instant.Format(known) : null;
}

internal static class RuleWords
{
    public static readonly Words<Trigger> Triggers = new(
        ("recurring_action", Trigger.RecurringAction), ("first_action", Trigger.FirstAction), ("tier_reached", Trigger.TierReached),
        ("referral_approved", Trigger.ReferralApproved), ("interval", Trigger.Interval), ("every_n_referrals", Trigger.EveryNReferrals));

    public static readonly Words<RewardType> Types = new(("percent", RewardType.Percent), ("fixed", RewardType.Fixed), ("per_amount", RewardType.PerAmount));

    public static readonly Words<RewardBase> Bases = new(("transaction", RewardBase.Transaction), ("conversion_value", RewardBase.ConversionValue));

    public static readonly Words<CapMode> CapModes = new(("clamp", CapMode.Clamp), ("drop", CapMode.Drop));

    public static readonly Words<TagCondition> Tags = new(("ALL", TagCondition.All), ("ANY", TagCondition.Any), ("NONE", TagCondition.None));

    public static readonly Words<TierBy> Measures = new(("value", TierBy.Value), ("count", TierBy.Count));

    public static readonly Words<bool> Eligibilities = new(("everyone", false), ("granted", true));

    public static readonly Words<bool> HoldStarts = new(("unlocked", false), ("occurred_at", true));

    public static readonly Words<HoldMode> Holds = new(("none", HoldMode.None), ("days", HoldMode.Days), ("manual", HoldMode.Manual),
        ("days_then_active_customer", HoldMode.DaysThenActiveCustomer), ("group", HoldMode.Group));

    public static readonly Words<BudgetPer> Owners = new(("referrer", BudgetPer.Referrer), ("program", BudgetPer.Program));
}
