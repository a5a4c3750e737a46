using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>Chargebacks take back as refunds do; a won one is undone.</summary>
public class ChargebackTests
{
    [Fact]
    public void D8_a_chargeback_takes_back_and_a_won_one_gives_back()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        var chargeback = world.Send(Chargeback("s").Named("c"));
        Assert.Equal((ActionStatus.Reversed, DecisionCode.TakenBack, -10_00), (chargeback.Status, chargeback.Code, chargeback.Minor));

        var won = world.Send(Won("c"));
        Assert.Equal((ActionStatus.Rewarded, DecisionCode.GivenBack, 10_00), (won.Status, won.Code, won.Minor));
        Assert.Equal(10_00, world.Enrollment().NetMinor);
        Assert.Equal(1, world.Enrollment().Count);
        Assert.Equal((10_00, 0), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
    }

    [Theory]
    [InlineData("c")]
    [InlineData("s")]
    public void D8_a_won_chargeback_names_the_chargeback_or_its_sale(string about)
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s", 60_00).Named("c"));

        Assert.Equal(6_00, world.Send(Won(about)).Minor);
    }

    [Fact]
    public void D8_of_two_chargebacks_the_named_one_is_undone_and_each_once()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s", 20_00).Named("c1"));
        world.Send(Chargeback("s", 30_00).Named("c2"));

        Assert.Equal([2_00, 0, 3_00, 0], new[] { "c1", "c1", "c2", "c2" }.Select(about => world.Send(Won(about)).Minor));
        Assert.Equal(10_00, world.Enrollment().NetMinor);
    }

    // It may have come before the chargeback that it is of, as before a first one: used up, it would be missing when that comes.
    [Fact]
    public void D10_a_win_that_names_a_sale_whose_chargebacks_are_won_waits_for_the_next_one()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c1"));
        Assert.Equal(10_00, world.Send(Won("s").Named("w1")).Minor);
        foreach (var win in (string[])["w2", "w3"])
        {
            var early = world.Send(Won("s").Named(win));
            Assert.Equal((ActionStatus.Parked, DecisionCode.SaleMissing), (early.Status, early.Code));
        }

        // Each wins one, and the first to have come the first.
        world.Send(Chargeback("s").Named("c2"));
        Assert.Equal((ActionStatus.Rewarded, 10_00), (world.Outcome(new("w2")).Status, world.Outcome(new("w2")).Decisions[0].Minor));
        Assert.Equal(ActionStatus.Parked, world.Outcome(new("w3")).Status);
        world.Send(Chargeback("s", 40_00).Named("c3"));
        Assert.Equal((ActionStatus.Rewarded, 4_00), (world.Outcome(new("w3")).Status, world.Outcome(new("w3")).Decisions[0].Minor));
        Assert.Equal((10_00, 0), (world.Enrollment().NetMinor, world.State().Parked.Count));
    }

    [Fact]
    public void D8_a_win_may_be_partial_and_is_cumulative_at_most_the_chargeback()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));

        Assert.Equal([2_50, 2_50, 5_00, 0], new long?[] { 25_00, 25_00, 60_00, null }.Select(amount => world.Send(Won("c", amount)).Minor));
        Assert.Equal(10_00, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D8_a_win_without_an_amount_is_the_rest_of_the_chargeback()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s", 40_00).Named("c"));

        Assert.Equal([1_00, 3_00], [world.Send(Won("c", 10_00)).Minor, world.Send(Won("s")).Minor]);
    }

    [Fact]
    public void D8_what_is_undone_is_the_sum_of_what_stands_never_more_than_the_sale()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(50_00).Named("s"));
        world.Send(Chargeback("s", 50_00).Named("c"));
        world.Send(Refund("s", 20_00));
        var won = world.Send(Won("c", 25_00));

        Assert.Equal((50, 50), (won.Minor, world.Enrollment().NetMinor));
        Assert.Contains(
            "Of 25.00 GBP only 5.00 GBP are not undone any more: the rest was not taken by it, or is by others.", won.Lines(world.Program));
    }

    [Fact]
    public void D8_a_refund_without_an_amount_during_a_chargeback_is_the_whole_sale()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        world.Send(Refund("s"));

        Assert.Equal(0, world.Send(Won("c")).Minor);
        Assert.Equal(0, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D8_a_chargeback_without_an_amount_is_the_sale_less_the_chargebacks_that_stand()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 50_00));
        world.Send(Chargeback("s", 30_00).Named("c1"));
        world.Send(Chargeback("s").Named("c2"));

        // 50 refunded, 30 and 70 charged back: without the 70 there are 80 undone.
        Assert.Equal(2_00, world.Send(Won("c2")).Minor);
        Assert.Equal(3_00, world.Send(Won("c1")).Minor);
    }

    [Fact]
    public void D8_a_win_that_names_a_sale_with_several_open_chargebacks_is_refused_as_ambiguous()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s", 20_00).Named("c1"));
        world.Send(Chargeback("s", 30_00).Named("c2"));
        var refused = world.Send(Won("s").Named("w")).Refusal;

        Assert.Equal((RefusalKind.Senseless, "ambiguous_chargeback", Field.ChargebackOf), (refused.Kind, refused.Code, refused.Field));
        world.Send(Won("c2"));
        Assert.Equal(2_00, world.Send(Won("s").Named("w")).Minor);
    }

    [Fact]
    public void D8_a_win_of_a_sale_without_an_amount_gives_all_back_whatever_it_says()
    {
        var world = new ReferralWorld(Fixed(5_00));
        world.Send(Sale(null).Named("s"));
        world.Send(Chargeback("s", 8_00).Named("c"));

        Assert.Equal(5_00, world.Send(Won("c", 1_00)).Minor);
        Assert.Equal(0, world.Send(Won("c")).Minor);
    }

    [Fact]
    public void D8_it_gives_back_only_up_to_the_room_under_the_cap()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        world.Send(Sale(60_00));
        var won = world.Send(Won("c"));

        Assert.Equal((ActionStatus.Rewarded, 4_00), (won.Status, won.Minor));
        Assert.Equal(10_00, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D8_without_room_nothing_is_given_back()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        world.Send(Sale(100_00));
        var won = world.Send(Won("c"));

        Assert.Equal((ActionStatus.NotRewarded, DecisionCode.NothingToGiveBack, 0), (won.Status, won.Code, won.Minor));
    }

    [Fact]
    public void D8_the_room_is_shared_by_two_rewards_of_one_enrollment()
    {
        var world = new ReferralWorld(Tiered(Spent(0, 1_000_00, 10_00), Spent(100_00, null, 10_00)).UpTo(20_00)).Refer("bert");
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        world.Send(Sale(900_00).Named("s2"));
        world.Send(Refund("s2", 225_00));

        var won = world.Send(Won("c"));
        Assert.Equal([5_00, 0], won.Outcome!.Decisions.Select(decision => decision.Minor));
        Assert.Equal(20_00, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D8_a_refund_during_a_chargeback_counts_once_the_chargeback_is_won()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        Assert.Equal(0, world.Send(Refund("s", 40_00)).Minor);

        Assert.Equal(6_00, world.Send(Won("c")).Minor);
        Assert.Equal(-6_00, world.Send(Refund("s")).Minor);
        Assert.Equal(0, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D8_a_sale_without_an_amount_that_was_refunded_stays_undone_when_its_chargeback_is_won()
    {
        var world = new ReferralWorld(Fixed(5_00));
        world.Send(Sale(null).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        world.Send(Refund("s"));

        Assert.Equal(0, world.Send(Won("c")).Minor);
        Assert.Equal(0, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D8_what_a_chargeback_and_a_refund_round_up_together_stays_taken_for_the_refund()
    {
        var world = new ReferralWorld(Fixed(5));
        world.Send(Sale(1_000).Named("s"));
        Assert.Equal(-1, world.Send(Chargeback("s", 100).Named("c")).Minor);
        Assert.Equal(0, world.Send(Refund("s", 100)).Minor);

        Assert.Equal(0, world.Send(Won("c")).Minor);
        Assert.Equal(4, world.Enrollment().NetMinor);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void D8_a_reward_that_was_released_is_never_pending_again(bool reversed)
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        var sale = world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s", 50_00).Named("c1"));
        world.Release(sale.Reward);
        world.Send(Chargeback("s", 50_00).Named("c2"));
        world.Send(Won(reversed ? "c2" : "c1"));
        world.Send(Won(reversed ? "c1" : "c2"));

        Assert.Equal((0, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        world.Send(Refund("s"));
        Assert.Equal((0, 0), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void D8_what_was_pending_is_pending_again_until_its_old_date()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        var until = world.Send(Sale(100_00).Named("s")).Only.ReleaseAt;
        world.Send(Chargeback("s").Named("c"));
        Assert.Null(world.State().DueAt);
        world.Advance(TimeSpan.FromDays(10));
        var won = world.Send(Won("c"));

        Assert.Equal((RewardStatus.Pending, until), (won.Only.State, won.Only.ReleaseAt));
        Assert.Equal(until, world.State().DueAt);
        world.Advance(TimeSpan.FromDays(20));
        Assert.Equal((0, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void D8_what_comes_back_after_its_hold_is_payable()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        world.Advance(TimeSpan.FromDays(31));
        world.Send(Won("c"));

        Assert.Equal((0, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void D8_what_comes_back_of_a_reward_released_by_hand_is_payable(bool manual)
    {
        var world = new ReferralWorld(manual ? Percent(10_00).HeldForReview() : Percent(10_00).Held(30));
        var sale = world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s", 40_00).Named("c"));
        world.Release(sale.Reward);
        world.Send(Won("c"));

        Assert.Equal((0, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void D8_a_manual_hold_that_was_charged_back_as_a_whole_waits_for_a_person_again()
    {
        var world = new ReferralWorld(Percent(10_00).HeldForReview());
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        world.Send(Won("c"));

        Assert.Equal((10_00, 0), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void D12_a_reward_cancelled_meanwhile_stays_cancelled()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        var sale = world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s", 40_00).Named("c"));
        world.CancelReward(sale.Reward);
        var won = world.Send(Won("c"));

        Assert.Equal((DecisionCode.NothingToGiveBack, 0), (won.Code, won.Minor));
        Assert.Equal(RewardStatus.Cancelled, world.Outcome(new("s")).Decisions[0].State);
    }

    [Fact]
    public void D8_refunds_and_chargebacks_share_one_sale()
    {
        var world = new ReferralWorld(Fixed(333));
        world.Send(Sale(1_000).Named("s"));

        Assert.Equal(
            [-100, -100, -133],
            [world.Send(Refund("s", 300)).Minor, world.Send(Chargeback("s", 300)).Minor, world.Send(Refund("s")).Minor]);
    }

    [Fact]
    public void D8_a_won_chargeback_of_another_referee_or_of_a_refund_is_refused()
    {
        var world = new ReferralWorld(Percent(10_00)).Refer("bert");
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s", 1_00).Named("c"));
        world.Send(Refund("s", 1_00).Named("r"));

        Assert.Equal("other_referral", world.Send(Won("c").By("bert")).Refusal.Code);
        Assert.Equal(Field.ChargebackOf, world.Send(Won("c").By("bert")).Refusal.Field);
        Assert.Equal("not_a_sale", world.Send(Won("r")).Refusal.Code);
        Assert.Equal("not_a_sale", world.Send(Chargeback("c")).Refusal.Code);
    }
}
