using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>How much and how often one enrollment may earn.</summary>
public class CapTests
{
    [Fact]
    public void H10_percent_up_to_a_maximum()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(100_00));
        var sent = Enumerable.Range(0, 12).Select(_ => world.Send(Sale(100_00))).ToList();

        Assert.Equal([.. Enumerable.Repeat(10_00L, 10), 0, 0], sent.Select(action => action.Minor));
        Assert.All(sent[10..], action => Assert.Equal(DecisionCode.AmountCap, action.Code));
        Assert.Equal(100_00, world.Enrollment().NetMinor);
        Assert.Equal(10, world.Enrollment().Count);
    }

    [Fact]
    public void R4_limit_by_number_of_rewards()
    {
        var world = new ReferralWorld(Fixed(5_00).Times(3));

        Assert.Equal([5_00, 5_00, 5_00, 0], Enumerable.Range(0, 4).Select(_ => world.Send(Sale(1)).Minor));
        Assert.Equal(DecisionCode.CountCap, world.Send(Sale(1)).Code);
    }

    [Fact]
    public void R4_a_limit_is_of_one_enrollment_not_of_the_referrer()
    {
        var world = new ReferralWorld(Fixed(5_00).Times(1)).Refer("bert");

        Assert.Equal([5_00, 0], [world.Send(Sale(1)).Minor, world.Send(Sale(1)).Minor]);
        Assert.Equal([5_00, 0], [world.Send(Sale(1).By("bert")).Minor, world.Send(Sale(1).By("bert")).Minor]);
    }

    [Fact]
    public void R4_each_enrollment_counts_its_own_rewards_and_nothing_but_rewards()
    {
        var world = new ReferralWorld(Fixed(5_00).Times(3), Percent(10_00).Times(1).Over(50_00));

        Assert.Equal([DecisionCode.Rewarded, DecisionCode.BelowThreshold], world.Send(Sale(50_00)).Codes);
        Assert.Equal([DecisionCode.Rewarded, DecisionCode.Rewarded], world.Send(Sale(100_00)).Codes);
        Assert.Equal([DecisionCode.Rewarded, DecisionCode.CountCap], world.Send(Sale(100_00)).Codes);
        Assert.Equal([DecisionCode.CountCap, DecisionCode.CountCap], world.Send(Sale(100_00)).Codes);
        Assert.Equal((3, 1), (world.Enrollment(1).Count, world.Enrollment(2).Count));
    }

    [Fact]
    public void R5_up_to_an_amount_within_the_first_year()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(500_00).Within(365));

        Assert.Equal(400_00, world.Send(Sale(4_000_00)).Minor);
        Assert.Equal(100_00, world.Send(Sale(4_000_00)).Minor);
        Assert.Equal(DecisionCode.AmountCap, world.Send(Sale(4_000_00)).Code);
        world.Now = ReferralWorld.Start.AddDays(366);
        Assert.Equal(DecisionCode.WindowClosed, world.Send(Sale(4_000_00)).Code);
    }

    [Fact]
    public void D5_clamp_pays_the_remainder()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(95_00));

        Assert.Equal([.. Enumerable.Repeat(10_00L, 9), 5_00, 0], Enumerable.Range(0, 11).Select(_ => world.Send(Sale(100_00)).Minor));
        Assert.Equal(95_00, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D5_drop_pays_nothing_that_does_not_fit_and_a_smaller_one_that_does()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(95_00).OrNothing());

        Assert.Equal([.. Enumerable.Repeat(10_00L, 9), 0], Enumerable.Range(0, 10).Select(_ => world.Send(Sale(100_00)).Minor));
        Assert.Equal(5_00, world.Send(Sale(50_00)).Minor);
        Assert.Equal(DecisionCode.AmountCap, world.Send(Sale(1_00)).Code);
    }

    [Fact]
    public void D5_a_refund_frees_the_amount_cap_and_re_decides_nothing()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(20_00));
        world.Send(Sale(100_00).Named("s1"));
        world.Send(Sale(100_00));
        var capped = world.Send(Sale(100_00).Named("s3"));
        world.Send(Refund("s1"));

        Assert.Equal(DecisionCode.AmountCap, world.Outcome(new("s3")).Decisions[0].Code);
        Assert.Equal(0, capped.Minor);
        Assert.Equal(10_00, world.Enrollment().NetMinor);
        Assert.Equal([10_00, 0], [world.Send(Sale(100_00)).Minor, world.Send(Sale(100_00)).Minor]);
    }

    [Fact]
    public void D5_a_refund_never_frees_the_count_cap()
    {
        var world = new ReferralWorld(Percent(10_00).Times(1));
        world.Send(Sale(100_00).Named("s1"));
        world.Send(Refund("s1"));

        Assert.Equal(DecisionCode.CountCap, world.Send(Sale(100_00)).Code);
        Assert.Equal(1, world.Enrollment().Count);
    }

    [Fact]
    public void D5_a_cancelled_reward_frees_the_amount_cap_never_the_count_cap()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(10_00).Held(30), Fixed(1_00).Times(1).Held(30));
        var sent = world.Send(Sale(100_00).Named("s1"));
        foreach (var decision in sent.Outcome!.Decisions) world.CancelReward(decision.Reward!.Value);

        Assert.Equal([DecisionCode.Rewarded, DecisionCode.CountCap], world.Send(Sale(100_00)).Codes);
    }

    [Fact]
    public void D5_count_is_checked_before_amount_and_zero_before_both()
    {
        var both = new ReferralWorld(Fixed(5_00).Times(1).UpTo(5_00));
        both.Send(Sale(1));
        Assert.Equal(DecisionCode.CountCap, both.Send(Sale(1)).Code);

        var full = new ReferralWorld(Percent(10_00).UpTo(5_00));
        full.Send(Sale(100_00));
        Assert.Equal(DecisionCode.ZeroReward, full.Send(Sale(0)).Code);
    }

    [Fact]
    public void R6_there_is_no_limit_by_default()
    {
        var world = new ReferralWorld(Fixed(5_00)) { Now = ReferralWorld.Start.AddDays(10_000) };

        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(5_00, world.Send(Sale(1)).Minor));
    }
}
