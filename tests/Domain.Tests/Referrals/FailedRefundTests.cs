using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>A refund that failed, or was cancelled, is undone as a chargeback is that was won.</summary>
public class FailedRefundTests
{
    [Fact]
    public void D8_a_failed_refund_gives_back_what_it_took_and_each_only_once()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 40_00).Named("r"));
        var failed = world.Send(Failed("r"));

        Assert.Equal((ActionStatus.Rewarded, DecisionCode.GivenBack, 4_00), (failed.Status, failed.Code, failed.Minor));
        Assert.Equal("Given back 4.00 GBP that the refund had taken: 0.00 GBP of the recorded reward of 10.00 GBP stay taken.", failed.Lines(world.Program)[^1]);
        Assert.Equal((ActionStatus.NotRewarded, DecisionCode.NothingToGiveBack), (world.Send(Failed("r")).Status, world.Send(Failed("r")).Code));
        Assert.Equal((10_00, 0), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
    }

    [Fact]
    public void D8_each_refund_is_recorded_as_sent_and_only_their_sum_is_clamped()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(10_00).Named("s"));
        world.Send(Refund("s", 7_00).Named("r1"));
        world.Send(Refund("s", 7_00).Named("r2"));
        Assert.Equal(0, world.Enrollment().NetMinor);

        Assert.Equal(30, world.Send(Failed("r1")).Minor);
        Assert.Equal(70, world.Send(Failed("r2")).Minor);
    }

    [Fact]
    public void D8_without_an_amount_a_refund_is_the_sale_less_the_refunds_that_stand()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(10_00).Named("s"));
        world.Send(Refund("s", 7_00).Named("r1"));
        world.Send(Failed("r1"));

        Assert.Equal(-1_00, world.Send(Refund("s")).Minor);
    }

    [Fact]
    public void D8_what_a_chargeback_undoes_stays_undone_when_a_refund_fails()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 60_00).Named("r"));
        world.Send(Chargeback("s").Named("c"));

        Assert.Equal(0, world.Send(Failed("r")).Minor);
        Assert.Equal(10_00, world.Send(Won("c")).Minor);
    }

    [Fact]
    public void D10_it_waits_for_its_refund_and_that_for_its_sale()
    {
        var world = new ReferralWorld(Percent(10_00));
        Assert.Equal(DecisionCode.SaleMissing, world.Send(Failed("r").Named("f")).Code);
        Assert.Equal(DecisionCode.SaleMissing, world.Send(Refund("s", 40_00).Named("r")).Code);
        world.Send(Sale(100_00).Named("s"));

        Assert.Equal((ActionStatus.Reversed, ActionStatus.Rewarded), (world.Outcome(new("r")).Status, world.Outcome(new("f")).Status));
        Assert.Equal(10_00, world.Enrollment().NetMinor);
        Assert.Empty(world.State().Parked);
    }

    [Fact]
    public void D10_a_refund_that_comes_after_the_news_that_it_failed_takes_and_gives_at_once()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Failed("r"));
        world.Send(Refund("s", 40_00).Named("r"));

        Assert.Equal(10_00, world.Enrollment().NetMinor);
        Assert.Empty(world.State().Parked);
    }

    [Fact]
    public void D12_a_reward_cancelled_meanwhile_stays_cancelled()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        var sale = world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 40_00).Named("r"));
        world.CancelReward(sale.Reward);

        Assert.Equal(0, world.Send(Failed("r")).Minor);
        Assert.Equal(0, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D8_only_a_refund_of_this_referral_can_fail()
    {
        var world = new ReferralWorld(Percent(10_00)).Refer("bert");
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 1_00).Named("r"));
        world.Send(Chargeback("s", 1_00).Named("c"));

        Assert.All([Failed("s"), Failed("c")], draft => Assert.Equal(("not_a_refund", Field.RefundOf), Of(world.Send(draft).Refusal)));
        Assert.Equal(("other_referral", Field.RefundOf), Of(world.Send(Failed("r").By("bert")).Refusal));
        Assert.Equal(("other_currency", Field.Currency), Of(world.Send(Failed("r").In("USD")).Refusal));
        Assert.Equal("not_a_sale", world.Send(Won("r")).Refusal.Code);
    }

    private static (string, Field?) Of(Refusal refusal) => (refusal.Code, refusal.Field);
}
