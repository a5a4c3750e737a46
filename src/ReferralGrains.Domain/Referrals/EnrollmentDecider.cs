using System.Collections.Immutable;
using System.Diagnostics;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// Decides what one enrollment makes of one sale: a ladder of refusals in the promised order (D20), then one straight path to the
/// reward. This is where a rule is decided.
/// </summary>
public static partial class EnrollmentDecider
{
    /// <summary>Adds one decision, or one for each tier that holds the tally (D7).</summary>
    public static void Decide(
        Referral referral, Enrollment enrollment, ReferralAction sale, DecisionFacts facts, ImmutableArray<RuleDecision>.Builder decisions)
    {
        var rule = facts.Program.Rule(enrollment.Rule);
        var terms = Terms(enrollment, rule);
        if (!terms.Trigger.IsOfActions() && !Pinned(enrollment, rule).IsOfFirstSale) return;
        var seen = See(referral, enrollment, terms, sale, facts);
        if (Refuse(referral, enrollment, rule, terms, sale, facts, seen) is { } code) decisions.Add(seen with { Code = code });
        else if (terms.Exclusive is { } group && Decider(referral, group, sale, facts) is var decider && decider != enrollment.Number)
            decisions.Add(seen with { Code = DecisionCode.OtherRuleDecided, Further = (seen.Further ?? new()) with { DecidedBy = decider } });
        else if (terms.Trigger == Trigger.EveryNReferrals) decisions.Add(GatherSale(enrollment, terms, sale, facts, seen));
        else if (terms.Trigger == Trigger.Interval) return; // The schedule that it starts says so itself.
        else if (!terms.IsTiered) decisions.Add(Reward(enrollment, terms, sale, facts, seen, ValueOf(seen, terms)));
        else AddTiers(enrollment, terms, sale, facts, seen, decisions);
    }

    /// <summary>
    /// While a referral is flagged its rewards are pending, whatever the hold says (X9). What was to be payable at once is so when the flag
    /// is cleared; what was to be grouped then waits for a person.
    /// </summary>
    public static void HoldBack(Referral referral, DecisionFacts facts, ImmutableArray<RuleDecision>.Builder decisions)
    {
        if (!referral.IsFlagged) return;
        for (var i = 0; i < decisions.Count; i++)
        {
            if (decisions[i].Minor == 0) continue;
            if (!decisions[i].Held) decisions[i] = decisions[i] with { Held = true, ReleaseAt = facts.Now, ReleasesItself = true };
            else if (decisions[i].Further is { Group: > 0 } seen) decisions[i] = decisions[i] with { Further = seen with { Group = 0 } };
        }
    }

    private static RewardRule Terms(Enrollment enrollment, Rule rule)
    {
        var pinned = Pinned(enrollment, rule);
        return enrollment.Adjustment?.Over(pinned) ?? pinned;
    }

    private static RewardRule Pinned(Enrollment enrollment, Rule rule) => rule.Versions[enrollment.Version - 1].Terms;

    private static RuleDecision See(Referral referral, Enrollment enrollment, RewardRule terms, ReferralAction sale, DecisionFacts facts) => new(
        enrollment.Number, enrollment.Rule, enrollment.Version, DecisionCode.Rewarded,
        NetBefore: enrollment.NetMinor,
        CountBefore: enrollment.Count,
        AdjustedBy: enrollment.AdjustedBy,
        Product: RewardedProducts.Named(terms.Conditions, sale),
        Tags: SeenTags(terms.Conditions, referral, facts),
        Tally: terms.IsTiered ? facts.Tally!.Measure(terms.Tiers[0].By, terms.Trigger) : null,
        BaseMinor: terms.Reward.Of == RewardBase.ConversionValue ? referral.ConversionValueMinor : null,
        Further: Further(referral, enrollment, terms, sale, facts));

    private static DecisionCode? Refuse(
        Referral referral, Enrollment enrollment, Rule rule, RewardRule terms, ReferralAction sale, DecisionFacts facts, RuleDecision seen)
    {
        var (limits, conditions, referrer) = (terms.Limits, terms.Conditions, facts.Referrer!);
        if (referral.Status == ReferralStatus.Cancelled) return DecisionCode.ReferralCancelled;
        if (referrer.Closed) return DecisionCode.ReferrerClosed;
        if (enrollment.Disabled) return DecisionCode.EnrollmentDisabled;
        if (!rule.State.Enabled) return DecisionCode.RuleDisabled;
        if (!rule.State.IsActiveAt(facts.Now)) return DecisionCode.RuleInactive;
        if ((sale.Currency ?? facts.Program.Currency) != facts.Program.Currency) return DecisionCode.CurrencyMismatch;
        if (referral.Precedes(sale)) return DecisionCode.BeforeApproval;
        if (limits.DaysAfterApproved is { } days && sale.OccurredAt - referral.ApprovedAt >= TimeSpan.FromDays(days)) return DecisionCode.WindowClosed;
        if (sale.OccurredAt < limits.EventFrom || sale.OccurredAt >= limits.EventTo) return DecisionCode.OutsideEventRange;
        var ofFirst = terms.Trigger == Trigger.FirstAction || (IsSale(sale) && Pinned(enrollment, rule).IsOfFirstSale);
        if (ofFirst && (referral.Sold || sale.AmountMinor is null or 0)) return DecisionCode.NotFirst;
        if (terms.GrantedOnly && !referrer.IsGranted(facts.Program.Stream, rule.Number)) return DecisionCode.ReferrerNotEligible;
        if (!Passes(conditions.ReferrerTags, conditions.ReferrerNamed, referrer.Tags)) return DecisionCode.ReferrerTag;
        if (!Passes(conditions.RefereeTags, conditions.RefereeNamed, referral.Tags)) return DecisionCode.RefereeTag;
        if (conditions.MinAmountExclusiveMinor is { } threshold && (Whole(terms, sale, seen) ?? 0) <= threshold) return DecisionCode.BelowThreshold;
        if (RewardedProducts.Refuse(conditions, sale, seen)) return DecisionCode.Product;
        if (conditions.Attributes is { } attributes && !Meets(attributes, sale)) return DecisionCode.Attributes;
        return terms.IsTiered ? RefuseTiers(terms, enrollment.Rule, facts) : null;
    }

    private static DecisionCode? RefuseTiers(RewardRule terms, int rule, DecisionFacts facts)
    {
        var code = DecisionCode.NoTier;
        for (var i = 0; i < terms.Tiers.Length; i++)
        {
            if (!terms.Tiers[i].Holds(facts.Tally!.Measure(terms.Tiers[i].By, terms.Trigger))) continue;
            if (!IsPaid(terms, rule, i + 1, facts)) return null;
            code = DecisionCode.TierPaid;
        }

        return code;
    }

    // The first of the group, in order of priority, that is not refused: for all of them the same, whichever asks (X4).
    private static int Decider(Referral referral, ExclusiveGroup group, ReferralAction sale, DecisionFacts facts)
    {
        (int Priority, int Rule, int Enrollment) first = (int.MaxValue, int.MaxValue, 0);
        foreach (var enrollment in referral.Enrollments)
        {
            if (enrollment.Deleted) continue;
            var rule = facts.Program.Rule(enrollment.Rule);
            var terms = Terms(enrollment, rule);
            if (terms.Exclusive?.Group != group.Group) continue;
            if ((terms.Exclusive.Priority, rule.Number).CompareTo((first.Priority, first.Rule)) > 0) continue;
            if (Refuse(referral, enrollment, rule, terms, sale, facts, See(referral, enrollment, terms, sale, facts)) is null)
                first = (terms.Exclusive.Priority, rule.Number, enrollment.Number);
        }

        return first.Enrollment;
    }

    // A tier that holds the tally; a bound that two tiers share gives two decisions in tier order, each counted and capped (D7).
    private static void AddTiers(
        Enrollment enrollment, RewardRule terms, ReferralAction sale, DecisionFacts facts, RuleDecision seen, ImmutableArray<RuleDecision>.Builder decisions)
    {
        for (var i = 0; i < terms.Tiers.Length; i++)
        {
            var tier = terms.Tiers[i];
            if (!tier.Holds(facts.Tally!.Measure(tier.By, terms.Trigger)) || IsPaid(terms, enrollment.Rule, i + 1, facts)) continue;
            var decision = Reward(enrollment, terms, sale, facts, seen with { Tier = i + 1, Tally = facts.Tally.Measure(tier.By, terms.Trigger) }, tier.Value);
            decisions.Add(decision);
            if (decision.Minor == 0) continue;
            enrollment = enrollment with { NetMinor = enrollment.NetMinor + decision.Minor, Count = enrollment.Count + 1 };
            if (decision.Further?.Budget is { } used) facts = facts.Using(facts.Program.Rule(enrollment.Rule).State.Budget!, enrollment.Rule, used.Month, facts.Referrer!.Stream, decision.Minor);
            seen = seen with { NetBefore = enrollment.NetMinor, CountBefore = enrollment.Count };
        }
    }

    private static bool IsPaid(RewardRule terms, int rule, int tier, DecisionFacts facts) =>
        terms.Trigger == Trigger.TierReached && facts.Tally!.Paid.Contains(new(rule, tier));

    private static RuleDecision Reward(
        Enrollment enrollment, RewardRule terms, ReferralAction sale, DecisionFacts facts, RuleDecision seen, OwnValue own, EarningBase? gathered = null)
    {
        var of = gathered ?? Base(terms, sale, seen);
        var type = terms.Reward.TypeIn(own);
        if (of is null && type != RewardType.Fixed) return seen with { Code = DecisionCode.AmountMissing };
        var value = Value(terms.Reward, type, own, of ?? EarningBase.Whole(0));
        if (value == 0) return Refused(DecisionCode.ZeroReward);
        var limits = terms.Limits;
        if (enrollment.Count >= limits.MaxCount) return Refused(DecisionCode.CountCap);
        var room = limits.MaxAmountMinor - enrollment.NetMinor ?? long.MaxValue;
        if (room <= 0 || (value > room && limits.CapMode == CapMode.Drop)) return Refused(DecisionCode.AmountCap);
        var minor = Math.Min(value, room);
        if (facts.Program.Rule(enrollment.Rule).State.Budget is { } budget)
        {
            var month = ProgramZone.MonthOf(sale.OccurredAt, facts.Program.TimeZone);
            var used = facts.Used(budget, enrollment.Rule, month, facts.Referrer!.Stream);
            seen = seen with { Further = (seen.Further ?? new()) with { Budget = new(month, used, budget.AmountMinor) } };
            if (used >= budget.AmountMinor || (minor > budget.AmountMinor - used && limits.CapMode == CapMode.Drop))
                return Refused(budget.Per == BudgetPer.Referrer ? DecisionCode.ReferrerBudget : DecisionCode.ProgramBudget);
            minor = Math.Min(minor, budget.AmountMinor - used);
        }

        if (terms.Hold.Mode == HoldMode.Group)
            seen = seen with { Further = (seen.Further ?? new()) with { Group = facts.Tally!.GroupOf(enrollment.Rule, terms.Reward.Asset).Number } };
        var releaseAt = ReleaseAt(terms.Hold, sale, facts.Now);
        return seen with
        {
            Asset = terms.Reward.Asset,
            ValueMinor = value,
            Minor = minor,
            ReleaseAt = releaseAt,
            ReleasesItself = terms.Hold.ReleasesItself,
            ChecksCustomer = terms.Hold.ChecksCustomer,
            Held = terms.Hold.Holds(releaseAt, facts.Now),
        };

        RuleDecision Refused(DecisionCode code) => seen with { ValueMinor = value, Code = code };
    }

    private static OwnValue ValueOf(RuleDecision seen, RewardRule terms) =>
        seen.Further is { Step: > 0 and var step } ? terms.Steps!.Value[step - 1].Value : default;

    private static long Value(RewardTerms reward, RewardType type, OwnValue own, EarningBase of) => type switch
    {
        RewardType.Percent => of.Share(reward.RateIn(own)),
        RewardType.Fixed => reward.FixedIn(own),
        RewardType.PerAmount => of.PerAmount(reward.Points, reward.PerMinor),
        _ => throw new UnreachableException(),
    };

    private static EarningBase? Base(RewardRule terms, ReferralAction sale, RuleDecision seen) => Whole(terms, sale, seen) switch
    {
        null => null,
        { } whole when terms.Reward.Of == RewardBase.Transaction && seen.Further?.Lines is { } lines => EarningBase.OfLines(whole, sale.AmountMinor!.Value, lines),
        { } whole => EarningBase.Whole(whole),
    };

    // Of the whole sale, whatever lines a rule rewards: what a threshold looks at.
    private static long? Whole(RewardRule terms, ReferralAction sale, RuleDecision seen) =>
        terms.Reward.Of == RewardBase.Transaction ? sale.EarningMinor : seen.BaseMinor;

    private static DateTimeOffset? ReleaseAt(Hold hold, ReferralAction sale, DateTimeOffset now) => hold switch
    {
        { Mode: HoldMode.None or HoldMode.Group } or { Mode: HoldMode.Manual, Days: 0 } => null,
        { FromOccurred: true } => sale.OccurredAt + TimeSpan.FromDays(hold.Days),
        _ => now + TimeSpan.FromDays(hold.Days),
    };

    private static bool Passes(TagCondition condition, NamedTags? named, ImmutableArray<string> tags) => named?.Passes(tags) != false && condition switch
    {
        TagCondition.All => true,
        TagCondition.Any => !tags.IsEmpty,
        TagCondition.None => tags.IsEmpty,
        _ => throw new UnreachableException(),
    };

    private static bool Meets(ImmutableArray<AttributeCondition> conditions, ReferralAction sale)
    {
        foreach (var condition in conditions)
            if (sale.Detail?.Attribute(condition.Key) is not { } value || !condition.Values.Contains(value)) return false;
        return true;
    }

    private static SeenTags? SeenTags(Conditions conditions, Referral referral, DecisionFacts facts)
    {
        if (conditions is { ReferrerTags: TagCondition.All, RefereeTags: TagCondition.All, ReferrerNamed: null, RefereeNamed: null }) return null;
        var tags = facts.Referrer?.Tags ?? [];
        return new(tags.Length, referral.Tags.Length, Named(conditions.ReferrerNamed, tags), Named(conditions.RefereeNamed, referral.Tags));
    }

    private static string? Named(NamedTags? named, ImmutableArray<string> tags) => named?.Forbidden(tags) ?? named?.Wanted(tags);

    private static FurtherSeen? Further(Referral referral, Enrollment enrollment, RewardRule terms, ReferralAction sale, DecisionFacts facts)
    {
        var lines = RewardedProducts.Lines(terms.Conditions, sale);
        if (terms.Steps is not { } steps) return lines is null ? null : new(Lines: lines);
        return new(Step.Of(steps, enrollment.Count, referral.ApprovedAt, sale.OccurredAt, facts.Program.TimeZone), lines);
    }
}
