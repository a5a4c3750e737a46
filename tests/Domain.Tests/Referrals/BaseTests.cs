using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>A base beside the amount: what commission is earned on, and what was paid (X1).</summary>
public class BaseTests
{
    [Fact]
    public void X1_commission_is_earned_on_the_base_and_refunds_are_of_the_amount()
    {
        var world = new ReferralWorld(Percent(10_00));

        Assert.Equal(10_00, world.Send(Sale(120_00).Earning(100_00).Named("s")).Minor);
        Assert.Equal(-5_00, world.Send(Refund("s", 60_00)).Minor);
        Assert.Equal(-5_00, world.Send(Refund("s")).Minor);
    }

    [Fact]
    public void X1_a_base_of_zero_is_no_share_of_anything_and_pays_a_fixed_reward()
    {
        var world = new ReferralWorld(Percent(10_00), Fixed(5_00));

        Assert.Equal([DecisionCode.ZeroReward, DecisionCode.Rewarded], world.Send(Sale(120_00).Earning(0)).Codes);
    }

    [Fact]
    public void X1_points_and_thresholds_read_the_base()
    {
        var world = new ReferralWorld(Points(1, 1_00), Percent(10_00).Over(100_00));
        var sent = world.Send(Sale(120_00).Earning(100_00));

        Assert.Equal([100, 0], sent.Outcome!.Decisions.Select(decision => decision.Minor));
        Assert.Equal([DecisionCode.Rewarded, DecisionCode.BelowThreshold], sent.Codes);
    }

    [Fact]
    public void X1_the_tally_reads_the_base()
    {
        var world = new ReferralWorld(Tiered(SpentShare(0, 100_00, 10_00)));

        Assert.Equal(10_00, world.Send(Sale(120_00).Earning(100_00)).Minor);
        Assert.Equal(100_00, world.Tally.ValueMinor);
    }

    [Fact]
    public void X1_H9_first_sales_are_gathered_by_their_bases_and_a_chargeback_is_of_the_amount()
    {
        var world = ReferralWorld.Empty(Percent(10_00).ForEvery(2));
        world.Refer("a").Refer("b");
        world.Send(Sale(120_00).Earning(100_00).By("a").Named("a"));
        Assert.Equal(15_00, world.Send(Sale(70_00).Earning(50_00).By("b").Named("b")).Minor);

        // Half of what was paid is half of the base.
        world.Send(Chargeback("a", 60_00).By("a").Named("c"));
        world.SettleRounds();
        Assert.Equal((10_00, 5_00), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
        world.Send(Won("c", 30_00).By("a"));
        world.SettleRounds();
        Assert.Equal((12_50, 2_50), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
    }

    [Fact]
    public void X1_a_chargeback_is_of_the_amount_as_a_refund_is()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(120_00).Earning(100_00).Named("s"));

        Assert.Equal(-5_00, world.Send(Chargeback("s", 60_00).Named("c")).Minor);
        Assert.Equal(5_00, world.Send(Won("c")).Minor);
    }

    [Fact]
    public void D20_the_base_is_named_where_it_was_read()
    {
        var world = new ReferralWorld(Percent(10_00).Over(50_00));

        Assert.Contains("Conditions met: the base 100.00 GBP exceeds 50.00 GBP.", world.Send(Sale(120_00).Earning(100_00)).Lines(world.Program));
    }
}
