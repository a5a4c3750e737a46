using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>The order in which refusals are checked is a promise (D20).</summary>
public class LadderTests
{
    /// <summary>The codes of approved and cancelled referrals, in order. Before them only parking, after them only reversals.</summary>
    private static readonly DecisionCode[] Rungs =
    [
        DecisionCode.ReferralCancelled, DecisionCode.ReferrerClosed, DecisionCode.EnrollmentDisabled, DecisionCode.RuleDisabled, DecisionCode.RuleInactive,
        DecisionCode.CurrencyMismatch, DecisionCode.BeforeApproval, DecisionCode.WindowClosed, DecisionCode.OutsideEventRange, DecisionCode.NotFirst,
        DecisionCode.ReferrerNotEligible, DecisionCode.ReferrerTag, DecisionCode.RefereeTag, DecisionCode.BelowThreshold, DecisionCode.Product,
        DecisionCode.Attributes, DecisionCode.NoTier, DecisionCode.TierPaid, DecisionCode.OtherRuleDecided, DecisionCode.AmountMissing, DecisionCode.ZeroReward,
        DecisionCode.CountCap, DecisionCode.AmountCap, DecisionCode.ReferrerBudget, DecisionCode.ProgramBudget,
    ];

    public static TheoryData<DecisionCode> EachRung => [.. Rungs];

    public static TheoryData<DecisionCode, DecisionCode> EachPair
    {
        get
        {
            var pairs = new TheoryData<DecisionCode, DecisionCode>();
            foreach (var (first, second) in Rungs.Zip(Rungs.Skip(1))) pairs.Add(first, second);
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(EachRung))]
    public void D20_each_condition_refuses_with_its_own_code(DecisionCode code) => Assert.Equal(code, Violating(code));

    [Theory]
    [MemberData(nameof(EachPair))]
    public void D20_of_two_neighbours_the_first_refuses(DecisionCode first, DecisionCode second) =>
        Assert.Equal(first, Violating(first, second));

    [Theory]
    [MemberData(nameof(EachRung))]
    public void D20_of_everything_from_here_on_the_first_refuses(DecisionCode first) =>
        Assert.Equal(first, Violating([.. Rungs.SkipWhile(code => code != first)]));

    [Fact]
    public void D20_the_codes_stand_in_the_promised_order() => Assert.Equal(
        [
            "rewarded", "referral_missing", "referral_pending", "referral_cancelled", "referrer_closed", "enrollment_disabled", "rule_disabled",
            "rule_inactive", "currency_mismatch", "before_approval", "window_closed", "outside_event_range", "not_first", "referrer_not_eligible",
            "referrer_tag", "referee_tag", "below_threshold", "product", "attributes", "no_tier", "tier_paid", "other_rule_decided",
            "amount_missing", "zero_reward", "count_cap", "amount_cap", "referrer_budget", "program_budget",
            "sale_missing", "taken_back", "nothing_to_take_back", "given_back", "nothing_to_give_back", "not_enrolled", "gathered", "round_changed",
        ],
        Declared().Select(code => JsonNamingPolicy.SnakeCaseLower.ConvertName(code.ToString())));

    [Fact]
    public void The_numbers_in_the_journal_stay_whatever_is_declared_between() => Assert.Equal(
        (18, 19, 20, 26, 27, 31),
        ((int)DecisionCode.CountCap, (int)DecisionCode.AmountCap, (int)DecisionCode.ZeroReward, (int)DecisionCode.NotEnrolled,
            (int)DecisionCode.ReferrerClosed, (int)DecisionCode.OtherRuleDecided));

    private static IEnumerable<DecisionCode> Declared() =>
        typeof(DecisionCode).GetFields().Where(field => field.IsLiteral).OrderBy(field => field.MetadataToken).Select(field => (DecisionCode)field.GetRawConstantValue()!);

    [Fact]
    public void D20_a_missing_or_pending_referral_goes_before_everything()
    {
        var draft = Sale(null).In("USD").At(Start.AddYears(-1));
        var world = Empty(Percent(0).For("gold").Times(0));
        world.Set(new(Enabled: false));
        Assert.Equal(DecisionCode.ReferralMissing, world.Send(draft).Code);

        world.Attribute(Anna, approvedAt: null);
        Assert.Equal(DecisionCode.ReferralPending, world.Send(draft).Code);
    }

    private static DecisionCode Violating(params DecisionCode[] codes)
    {
        var rule = Percent(10_00);
        foreach (var code in codes.Reverse()) rule = Violate(code, rule);
        var draft = Sale(100_00);
        foreach (var code in codes.Reverse()) draft = Violate(code, draft);

        // What goes before it in its group is refused by nothing, unless the action itself is.
        var world = codes.Contains(DecisionCode.OtherRuleDecided) ? new ReferralWorld(rule, Percent(1).In("group", 1)) : new ReferralWorld(rule);
        if (codes.Contains(DecisionCode.NotFirst)) world.Send(Sale(1));
        foreach (var code in codes.Reverse()) Violate(code, world);
        return world.Send(draft).Codes.First();
    }

    private static RewardRule Violate(DecisionCode code, RewardRule rule) => code switch
    {
        DecisionCode.WindowClosed => rule.Within(-1),
        DecisionCode.OutsideEventRange => rule.Between(Start.AddYears(50), null),
        DecisionCode.NotFirst => rule.First(),
        DecisionCode.ReferrerNotEligible => rule.Granted(),
        DecisionCode.ReferrerTag => rule.WhereReferrer(TagCondition.Any),
        DecisionCode.RefereeTag => rule.WhereReferee(TagCondition.Any),
        DecisionCode.BelowThreshold => rule.Over(1_000_000_00),
        DecisionCode.Product => rule.For("gold"),
        DecisionCode.Attributes => rule.WhereAction("country", "FR"),
        DecisionCode.OtherRuleDecided => rule.In("group", 2),
        DecisionCode.NoTier => rule with { Tiers = [SpentShare(1_000_000_00, null, 10_00)] },
        DecisionCode.TierPaid => rule with { Trigger = Trigger.TierReached, Tiers = [SpentShare(0, null, 10_00)] },
        DecisionCode.CountCap => rule.Times(0),
        DecisionCode.AmountCap => rule.UpTo(0),
        _ => rule,
    };

    private static Draft Violate(DecisionCode code, Draft draft) => code switch
    {
        DecisionCode.CurrencyMismatch => draft.In("USD"),
        DecisionCode.BeforeApproval => draft.At(Start.AddSeconds(-1)),
        DecisionCode.AmountMissing => draft with { AmountMinor = null },
        DecisionCode.ZeroReward => draft with { AmountMinor = 0 },
        _ => draft,
    };

    private static void Violate(DecisionCode code, ReferralWorld world)
    {
        var state = world.Program.Rule(1).State;
        if (code == DecisionCode.TierPaid) world.Tally = world.Tally with { Paid = [new(1, 1)] };
        if (code == DecisionCode.ReferrerBudget) world.Set(state with { Budget = new(BudgetPer.Referrer, 0) });
        if (code == DecisionCode.ProgramBudget) world.Set(state with { Budget = new(BudgetPer.Program, 0) });
        if (code == DecisionCode.RuleDisabled) world.Set(state with { Enabled = false });
        if (code == DecisionCode.RuleInactive) world.Set(state with { To = Start });
        if (code == DecisionCode.ReferrerClosed) world.Referrer = world.Referrer with { Closed = true };
        if (code == DecisionCode.EnrollmentDisabled) world.Turn(Anna, turn => ReferralCommands.Switch(turn, 1, false, "why", "ada"));
        if (code == DecisionCode.ReferralCancelled)
            world.Turn(Anna, turn => ReferralCommands.Cancel(turn, "why", "ada", cancelPending: false));
    }
}
