using System.Collections.Immutable;
using System.Diagnostics;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// Decides what one enrollment makes of one sale: a ladder of refusals in the promised order (D20), then one straight path to the
/// reward. This is where a rule is decided.
/// </summary>
public static class EnrollmentDecider
{
    /// <summary>Adds one decision, or one for each tier that holds the tally (D7).</summary>
    public static void Decide(
        Referral referral, Enrollment enrollment, ReferralAction sale, DecisionFacts facts, ImmutableArray<RuleDecision>.Builder decisions)
    {
        var rule = facts.Program.Rule(enrollment.Rule);
        var pinned = rule.Versions[enrollment.Version - 1].Terms;
        var terms = enrollment.Adjustment?.Over(pinned) ?? pinned;
        var seen = new RuleDecision(
            enrollment.Number, enrollment.Rule, enrollment.Version, DecisionCode.Rewarded,
            NetBefore: enrollment.NetMinor,
            CountBefore: enrollment.Count,
            AdjustedBy: enrollment.AdjustedBy,
            Product: MatchedProduct(terms.Conditions, sale),
            Tags: SeenTags(terms.Conditions, referral, facts),
            Tally: terms.IsTiered ? facts.Tally!.Measure(terms.Tiers[0].By) : null,
            BaseMinor: terms.Reward.Of == RewardBase.ConversionValue ? referral.ConversionValueMinor : null);

        if (Refuse(referral, enrollment, rule.State, rule.Number, terms, sale, facts, seen) is { } code) decisions.Add(seen with { Code = code });
        else if (!terms.IsTiered) decisions.Add(Reward(enrollment, terms, sale, facts, seen, null));
        else AddTiers(enrollment, terms, sale, facts, seen, decisions);
    }

    private static DecisionCode? Refuse(
        Referral referral, Enrollment enrollment, RuleState state, int rule, RewardRule terms, ReferralAction sale, DecisionFacts facts, RuleDecision seen)
    {
        var (limits, conditions) = (terms.Limits, terms.Conditions);
        if (referral.Status == ReferralStatus.Cancelled) return DecisionCode.ReferralCancelled;
        if (enrollment.Disabled) return DecisionCode.EnrollmentDisabled;
        if (!state.Enabled) return DecisionCode.RuleDisabled;
        if (!state.IsActiveAt(facts.Now)) return DecisionCode.RuleInactive;
        if ((sale.Currency ?? facts.Program.Currency) != facts.Program.Currency) return DecisionCode.CurrencyMismatch;
        if (sale.OccurredAt < referral.ApprovedAt) return DecisionCode.BeforeApproval;
        if (limits.DaysAfterApproved is { } days && sale.OccurredAt - referral.ApprovedAt >= TimeSpan.FromDays(days)) return DecisionCode.WindowClosed;
        if (sale.OccurredAt < limits.EventFrom || sale.OccurredAt >= limits.EventTo) return DecisionCode.OutsideEventRange;
        if (facts.Referrer!.Closed || (terms.GrantedOnly && !facts.Referrer.IsGranted(facts.Program.Stream, rule)))
            return DecisionCode.ReferrerNotEligible;
        if (!Passes(conditions.ReferrerTags, facts.Referrer.Tags.Length)) return DecisionCode.ReferrerTag;
        if (!Passes(conditions.RefereeTags, referral.Tags.Length)) return DecisionCode.RefereeTag;
        if (conditions.MinAmountExclusiveMinor is { } threshold && (Base(terms, sale, seen) ?? 0) <= threshold) return DecisionCode.BelowThreshold;
        if (conditions.ProductIds.Length > 0 && seen.Product is null) return DecisionCode.Product;
        return null;
    }

    // A tier that holds the tally; a bound that two tiers share gives two decisions in tier order, each counted and capped (D7).
    private static void AddTiers(
        Enrollment enrollment, RewardRule terms, ReferralAction sale, DecisionFacts facts, RuleDecision seen, ImmutableArray<RuleDecision>.Builder decisions)
    {
        var before = decisions.Count;
        for (var i = 0; i < terms.Tiers.Length; i++)
        {
            var tier = terms.Tiers[i];
            if (!tier.Holds(facts.Tally!.Measure(tier.By))) continue;
            if (terms.Trigger == Trigger.TierReached && facts.Tally.Paid.Contains(new(enrollment.Rule, i + 1))) continue;
            var decision = Reward(enrollment, terms, sale, facts, seen with { Tier = i + 1, Tally = facts.Tally.Measure(tier.By) }, tier);
            decisions.Add(decision);
            if (decision.Minor == 0) continue;
            enrollment = enrollment with { NetMinor = enrollment.NetMinor + decision.Minor, Count = enrollment.Count + 1 };
            seen = seen with { NetBefore = enrollment.NetMinor, CountBefore = enrollment.Count };
        }

        if (decisions.Count == before) decisions.Add(seen with { Code = DecisionCode.NoTier });
    }

    private static RuleDecision Reward(
        Enrollment enrollment, RewardRule terms, ReferralAction sale, DecisionFacts facts, RuleDecision seen, Tier? tier)
    {
        var of = Base(terms, sale, seen);
        var type = terms.Reward.TypeIn(tier);
        if (of is null && type != RewardType.Fixed) return seen with { Code = DecisionCode.AmountMissing };
        var value = Value(terms.Reward, type, tier, of ?? 0);
        seen = seen with { ValueMinor = value };
        var limits = terms.Limits;
        if (enrollment.Count >= limits.MaxCount) return seen with { Code = DecisionCode.CountCap };
        var room = limits.MaxAmountMinor - enrollment.NetMinor ?? long.MaxValue;
        if (room <= 0 || (value > room && limits.CapMode == CapMode.Drop)) return seen with { Code = DecisionCode.AmountCap };
        if (value == 0) return seen with { Code = DecisionCode.ZeroReward };

        var releaseAt = ReleaseAt(terms.Hold, sale, facts.Now);
        return seen with
        {
            Asset = terms.Reward.Asset,
            Minor = Math.Min(value, room),
            ReleaseAt = releaseAt,
            ReleasesItself = terms.Hold.Mode == HoldMode.Days,
            Held = terms.Hold.Mode == HoldMode.Manual || releaseAt > facts.Now,
        };
    }

    private static long Value(RewardTerms reward, RewardType type, Tier? tier, long of) => type switch
    {
        RewardType.Percent => reward.RateIn(tier).Of(of),
        RewardType.Fixed => reward.FixedIn(tier),
        RewardType.PerAmount => Rounding.Down((Int128)of * reward.Points, reward.PerMinor),
        _ => throw new UnreachableException(),
    };

    private static long? Base(RewardRule terms, ReferralAction sale, RuleDecision seen) =>
        terms.Reward.Of == RewardBase.Transaction ? sale.AmountMinor : seen.BaseMinor;

    private static DateTimeOffset? ReleaseAt(Hold hold, ReferralAction sale, DateTimeOffset now) => hold switch
    {
        { Mode: HoldMode.None } or { Mode: HoldMode.Manual, Days: 0 } => null,
        { FromOccurred: true } => sale.OccurredAt + TimeSpan.FromDays(hold.Days),
        _ => now + TimeSpan.FromDays(hold.Days),
    };

    private static bool Passes(TagCondition condition, int tags) => condition switch
    {
        TagCondition.All => true,
        TagCondition.Any => tags > 0,
        TagCondition.None => tags == 0,
        _ => throw new UnreachableException(),
    };

    private static SeenTags? SeenTags(Conditions conditions, Referral referral, DecisionFacts facts) =>
        conditions is { ReferrerTags: TagCondition.All, RefereeTags: TagCondition.All }
            ? null
            : new(facts.Referrer?.Tags.Length ?? 0, referral.Tags.Length);

    private static string? MatchedProduct(Conditions conditions, ReferralAction sale)
    {
        foreach (var product in sale.ProductIds)
            if (conditions.ProductIds.Contains(product)) return product;
        return null;
    }
}
