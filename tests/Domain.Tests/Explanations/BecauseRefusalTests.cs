using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Explanations;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Explanations;

public class BecauseRefusalTests
{
    [Fact]
    public void D20_currency_mismatch() => AssertBecause(
        "The action is in USD, the program in GBP.", DecisionCode.CurrencyMismatch, Percent(10_00), Sale(1).In("USD"));

    [Fact]
    public void D20_before_approval() => AssertBecause(
        "It occurred at 2025-12-31 23:59:59Z, before the referral was approved at 2026-01-01 00:00:00Z.",
        DecisionCode.BeforeApproval, Percent(10_00), Sale(1).At(Start.AddSeconds(-1)));

    [Fact]
    public void D20_window_closed() => AssertBecause(
        "It occurred at 2026-01-11 00:00:00Z; the 10 days from approval at 2026-01-01 00:00:00Z were over at 2026-01-11 00:00:00Z.",
        DecisionCode.WindowClosed, Percent(10_00).Within(10), Sale(1).At(Start.AddDays(10)));

    [Theory]
    [InlineData(true, true, "from 2026-01-06 00:00:00Z until before 2026-01-09 00:00:00Z")]
    [InlineData(true, false, "from 2026-01-06 00:00:00Z on")]
    [InlineData(false, true, "until before 2026-01-01 00:00:00Z")]
    public void D20_outside_event_range(bool from, bool to, string range) => AssertBecause(
        $"It occurred at 2026-01-02 00:00:00Z, outside the event dates {range}.",
        DecisionCode.OutsideEventRange,
        Percent(10_00).Between(from ? Start.AddDays(5) : null, to ? Start.AddDays(from ? 8 : 0) : null), Sale(1).At(Start.AddDays(1)));

    [Fact]
    public void D20_referrer_not_eligible() => AssertBecause(
        "The rule is for referrers to whom it was granted, and this one was not.",
        DecisionCode.ReferrerNotEligible, Percent(10_00).Granted(), Sale(1));

    [Fact]
    public void D20_referrer_closed()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Referrer = world.Referrer with { Closed = true };

        AssertBecause("The referrer is closed, so nothing accrues any more.", DecisionCode.ReferrerClosed, world, Sale(1));
    }

    [Theory]
    [InlineData(TagCondition.Any, 0, "The referrer has no tags, and the rule needs at least one.")]
    [InlineData(TagCondition.None, 1, "The referrer has 1 tag, and the rule is for those without any.")]
    [InlineData(TagCondition.None, 2, "The referrer has 2 tags, and the rule is for those without any.")]
    public void D20_referrer_tag(TagCondition condition, int tags, string line)
    {
        var world = new ReferralWorld(Percent(10_00).WhereReferrer(condition));
        world.Referrer = world.Referrer with { Tags = [.. Enumerable.Repeat("tag", tags)] };

        AssertBecause(line, DecisionCode.ReferrerTag, world, Sale(1));
    }

    [Fact]
    public void D20_referee_tag() => AssertBecause(
        "The referee has no tags, and the rule needs at least one.", DecisionCode.RefereeTag, Percent(10_00).WhereReferee(TagCondition.Any), Sale(1));

    [Theory]
    [InlineData(50_00L, "The amount 50.00 GBP does not exceed the threshold of 50.00 GBP.")]
    [InlineData(null, "There is no amount, and it has to exceed 50.00 GBP.")]
    public void D20_below_threshold(long? amount, string line) =>
        AssertBecause(line, DecisionCode.BelowThreshold, Percent(10_00).Over(50_00), Sale(amount));

    [Theory]
    [InlineData("a,b,c", "a, b, c")]
    [InlineData("a,b,c,d,e", "a, b, c and 2 more")]
    public void D20_product(string products, string shown) => AssertBecause(
        $"None of the action's products is one that the rule rewards: {shown}.",
        DecisionCode.Product, Percent(10_00).For(products.Split(',')), Sale(1).Buying("x"));

    [Fact]
    public void D20_no_tier()
    {
        var rule = TierReached(Spent(0, 200_00, 5_00), Spent(201_00, null, 10_00));
        AssertBecause("No tier holds the referrer's tally of 200.50 GBP.", DecisionCode.NoTier, rule, Sale(200_50));

        var world = new ReferralWorld(rule);
        world.Send(Sale(100_00));
        AssertBecause(
            "The tier that holds the referrer's tally of 101.00 GBP was paid before, and each is paid once.", DecisionCode.TierPaid, world, Sale(1_00));
    }

    [Fact]
    public void D20_amount_missing()
    {
        AssertBecause("There is no amount to compute the reward from, so it is zero.", DecisionCode.AmountMissing, Percent(10_00), Sale(null));
        AssertBecause(
            "There is no conversion value to compute the reward from, so it is zero.", DecisionCode.AmountMissing, Percent(10_00).OfConversion(), Sale(1));
    }

    [Fact]
    public void D20_count_cap()
    {
        var world = new ReferralWorld(Fixed(5_00).Times(1));
        world.Send(Sale(1));

        AssertBecause("The enrollment has had 1 of at most 1 rewards.", DecisionCode.CountCap, world, Sale(1));
    }

    [Fact]
    public void D20_amount_cap()
    {
        var full = new ReferralWorld(Percent(10_00).UpTo(10_00));
        full.Send(Sale(100_00));
        AssertBecause("Net 10.00 GBP of at most 10.00 GBP had been earned: nothing was left for 1.00 GBP.", DecisionCode.AmountCap, full, Sale(10_00));

        var drop = new ReferralWorld(Percent(10_00).UpTo(15_00).OrNothing());
        drop.Send(Sale(100_00));
        AssertBecause(
            "10.00 GBP do not fit in the 5.00 GBP left of 15.00 GBP, and the rule pays all or nothing.", DecisionCode.AmountCap, drop, Sale(100_00));
    }

    [Fact]
    public void D20_zero_reward() => AssertBecause(
        "10.00 % of 0.04 GBP is 0.00 GBP, rounded half away from zero. Zero is no reward.", DecisionCode.ZeroReward, Percent(10_00), Sale(4));

    [Fact]
    public void D20_rule_inactive()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Set(new(Enabled: true, To: Start));

        AssertBecause(
            "The rule was outside its active dates when the action was taken in; today they are until before 2026-01-01 00:00:00Z.",
            DecisionCode.RuleInactive, world, Sale(1));
    }

    [Fact]
    public void D20_what_was_switched_off_needs_no_values()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Set(new(Enabled: false));
        AssertBecause(DecisionTexts.Of(DecisionCode.RuleDisabled), DecisionCode.RuleDisabled, world, Sale(1));

        world.Turn(Anna, turn => ReferralCommands.Switch(turn, 1, false, "why", "ada"));
        AssertBecause(DecisionTexts.Of(DecisionCode.EnrollmentDisabled), DecisionCode.EnrollmentDisabled, world, Sale(1));

        world.Turn(Anna, turn => ReferralCommands.Cancel(turn, null, "ada", cancelPending: false));
        AssertBecause(DecisionTexts.Of(DecisionCode.ReferralCancelled), DecisionCode.ReferralCancelled, world, Sale(1));
    }

    [Fact]
    public void D20_a_refusal_under_a_replaced_adjustment_is_told_without_its_terms()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Turn(Anna, turn => ReferralCommands.Adjust(turn, 1, 0, new(Conditions: Percent(1).Over(500_00).Conditions), "why", "ada"));
        world.Send(Sale(100_00).Named("s"));
        world.Turn(Anna, turn => ReferralCommands.Adjust(turn, 1, world.Enrollment().AdjustedBy, new(), "why", "ada"));

        Assert.Equal(DecisionTexts.Of(DecisionCode.BelowThreshold), world.Send(Sale(100_00).Named("s")).Lines(world.Program)[1]);
    }

    private static void AssertBecause(string line, DecisionCode code, RewardRule rule, Draft draft) =>
        AssertBecause(line, code, new ReferralWorld(rule) { Now = Start.AddDays(20) }, draft with { OccurredAt = draft.OccurredAt ?? Start.AddDays(1) });

    private static void AssertBecause(string line, DecisionCode code, ReferralWorld world, Draft draft)
    {
        var sent = world.Send(draft);

        Assert.Equal(code, sent.Code);
        Assert.Equal(["Rule rule1, version 1.", line], sent.Lines(world.Program));
    }
}
