using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>Actions that wait, and take effect by themselves.</summary>
public class ParkingTests
{
    [Fact]
    public void R11_an_action_without_a_referral_rewards_nobody()
    {
        var world = new ReferralWorld(Percent(10_00));
        var sent = world.Send(Sale(100_00).By("nobody"));

        Assert.Equal((ActionStatus.Parked, DecisionCode.ReferralMissing), (sent.Status, sent.Code));
        Assert.Empty(world.Postings());
    }

    [Fact]
    public void R11_a_referral_without_an_enrollment_rewards_nobody()
    {
        var sent = new ReferralWorld().Send(Sale(100_00));

        Assert.Equal(ActionStatus.NotRewarded, sent.Status);
        Assert.Empty(sent.Outcome!.Decisions);
    }

    [Fact]
    public void D10_an_action_takes_effect_by_itself_when_its_referral_comes()
    {
        var world = Empty(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Refer(Anna);

        Assert.Equal((ActionStatus.Rewarded, 10_00), (world.Outcome(new("s")).Status, world.Outcome(new("s")).Decisions[0].Minor));
        Assert.Equal(10_00, world.Balance(AccountKind.Payable));
        Assert.Empty(world.State().Parked);
    }

    [Fact]
    public void D9_actions_of_a_pending_referral_wait_and_replay_on_approval()
    {
        var world = Empty(Percent(10_00));
        world.Attribute(Anna, approvedAt: null);
        var sent = world.Send(Sale(100_00).Named("s"));
        Assert.Equal((ActionStatus.Parked, DecisionCode.ReferralPending), (sent.Status, sent.Code));

        world.Turn(Anna, turn => ReferralCommands.Approve(turn, Start));
        Assert.Equal(10_00, world.Outcome(new("s")).Decisions[0].Minor);
    }

    [Fact]
    public void D10_a_parked_action_says_what_it_waits_for_now()
    {
        var world = Empty(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("unknown").Named("r"));
        Assert.Equal([DecisionCode.ReferralMissing, DecisionCode.ReferralMissing], Waits());

        world.Attribute(Anna, approvedAt: null);
        Assert.Equal([DecisionCode.ReferralPending, DecisionCode.ReferralPending], Waits());

        world.Turn(Anna, turn => ReferralCommands.Approve(turn, Start));
        Assert.Equal([null, DecisionCode.SaleMissing], Waits());

        DecisionCode?[] Waits() => [world.Outcome(new("s")).Reason, world.Outcome(new("r")).Reason];
    }

    [Fact]
    public void D10_parked_actions_take_effect_in_arrival_order()
    {
        var world = Empty(Percent(10_00).UpTo(15_00));
        world.Now = Start.AddDays(1);
        world.Send(Sale(100_00).Named("first").At(Start.AddHours(2)));
        world.Send(Sale(100_00).Named("second").At(Start.AddHours(1)));
        world.Refer(Anna, approvedAt: Start);

        Assert.Equal([10_00, 5_00], new[] { "first", "second" }.Select(id => world.Outcome(new(id)).Decisions[0].Minor));
    }

    [Fact]
    public void D10_a_refund_before_its_sale_waits_and_is_then_applied()
    {
        var world = new ReferralWorld(Percent(10_00));
        var refund = world.Send(Refund("s", 40_00).Named("r"));
        Assert.Equal((ActionStatus.Parked, DecisionCode.SaleMissing), (refund.Status, refund.Code));

        var sale = world.Send(Sale(100_00).Named("s"));
        Assert.Equal((ActionStatus.Rewarded, 10_00), (sale.Status, sale.Minor));
        Assert.Equal((ActionStatus.Reversed, -4_00), (world.Outcome(new("r")).Status, world.Outcome(new("r")).Decisions[0].Minor));
        Assert.Equal(6_00, world.Enrollment().NetMinor);
        Assert.Empty(world.State().Parked);
    }

    [Fact]
    public void D10_refund_then_sale_then_referral()
    {
        var world = Empty(Fixed(333));
        world.Send(Refund("s", 300).Named("r1"));
        world.Send(Sale(1_000).Named("s"));
        world.Send(Refund("s", 300).Named("r2"));
        world.Refer(Anna);
        var last = world.Send(Refund("s", 400).Named("r3"));

        Assert.Equal(
            [-100, -100, -133], [world.Outcome(new("r1")).Decisions[0].Minor, world.Outcome(new("r2")).Decisions[0].Minor, last.Minor]);
        Assert.Equal(0, world.Enrollment().NetMinor);
        Assert.Equal(0, world.Balance(AccountKind.Payable));
    }

    [Theory]
    [InlineData("w c s")]
    [InlineData("w s c")]
    [InlineData("c w s")]
    [InlineData("c s w")]
    [InlineData("s w c")]
    [InlineData("s c w")]
    public void D10_a_sale_its_chargeback_and_the_win_may_arrive_in_any_order(string order)
    {
        foreach (var winNames in new[] { "c", "s" })
        {
            var world = new ReferralWorld(Percent(10_00));
            foreach (var id in order.Split(' '))
                world.Send((id switch { "s" => Sale(100_00), "c" => Chargeback("s"), _ => Won(winNames) }).Named(id));

            Assert.Empty(world.State().Parked);
            Assert.Equal(10_00, world.Enrollment().NetMinor);
            Assert.Equal(10_00, world.Outcome(new("w")).Decisions[0].Minor);
        }
    }

    [Fact]
    public void D10_an_action_that_names_itself_or_never_comes_waits_for_ever()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Refund("r").Named("r"));
        world.Send(Won("w").Named("w"));
        world.Send(Refund("inv_before_2010_12"));
        world.Send(Sale(100_00));

        Assert.Equal(3, world.State().Parked.Count);
        Assert.Equal(10_00, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D10_a_refund_that_waited_for_another_referee_s_sale_never_applies()
    {
        var world = new ReferralWorld(Percent(10_00)).Refer("bert");
        world.Send(Refund("s").By("bert").Named("r"));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Sale(100_00).By("bert"));

        Assert.Equal(ActionStatus.Parked, world.Outcome(new("r"), "bert").Status);
        Assert.Equal(10_00, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D9_cancelling_a_referral_decides_what_waited_and_stops_accrual()
    {
        var world = Empty(Percent(10_00));
        world.Attribute(Anna, approvedAt: null);
        world.Send(Sale(100_00).Named("s"));
        Cancel(world);

        Assert.Equal(ActionStatus.NotRewarded, world.Outcome(new("s")).Status);
        Assert.Empty(world.State().Parked);
        Assert.Equal(ActionStatus.NotRewarded, world.Send(Sale(100_00)).Status);
    }

    [Theory]
    [InlineData(false, 10_00, 0)]
    [InlineData(true, 0, 10_00)]
    public void D9_pending_rewards_of_a_cancelled_referral_stay_unless_they_are_cancelled_too(bool cancelPending, long pending, long taken)
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        world.Send(Sale(100_00).Named("s"));
        Cancel(world, cancelPending);

        Assert.Equal((pending, taken), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Clawbacks)));
        Assert.Equal(DecisionCode.ReferralCancelled, world.Send(Sale(100_00)).Code);
        Assert.Equal(cancelPending ? 0 : -10_00, world.Send(Refund("s")).Minor);
    }

    [Fact]
    public void D10_only_so_many_may_wait_and_a_refused_one_does_not_use_up_its_id()
    {
        var world = Empty(Fixed(1));
        world.Turn(Anna, turn => Enumerable.Range(0, ActionDecider.MaxParked).Select(i => turn.Record(Sale(1).ToAction($"p{i}", world.Now))).Count());
        var sent = world.Send(Sale(1).Named("one-more"));
        Assert.Equal((RefusalKind.OverQuota, "too_many_parked"), (sent.Refusal.Kind, sent.Refusal.Code));

        world.Refer(Anna);
        Assert.Equal(ActionDecider.MaxParked, world.Balance(AccountKind.Payable));
        Assert.Equal(1, world.Send(Sale(1).Named("one-more")).Minor);
    }

    [Fact]
    public void D9_what_was_decided_in_the_same_turn_is_cancelled_too()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        world.Turn(Anna, turn =>
        {
            turn.Record(Sale(100_00).ToAction("s", world.Now));
            return ReferralCommands.Cancel(turn, "fraud", "ada", cancelPending: true);
        });

        Assert.Equal((0, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Clawbacks)));
        Assert.Equal(0, world.Send(Refund("s")).Minor);
    }

    [Fact]
    public void D12_the_reward_of_a_sale_that_had_waited_is_cancelled_for_good()
    {
        var world = Empty(Percent(10_00).Held(30));
        world.Send(Sale(100_00).Named("s"));
        world.Refer(Anna);
        world.CancelReward(world.Outcome(new("s")).Decisions[0].Reward!.Value);

        Assert.Equal(RewardStatus.Cancelled, world.Outcome(new("s")).Decisions[0].State);
        Assert.Equal(0, world.Send(Refund("s")).Minor);
    }

    private static void Cancel(ReferralWorld world, bool cancelPending = false) =>
        Assert.IsType<Decision.Accepted>(world.Turn(Anna, turn => ReferralCommands.Cancel(turn, "fraud", "ada", cancelPending)));

    [Fact]
    public void D10_what_waits_costs_a_later_sale_nothing()
    {
        long Cost(int orphans)
        {
            var world = new ReferralWorld(Percent(10_00));
            for (var i = 0; i < orphans; i++) world.Send(Refund($"gone{i}", 1_00));
            return Enumerable.Range(0, 20).Min(_ =>
            {
                var (action, turn) = (Sale(10_00).ToAction("s", world.Now), world.Begin(Anna));
                var before = GC.GetAllocatedBytesForCurrentThread();
                turn.Record(action);
                return GC.GetAllocatedBytesForCurrentThread() - before;
            });
        }

        Assert.InRange(Cost(ActionDecider.MaxParked), 0, 2 * Cost(1));
    }

    [Fact]
    public void D10_when_a_sale_comes_what_waits_for_it_takes_effect_in_arrival_order_and_the_rest_waits_on()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Won("s").Named("w"));
        world.Send(Refund("other", 1_00));
        world.Send(Chargeback("s", 70_00).Named("c"));
        world.Send(Refund("s", 50_00).Named("r"));
        world.Send(Sale(100_00).Named("s"));

        Assert.Equal(
            [typeof(SaleDecided), typeof(SaleReversed), typeof(ReversalUndone), typeof(SaleReversed)],
            world.Journal.Of(world.Stream()).Select(recorded => recorded.Event.GetType()).TakeLast(4));
        Assert.Equal(5_00, world.Enrollment().NetMinor);
        Assert.Equal("other", Assert.Single(world.State().Parked).Action.About!.Value.Value);
    }

    [Fact]
    public void D8_a_win_that_waited_and_has_become_ambiguous_waits_until_one_chargeback_is_open()
    {
        var world = ReferralWorld.Empty(Percent(10_00));
        world.Send(Sale(100_00).Named("s").At(Start));
        world.Send(Chargeback("s", 20_00).Named("c1").At(Start));
        world.Send(Chargeback("s", 30_00).Named("c2").At(Start));
        world.Send(Won("s").At(Start));
        world.Refer(Anna, Start);
        Assert.Single(world.State().Parked);

        world.Send(Won("c1"));
        Assert.Empty(world.State().Parked);
        Assert.Equal(10_00, world.Enrollment().NetMinor);
    }
}
