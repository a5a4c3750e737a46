using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>From unlocked to payable.</summary>
public class HoldTests
{
    [Fact]
    public void R7_instant_delivery_is_payable_at_once()
    {
        var world = new ReferralWorld(Fixed(5_00));
        var sent = world.Send(Sale(1));

        Assert.Equal(RewardStatus.Released, sent.Only.State);
        Assert.Equal((0, 5_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        Assert.Null(world.State().DueAt);
    }

    [Fact]
    public void H13_held_for_days_is_pending_until_then()
    {
        var world = new ReferralWorld(Fixed(5_00).Held(30));
        var sent = world.Send(Sale(1).Named("s"));

        Assert.Equal((RewardStatus.Pending, world.Now.AddDays(30)), (sent.Only.State, sent.Only.ReleaseAt));
        Assert.Equal(world.Now.AddDays(30), world.State().DueAt);
        Assert.Equal((5_00, 0), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));

        world.Advance(TimeSpan.FromDays(30) - TimeSpan.FromTicks(1));
        Assert.Equal(5_00, world.Balance(AccountKind.Pending));
        world.Advance(TimeSpan.FromTicks(1));
        Assert.Equal((0, 5_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        Assert.Equal(RewardStatus.Released, world.Outcome(new("s")).Decisions[0].State);
        Assert.Null(world.State().DueAt);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(14)]
    public void R7_a_manual_delivery_waits_for_a_person_also_after_its_delay(int days)
    {
        var world = new ReferralWorld(Fixed(5_00).HeldForReview(days));
        var sent = world.Send(Sale(1));

        Assert.Equal(days == 0 ? null : world.Now.AddDays(days), sent.Only.ReleaseAt);
        Assert.Null(world.State().DueAt);
        world.Advance(TimeSpan.FromDays(400));
        Assert.Equal(5_00, world.Balance(AccountKind.Pending));

        Assert.IsType<Decision.Accepted>(world.Release(sent.Reward));
        Assert.Equal((0, 5_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void H13_a_pending_reward_can_be_released_early()
    {
        var world = new ReferralWorld(Fixed(5_00).Held(30));
        var sent = world.Send(Sale(1));
        world.Release(sent.Reward);

        Assert.Equal(5_00, world.Balance(AccountKind.Payable));
        world.Advance(TimeSpan.FromDays(60));
        Assert.Equal(5_00, world.Balance(AccountKind.Payable));
        Assert.Equal("reward_not_pending", Assert.IsType<Decision.Refused>(world.Release(sent.Reward)).Why.Code);
    }

    [Fact]
    public void H13_a_pending_reward_can_be_cancelled()
    {
        var world = new ReferralWorld(Fixed(5_00).Held(30));
        var sent = world.Send(Sale(1).Named("s"));
        Assert.IsType<Decision.Accepted>(world.CancelReward(sent.Reward));

        Assert.Equal(RewardStatus.Cancelled, world.Outcome(new("s")).Decisions[0].State);
        Assert.Equal((0, 0, 5_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
        Assert.Equal(0, world.Enrollment().NetMinor);
        Assert.IsType<Decision.Refused>(world.CancelReward(sent.Reward));
        world.Advance(TimeSpan.FromDays(60));
        Assert.Equal(0, world.Balance(AccountKind.Payable));
    }

    [Fact]
    public void H13_a_released_reward_can_be_cancelled_no_more()
    {
        var world = new ReferralWorld(Fixed(5_00));
        var sent = world.Send(Sale(1).Named("s"));

        Assert.Equal("reward_not_pending", Assert.IsType<Decision.Refused>(world.CancelReward(sent.Reward)).Why.Code);
    }

    [Fact]
    public void D12_cancelling_takes_the_remainder_and_a_later_refund_takes_nothing()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        var sent = world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 40_00));
        world.CancelReward(sent.Reward);

        Assert.Equal(10_00, world.Balance(AccountKind.Clawbacks));
        var refund = world.Send(Refund("s"));
        Assert.Equal((ActionStatus.Reversed, DecisionCode.NothingToTakeBack, 0), (refund.Status, refund.Code, refund.Minor));
        Assert.Equal(10_00, world.Balance(AccountKind.Clawbacks));
    }

    [Fact]
    public void D14_a_back_dated_action_cannot_skip_the_hold_by_itself()
    {
        var world = new ReferralWorld(Fixed(5_00).Held(30)) { Now = Start.AddDays(100) };
        var sent = world.Send(Sale(1).At(Start.AddDays(1)));

        Assert.Equal((RewardStatus.Pending, Start.AddDays(130)), (sent.Only.State, sent.Only.ReleaseAt));
    }

    [Theory]
    [InlineData(80, true)]
    [InlineData(70, false)]
    [InlineData(1, false)]
    public void D14_a_hold_may_run_from_when_the_action_occurred(int day, bool pending)
    {
        var world = new ReferralWorld(Fixed(5_00).HeldFromOccurred(30)) { Now = Start.AddDays(100) };
        var sent = world.Send(Sale(1).At(Start.AddDays(day)));

        Assert.Equal(pending ? RewardStatus.Pending : RewardStatus.Released, sent.Only.State);
        Assert.Equal(Start.AddDays(day + 30), sent.Only.ReleaseAt);
        Assert.Equal(pending ? 5_00 : 0, world.Balance(AccountKind.Pending));
    }

    [Fact]
    public void H13_everything_that_is_due_is_released_at_once_and_each_reward_once()
    {
        var world = new ReferralWorld(Fixed(1_00).Held(10), Points(1, 1_00).Held(10), Fixed(2_00).Held(20));
        for (var i = 0; i < 3; i++) world.Send(Sale(7_00));
        world.Advance(TimeSpan.FromDays(10));

        Assert.Equal((3_00, 6_00), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Pending)));
        Assert.Equal(21, world.Balance(AccountKind.Payable, Asset.Points));
        Assert.Equal(6, Assert.Single(world.Journal.All.OfType<RewardsReleased>()).Released.Length);
        Assert.Equal(Start.AddDays(21), world.State().DueAt);
        world.Advance(TimeSpan.FromDays(10));
        Assert.Equal((9_00, 0), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Pending)));
    }

    [Fact]
    public void H13_more_than_five_hundred_due_rewards_are_released_in_several_rows()
    {
        var world = new ReferralWorld(Fixed(1).Held(1));
        for (var i = 0; i < 501; i++) world.Send(Sale(1));
        world.Advance(TimeSpan.FromDays(1));

        Assert.Equal([500, 1], world.Journal.All.OfType<RewardsReleased>().Select(released => released.Released.Length));
        Assert.Equal(501, world.Balance(AccountKind.Payable));
        Assert.Empty(world.State().Holds);
    }

    [Theory]
    [InlineData(CustomerState.Active, 5_00, 0, RewardStatus.Released)]
    [InlineData(CustomerState.Inactive, 0, 5_00, RewardStatus.Cancelled)]
    public void H15_after_its_days_a_reward_is_sent_or_cancelled_as_the_customer_is(CustomerState customer, long payable, long taken, RewardStatus status)
    {
        var world = new ReferralWorld(Fixed(5_00).HeldForCustomer(10)) { Customer = customer };
        world.Send(Sale(1).Named("s"));
        world.Advance(TimeSpan.FromDays(9));
        Assert.Equal(5_00, world.Balance(AccountKind.Pending));
        world.Advance(TimeSpan.FromDays(1));

        Assert.Equal((0, payable, taken), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
        Assert.Equal(status, world.Outcome(new("s")).Decisions[0].State);
    }

    [Fact]
    public void H15_while_nobody_knows_it_stays_pending_and_is_asked_for_again()
    {
        var world = new ReferralWorld(Fixed(5_00).HeldForCustomer(10), Fixed(1_00).Held(10));
        world.Send(Sale(1));
        world.Advance(TimeSpan.FromDays(10));
        Assert.Equal((5_00, 1_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        Assert.Equal(world.Now + RewardCommands.AskAgainAfter + TimeSpan.FromSeconds(world.Stream().Value), world.State().DueAt); // Not all at once.

        world.Customer = CustomerState.Active;
        world.Advance(TimeSpan.FromHours(5));
        Assert.Equal(5_00, world.Balance(AccountKind.Pending));
        world.Advance(TimeSpan.FromHours(2));
        Assert.Equal(6_00, world.Balance(AccountKind.Payable));
    }

    [Fact]
    public void H15_even_without_days_somebody_has_to_look()
    {
        var world = new ReferralWorld(Fixed(5_00).HeldForCustomer(0)) { Customer = CustomerState.Active };
        world.Send(Sale(1));
        Assert.Equal(5_00, world.Balance(AccountKind.Pending));

        world.Advance(TimeSpan.Zero);
        Assert.Equal(5_00, world.Balance(AccountKind.Payable));
    }

    [Fact]
    public void H15_a_turn_that_did_not_ask_leaves_it_to_the_next()
    {
        var world = new ReferralWorld(Fixed(5_00).HeldForCustomer(10)) { Customer = CustomerState.NotAsked };
        world.Send(Sale(1));
        world.Advance(TimeSpan.FromDays(10));
        Assert.Equal((5_00, world.Now), (world.Balance(AccountKind.Pending), world.State().DueAt));

        world.Customer = CustomerState.Active;
        world.Advance(TimeSpan.Zero);
        Assert.Equal(5_00, world.Balance(AccountKind.Payable));
    }
}
