using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>Tags by name, attributes of the action, and rules of which one decides (X4).</summary>
public class ExclusiveTests
{
    [Theory]
    [InlineData("gold", "", "gold", true)]
    [InlineData("gold,silver", "", "silver,vip", true)]
    [InlineData("gold", "", "silver", false)]
    [InlineData("gold", "", "", false)]
    [InlineData("", "staff", "gold", true)]
    [InlineData("", "staff", "", true)]
    [InlineData("", "staff", "staff", false)]
    [InlineData("gold", "staff", "gold,staff", false)]
    public void X4_tags_by_name_for_referrer_and_referee(string anyOf, string noneOf, string tags, bool passes)
    {
        var ofReferrer = new ReferralWorld(Fixed(5_00).WhereReferrerHas(Names(anyOf), Names(noneOf)));
        ofReferrer.Referrer = ofReferrer.Referrer with { Tags = [.. Names(tags)] };
        var ofReferee = Empty(Fixed(5_00).WhereRefereeHas(Names(anyOf), Names(noneOf))).Refer(Anna, null, null, Names(tags));

        Assert.Equal(passes ? DecisionCode.Rewarded : DecisionCode.ReferrerTag, ofReferrer.Send(Sale(1)).Code);
        Assert.Equal(passes ? DecisionCode.Rewarded : DecisionCode.RefereeTag, ofReferee.Send(Sale(1)).Code);
    }

    [Fact]
    public void X4_tags_are_read_when_the_action_is_decided()
    {
        var world = new ReferralWorld(Fixed(5_00).WhereReferrerHas(["gold"]));
        Assert.Equal(DecisionCode.ReferrerTag, world.Send(Sale(1)).Code);

        world.Referrer = world.Referrer with { Tags = ["gold"] };
        Assert.Equal(DecisionCode.Rewarded, world.Send(Sale(1)).Code);
    }

    [Theory]
    [InlineData("country", "FR", DecisionCode.Rewarded)]
    [InlineData("country", "DE", DecisionCode.Rewarded)]
    [InlineData("country", "US", DecisionCode.Attributes)]
    [InlineData("region", "FR", DecisionCode.Attributes)]
    public void X4_an_attribute_has_to_have_one_of_the_values(string key, string value, DecisionCode code) =>
        Assert.Equal(code, new ReferralWorld(Fixed(5_00).WhereAction("country", "FR", "DE")).Send(Sale(1).Saying(key, value)).Code);

    [Fact]
    public void X4_every_attribute_has_to()
    {
        var world = new ReferralWorld(Fixed(5_00).WhereAction("country", "FR").WhereAction("kind", "new"));

        Assert.Equal(DecisionCode.Attributes, world.Send(Sale(1).Saying("country", "FR")).Code);
        Assert.Equal(DecisionCode.Attributes, world.Send(Sale(1).Saying("country", "FR").Saying("kind", "renewal")).Code);
        Assert.Equal(DecisionCode.Rewarded, world.Send(Sale(1).Saying("country", "FR").Saying("kind", "new")).Code);
    }

    [Fact]
    public void X4_of_a_group_the_first_that_is_not_refused_decides()
    {
        var world = new ReferralWorld(
            Percent(10_00).In("rate", 3), Percent(20_00).In("rate", 2).WhereReferrerHas(["gold"]), Percent(30_00).In("rate", 1).For("shoes"), Percent(1_00));

        Assert.Equal([10_00, 0, 0, 1_00], Minors(world.Send(Sale(100_00))));
        world.Referrer = world.Referrer with { Tags = ["gold"] };
        Assert.Equal([0, 20_00, 0, 1_00], Minors(world.Send(Sale(100_00))));
        var all = world.Send(Sale(100_00).Buying("shoes"));
        Assert.Equal([0, 0, 30_00, 1_00], Minors(all));
        Assert.Equal([DecisionCode.OtherRuleDecided, DecisionCode.OtherRuleDecided, DecisionCode.Rewarded, DecisionCode.Rewarded], all.Codes);
        Assert.Equal("Rule rule3 goes before it in the group rate and decided.", all.Lines(world.Program, 1)[1]);
    }

    [Theory]
    [InlineData(DecisionCode.CountCap)]
    [InlineData(DecisionCode.AmountCap)]
    [InlineData(DecisionCode.ReferrerBudget)]
    [InlineData(DecisionCode.ProgramBudget)]
    public void X4_it_decides_even_if_a_cap_or_a_budget_then_stops_it(DecisionCode stops)
    {
        var rule = Percent(10_00).In("rate", 1);
        if (stops == DecisionCode.CountCap) rule = rule.Times(1);
        if (stops == DecisionCode.AmountCap) rule = rule.UpTo(10_00);
        var world = new ReferralWorld(rule, Percent(20_00).In("rate", 2));
        if (stops == DecisionCode.ReferrerBudget) world.Set(new(Enabled: true, Budget: new(BudgetPer.Referrer, 10_00)));
        if (stops == DecisionCode.ProgramBudget) world.Set(new(Enabled: true, Budget: new(BudgetPer.Program, 10_00)));
        Assert.Equal([DecisionCode.Rewarded, DecisionCode.OtherRuleDecided], world.Send(Sale(100_00)).Codes);

        Assert.Equal([stops, DecisionCode.OtherRuleDecided], world.Send(Sale(100_00)).Codes);
    }

    [Fact]
    public void X4_an_ended_or_disabled_enrollment_does_not_decide()
    {
        var world = new ReferralWorld(Percent(10_00).In("rate", 1), Percent(20_00).In("rate", 2));
        world.Turn(Anna, turn => ReferralCommands.Switch(turn, 1, false, "why", "ada"));
        Assert.Equal([DecisionCode.EnrollmentDisabled, DecisionCode.Rewarded], world.Send(Sale(100_00)).Codes);

        world.Turn(Anna, turn => ReferralCommands.Delete(turn, 1, "why", "ada"));
        Assert.Equal(20_00, world.Send(Sale(100_00)).Only.Minor);
    }

    [Fact]
    public void X4_a_tally_in_no_tier_leaves_the_group_to_the_next()
    {
        var world = new ReferralWorld(Tiered(SpentShare(0, 100_00, 30_00)).In("rate", 1), Percent(10_00).In("rate", 2));

        Assert.Equal([30_00, 0], Minors(world.Send(Sale(100_00))));
        Assert.Equal([0, 10_00], Minors(world.Send(Sale(100_00))));
    }

    [Fact]
    public void S5_only_the_first_sale_above_zero_is_rewarded()
    {
        var world = new ReferralWorld(Fixed(25_00).First());

        Assert.Equal(DecisionCode.NotFirst, world.Send(Sale(0)).Code);
        Assert.Equal(25_00, world.Send(Sale(1)).Minor);
        Assert.Equal(DecisionCode.NotFirst, world.Send(Sale(100_00)).Code);
    }

    [Fact]
    public void S5_if_the_first_fails_a_condition_no_later_one_pays()
    {
        var world = new ReferralWorld(Fixed(25_00).First().Over(50_00));

        Assert.Equal(DecisionCode.BelowThreshold, world.Send(Sale(50_00)).Code);
        Assert.Equal(DecisionCode.NotFirst, world.Send(Sale(100_00)).Code);
    }

    [Fact]
    public void S5_V7_a_sale_before_approval_is_not_the_first()
    {
        var world = new ReferralWorld(Fixed(25_00).First());

        Assert.Equal(DecisionCode.BeforeApproval, world.Send(Sale(100_00).At(Start.AddDays(-1))).Code);
        Assert.Equal(25_00, world.Send(Sale(100_00)).Minor);
    }

    // The program knows no rate for it, so it says nothing about the first invoice; the discount asks whether anything was paid at all (S4).
    [Fact]
    public void S5_D2_a_sale_in_another_currency_is_not_the_first()
    {
        var world = new ReferralWorld(Fixed(25_00).First());

        Assert.Equal(DecisionCode.CurrencyMismatch, world.Send(Sale(100_00).In("USD")).Code);
        Assert.Equal((false, true), (world.State().Sold, world.State().Bought));
        Assert.Equal(25_00, world.Send(Sale(100_00)).Minor);
    }

    private static string[] Names(string names) => names.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<long> Minors(Sent sent) => sent.Outcome!.Decisions.Select(decision => decision.Minor);
}
