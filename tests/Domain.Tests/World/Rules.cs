using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Tests.World;

/// <summary>Reward rules in the words of a test: <c>Percent(10_00).UpTo(95_00).Held(30)</c>.</summary>
public static class Rules
{
    public static readonly Asset Gbp = Asset.Cash("GBP");

    public static RewardRule Percent(int basisPoints) => Rule(new("cash", Gbp, RewardType.Percent, BasisPoints: basisPoints));

    public static RewardRule Fixed(long minor) => Rule(new("cash", Gbp, RewardType.Fixed, AmountMinor: minor));

    public static RewardRule Points(long points, long perMinor) =>
        Rule(new("points", Asset.Points, RewardType.PerAmount, Points: points, PerMinor: perMinor));

    /// <summary>Pays each action by the tier that it falls in; the tiers carry the values.</summary>
    public static RewardRule Tiered(params Tier[] tiers) => Percent(0) with { Tiers = [.. tiers] };

    /// <summary>Pays each tier once per referrer.</summary>
    public static RewardRule TierReached(params Tier[] tiers) => Fixed(0) with { Trigger = Trigger.TierReached, Tiers = [.. tiers] };

    public static Tier Spent(long min, long? max, long pays) => new(TierBy.Value, min, max, AmountMinor: pays);

    public static Tier SpentShare(long min, long? max, int basisPoints) => new(TierBy.Value, min, max, BasisPoints: basisPoints);

    public static Tier Referees(long min, long? max, long pays) => new(TierBy.Count, min, max, AmountMinor: pays);

    public static RewardRule OfConversion(this RewardRule rule) => rule with { Reward = rule.Reward with { Of = RewardBase.ConversionValue } };

    public static RewardRule Giving(this RewardRule rule, string kind, Asset asset) => rule with { Reward = rule.Reward with { Kind = kind, Asset = asset } };

    public static RewardRule UpTo(this RewardRule rule, long minor) => rule with { Limits = rule.Limits with { MaxAmountMinor = minor } };

    public static RewardRule OrNothing(this RewardRule rule) => rule with { Limits = rule.Limits with { CapMode = CapMode.Drop } };

    public static RewardRule Times(this RewardRule rule, int count) => rule with { Limits = rule.Limits with { MaxCount = count } };

    public static RewardRule Within(this RewardRule rule, int days) => rule with { Limits = rule.Limits with { DaysAfterApproved = days } };

    public static RewardRule Between(this RewardRule rule, DateTimeOffset? from, DateTimeOffset? to) =>
        rule with { Limits = rule.Limits with { EventFrom = from, EventTo = to } };

    public static RewardRule Over(this RewardRule rule, long minor) =>
        rule with { Conditions = rule.Conditions with { MinAmountExclusiveMinor = minor } };

    public static RewardRule For(this RewardRule rule, params string[] products) =>
        rule with { Conditions = rule.Conditions with { ProductIds = [.. products] } };

    public static RewardRule Without(this RewardRule rule, params string[] products) =>
        rule with { Conditions = rule.Conditions with { ExcludedProductIds = [.. products] } };

    public static RewardRule WhereReferrerHas(this RewardRule rule, string[] anyOf, params string[] noneOf) =>
        rule with { Conditions = rule.Conditions with { ReferrerNamed = new([.. anyOf], [.. noneOf]) } };

    public static RewardRule WhereRefereeHas(this RewardRule rule, string[] anyOf, params string[] noneOf) =>
        rule with { Conditions = rule.Conditions with { RefereeNamed = new([.. anyOf], [.. noneOf]) } };

    public static RewardRule WhereAction(this RewardRule rule, string key, params string[] values) =>
        rule with { Conditions = rule.Conditions with { Attributes = [.. rule.Conditions.Attributes ?? [], new(key, [.. values])] } };

    public static RewardRule In(this RewardRule rule, string group, int priority) => rule with { Exclusive = new(group, priority) };

    public static RewardRule Stepping(this RewardRule rule, params Step[] steps) => rule with { Steps = [.. steps] };

    public static Step UntilCount(int? count, int basisPoints) => new(count, null, BasisPoints: basisPoints);

    public static Step UntilMonths(int? months, int basisPoints) => new(null, months, BasisPoints: basisPoints);

    /// <summary>The approval is rewarded, not an action.</summary>
    public static RewardRule OnApproval(this RewardRule rule) => rule with { Trigger = Trigger.ReferralApproved };

    public static RewardRule Monthly(this RewardRule rule, int times, int every = 1) => rule with { Trigger = Trigger.Interval, Schedule = new(every, times) };

    public static RewardRule ForEvery(this RewardRule rule, int n) => rule with { Trigger = Trigger.EveryNReferrals, EveryN = n };

    /// <summary>Only the referee's first sale above zero.</summary>
    public static RewardRule First(this RewardRule rule) => rule with { Trigger = Trigger.FirstAction };

    public static RewardRule WhereReferrer(this RewardRule rule, TagCondition tags) =>
        rule with { Conditions = rule.Conditions with { ReferrerTags = tags } };

    public static RewardRule WhereReferee(this RewardRule rule, TagCondition tags) =>
        rule with { Conditions = rule.Conditions with { RefereeTags = tags } };

    public static RewardRule Granted(this RewardRule rule) => rule with { GrantedOnly = true };

    public static RewardRule Held(this RewardRule rule, int days) => rule with { Hold = new(HoldMode.Days, days) };

    public static RewardRule HeldFromOccurred(this RewardRule rule, int days) => rule with { Hold = new(HoldMode.Days, days, FromOccurred: true) };

    public static RewardRule HeldForCustomer(this RewardRule rule, int days) => rule with { Hold = new(HoldMode.DaysThenActiveCustomer, days) };

    public static RewardRule HeldForReview(this RewardRule rule, int days = 0) => rule with { Hold = new(HoldMode.Manual, days) };

    /// <summary>Waits for others of its referrer until their sum reaches an amount.</summary>
    public static RewardRule Grouped(this RewardRule rule, long minor) => rule with { Hold = new(HoldMode.Group, AmountMinor: minor) };

    private static RewardRule Rule(RewardTerms reward) =>
        new("rule", Trigger.RecurringAction, reward, Limits.None, Conditions.None, [], Hold.None);
}
