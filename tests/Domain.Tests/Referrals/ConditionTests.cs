using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>Eligibility, tags, threshold and product.</summary>
public class ConditionTests
{
    [Fact]
    public void H1_a_rule_for_granted_referrers_pays_nobody_until_it_is_granted()
    {
        var world = new ReferralWorld(Fixed(5_00).Granted());
        Assert.Equal(DecisionCode.ReferrerNotEligible, world.Send(Sale(1)).Code);

        world.Referrer = world.Referrer with { Granted = [new(world.Program.Stream, 1)] };
        Assert.Equal(DecisionCode.Rewarded, world.Send(Sale(1)).Code);

        world.Referrer = world.Referrer with { Granted = [] };
        Assert.Equal(DecisionCode.ReferrerNotEligible, world.Send(Sale(1)).Code);
    }

    [Fact]
    public void H1_a_grant_is_for_one_rule_of_one_program()
    {
        var world = new ReferralWorld(Fixed(5_00).Granted(), Fixed(6_00).Granted());
        world.Referrer = world.Referrer with { Granted = [new(world.Program.Stream, 2), new(new(99), 1)] };

        Assert.Equal([DecisionCode.ReferrerNotEligible, DecisionCode.Rewarded], world.Send(Sale(1)).Codes);
    }

    [Fact]
    public void H1_off_means_everyone_but_a_closed_referrer_accrues_nothing()
    {
        var world = new ReferralWorld(Fixed(5_00));
        Assert.Equal(DecisionCode.Rewarded, world.Send(Sale(1)).Code);

        world.Referrer = world.Referrer with { Closed = true };
        Assert.Equal(DecisionCode.ReferrerClosed, world.Send(Sale(1)).Code);
    }

    [Theory]
    [InlineData(TagCondition.All, 0, true)]
    [InlineData(TagCondition.All, 2, true)]
    [InlineData(TagCondition.Any, 0, false)]
    [InlineData(TagCondition.Any, 1, true)]
    [InlineData(TagCondition.Any, 2, true)]
    [InlineData(TagCondition.None, 0, true)]
    [InlineData(TagCondition.None, 1, false)]
    public void H5_tags_all_any_none(TagCondition condition, int tags, bool passes)
    {
        string[] names = [.. Enumerable.Range(0, tags).Select(i => $"tag{i}")];
        var ofReferrer = new ReferralWorld(Fixed(5_00).WhereReferrer(condition));
        ofReferrer.Referrer = ofReferrer.Referrer with { Tags = [.. names] };
        var ofReferee = Empty(Fixed(5_00).WhereReferee(condition)).Refer(Anna, null, null, names);

        Assert.Equal(passes ? DecisionCode.Rewarded : DecisionCode.ReferrerTag, ofReferrer.Send(Sale(1)).Code);
        Assert.Equal(passes ? DecisionCode.Rewarded : DecisionCode.RefereeTag, ofReferee.Send(Sale(1)).Code);
    }

    [Fact]
    public void H5_the_two_sides_are_separate()
    {
        var world = Empty(Fixed(5_00).WhereReferrer(TagCondition.Any).WhereReferee(TagCondition.None));
        world.Referrer = world.Referrer with { Tags = ["vip"] };
        world.Refer(Anna).Refer("bert", null, null, "staff");

        Assert.Equal(DecisionCode.Rewarded, world.Send(Sale(1)).Code);
        Assert.Equal(DecisionCode.RefereeTag, world.Send(Sale(1).By("bert")).Code);
    }

    [Fact]
    public void H5_tags_are_those_at_the_time_of_the_decision()
    {
        var world = new ReferralWorld(Fixed(5_00).WhereReferee(TagCondition.Any));
        Assert.Equal(DecisionCode.RefereeTag, world.Send(Sale(1)).Code);

        Assert.IsType<Decision.Accepted>(world.Turn(Anna, turn => ReferralCommands.Change(turn, ["vip"], null)));
        Assert.Equal(DecisionCode.Rewarded, world.Send(Sale(1)).Code);
    }

    [Theory]
    [InlineData(50_00L, DecisionCode.BelowThreshold)]
    [InlineData(50_01L, DecisionCode.Rewarded)]
    [InlineData(0L, DecisionCode.BelowThreshold)]
    [InlineData(null, DecisionCode.BelowThreshold)]
    public void H6_the_value_must_exceed_the_threshold(long? amount, DecisionCode code)
    {
        Assert.Equal(code, new ReferralWorld(Fixed(5_00).Over(50_00)).Send(Sale(amount)).Code);
        Assert.Equal(code, Empty(Fixed(5_00).OfConversion().Over(50_00)).Refer(Anna, conversionValue: amount).Send(Sale(50_01)).Code);
    }

    [Fact]
    public void H6_zero_as_a_threshold_still_has_to_be_exceeded()
    {
        var world = new ReferralWorld(Fixed(5_00).Over(0));

        Assert.Equal([DecisionCode.BelowThreshold, DecisionCode.Rewarded], [world.Send(Sale(0)).Code, world.Send(Sale(1)).Code]);
    }

    [Theory]
    [InlineData(new string[0], DecisionCode.Product)]
    [InlineData(new[] { "silver" }, DecisionCode.Product)]
    [InlineData(new[] { "GOLD" }, DecisionCode.Product)]
    [InlineData(new[] { "gold" }, DecisionCode.Rewarded)]
    [InlineData(new[] { "silver", "prod_Stripe1" }, DecisionCode.Rewarded)]
    public void H7_one_of_the_products_must_be_among_the_action_s(string[] products, DecisionCode code) =>
        Assert.Equal(code, new ReferralWorld(Fixed(5_00).For("gold", "prod_Stripe1")).Send(Sale(1).Buying(products)).Code);

    [Fact]
    public void H7_the_journal_keeps_all_products_for_conditions_that_are_yet_to_come()
    {
        var world = new ReferralWorld(Fixed(5_00).For("gold"), Fixed(6_00).For("tin"), Fixed(7_00).For("gold"));
        var sent = world.Send(Sale(1).Buying("paper", "gold", "ink"));

        Assert.Equal([DecisionCode.Rewarded, DecisionCode.Product, DecisionCode.Rewarded], sent.Codes);
        Assert.Equal(["paper", "gold", "ink"], sent.Outcome!.Action.ProductIds);
    }
}
