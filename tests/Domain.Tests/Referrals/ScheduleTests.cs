using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>What an approval earns by itself: at once, over time, or together with others.</summary>
public class ScheduleTests
{
    private static readonly DateTimeOffset April = new(2023, 4, 19, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void H11_the_rows_of_a_schedule_are_there_up_front_with_their_running_totals()
    {
        var world = Approved(Fixed(10_00).Monthly(3));

        Assert.Equal(
            [(April, 10_00L, 30_00L, RewardStatus.Released), (April.AddMonths(1), 20_00, 30_00, RewardStatus.Pending), (April.AddMonths(2), 30_00, 30_00, RewardStatus.Pending)],
            world.Granted().Select(row => (row.DueAt!.Value, row.SoFarMinor, row.TotalMinor, row.Status)));
    }

    [Fact]
    public void H12_a_schedule_of_a_share_of_the_conversion_value()
    {
        var world = Approved(Percent(10_00).OfConversion().Monthly(3), conversion: 300_00);

        Assert.Equal([(30_00L, 90_00L), (60_00, 90_00), (90_00, 90_00)], world.Granted().Select(row => (row.SoFarMinor, row.TotalMinor)));
    }

    [Fact]
    public void D13_rows_that_are_not_due_are_in_no_balance_and_enter_it_when_they_are()
    {
        var world = Approved(Fixed(10_00).Monthly(3));
        Assert.Equal(10_00, world.Balance(AccountKind.Payable));
        Assert.Equal((10_00, 1), (world.Enrollment().NetMinor, world.Enrollment().Count));
        Assert.Equal(April.AddMonths(1), world.State().DueAt);

        world.Advance(TimeSpan.FromDays(30) - TimeSpan.FromTicks(1));
        Assert.Equal(10_00, world.Balance(AccountKind.Payable));
        world.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(20_00, world.Balance(AccountKind.Payable));
        world.Advance(TimeSpan.FromDays(365));
        Assert.Equal(30_00, world.Balance(AccountKind.Payable));
        Assert.Null(world.State().DueAt);
    }

    [Fact]
    public void D14_the_hold_of_a_row_runs_from_its_date()
    {
        var world = Approved(Fixed(10_00).Monthly(2).Held(10));
        Assert.Equal((10_00, 0), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));

        // A leap of the clock comes to the same as every day by itself.
        world.Advance(TimeSpan.FromDays(31));
        Assert.Equal((10_00, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        world.Advance(TimeSpan.FromDays(9));
        Assert.Equal((0, 20_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void D14_rows_of_dates_before_their_schedule_began_are_held_from_then(bool ofSale)
    {
        var world = Empty(ofSale ? Percent(10_00).Monthly(3).Held(30) : Fixed(10_00).Monthly(3).Held(30));
        world.Now = April;
        if (ofSale) world.Refer(Anna).Advance(TimeSpan.FromDays(45));
        world.Now = April.AddDays(45);
        if (ofSale) world.Send(Sale(100_00).At(April));
        else world.Refer(Anna, April);
        Assert.Equal((20_00, 0), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));

        // The third is due 61 days after the first: a leap of the clock comes to the same as every day by itself.
        world.Advance(TimeSpan.FromDays(30) - TimeSpan.FromTicks(1));
        Assert.Equal((30_00, 0), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        world.Advance(TimeSpan.FromTicks(1));
        Assert.Equal((10_00, 20_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        world.Advance(TimeSpan.FromDays(16));
        Assert.Equal((0, 30_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void D14_a_hold_from_when_it_occurred_runs_from_the_date_of_each_row()
    {
        var world = Empty(Fixed(10_00).Monthly(3).HeldFromOccurred(30));
        world.Now = April.AddDays(45);
        world.Refer(Anna, April);

        Assert.Equal((10_00, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void D17_a_row_is_unlocked_if_its_rule_was_active_when_it_was_due_however_late_the_turn_is(bool begins)
    {
        var world = Approved(Fixed(10_00).Monthly(3));
        world.Set(begins ? new(Enabled: true, From: April.AddDays(40)) : new(Enabled: true, To: April.AddDays(40)));
        world.Advance(TimeSpan.FromDays(365));

        Assert.Equal(20_00, world.Balance(AccountKind.Payable));
        Assert.Equal(
            [RewardStatus.Released, begins ? RewardStatus.Cancelled : RewardStatus.Released, begins ? RewardStatus.Released : RewardStatus.Cancelled],
            world.Granted().Select(row => row.Status));
    }

    [Fact]
    public void D17_rows_of_dates_before_their_schedule_began_are_due_then()
    {
        var world = Empty();
        world.Publish(Fixed(10_00).Monthly(3), state: new(Enabled: true, From: April.AddDays(40)));
        world.Now = April.AddDays(45);
        world.Refer(Anna, April);

        Assert.Equal(20_00, world.Balance(AccountKind.Payable));
    }

    [Fact]
    public void D15_rows_keep_to_the_last_day_of_shorter_months()
    {
        var world = Empty(Fixed(1).Monthly(3));
        world.Now = new(2023, 1, 31, 12, 0, 0, TimeSpan.Zero);
        world.Refer(Anna);

        Assert.Equal(["01-31", "02-28", "03-31"], world.Granted().Select(row => $"{row.DueAt:MM-dd}"));
    }

    // Half past midnight of May 31 in London, where summer time ends on October 25.
    [Fact]
    public void D15_rows_come_on_the_day_and_at_the_hour_of_the_programs_zone()
    {
        var world = Empty(Fixed(1).Monthly(7));
        world.Now = new(2026, 5, 30, 23, 30, 0, TimeSpan.Zero);
        world.Refer(Anna);

        Assert.Equal(
            ["05-30 23:30", "06-29 23:30", "07-30 23:30", "08-30 23:30", "09-29 23:30", "10-31 00:30", "11-30 00:30"],
            world.Granted().Select(row => $"{row.DueAt:MM-dd HH:mm}"));
    }

    [Fact]
    public void H11_a_future_row_can_be_released_early_or_cancelled()
    {
        var world = Approved(Fixed(10_00).Monthly(3).Held(10));
        var rows = world.Granted().Select(row => row.Reward.Key).ToList();
        Assert.IsType<Decision.Accepted>(world.Release(rows[2]));
        Assert.IsType<Decision.Accepted>(world.CancelReward(rows[1]));
        Assert.Equal("reward_not_pending", Assert.IsType<Decision.Refused>(world.CancelReward(rows[1])).Why.Code);

        Assert.Equal(10_00, world.Balance(AccountKind.Payable));
        Assert.Equal([RewardStatus.Pending, RewardStatus.Cancelled, RewardStatus.Released], world.Granted().Select(row => row.Status));
        world.Advance(TimeSpan.FromDays(365));
        Assert.Equal(20_00, world.Balance(AccountKind.Payable));
        Assert.Equal(0, world.Balance(AccountKind.Clawbacks));
    }

    [Theory]
    [InlineData("cancelled")]
    [InlineData("ended")]
    [InlineData("closed")]
    [InlineData("disabled")]
    public void H11_what_ends_the_accrual_cancels_the_rows(string how)
    {
        var world = Approved(Fixed(10_00).Monthly(3));
        if (how == "cancelled") world.Turn(Anna, turn => ReferralCommands.Cancel(turn, "left", "ada", cancelPending: false));
        if (how == "ended") world.Turn(Anna, turn => ReferralCommands.Delete(turn, 1, "left", "ada"));
        if (how == "closed") world.Referrer = world.Referrer with { Closed = true };
        if (how == "disabled") world.Set(new(Enabled: false));
        world.Advance(TimeSpan.FromDays(365));

        Assert.Equal(10_00, world.Balance(AccountKind.Payable));
        Assert.Equal([RewardStatus.Released, RewardStatus.Cancelled, RewardStatus.Cancelled], world.Granted().Select(row => row.Status));
        Assert.Null(world.State().DueAt);
    }

    [Fact]
    public void D5_caps_bound_a_schedule_from_the_start()
    {
        Assert.Equal([10_00, 10_00, 5_00], Approved(Fixed(10_00).Monthly(6).UpTo(25_00)).Granted().Select(row => row.Reward.Given.Minor));
        Assert.Equal(2, Approved(Fixed(10_00).Monthly(6).Times(2)).Granted().Count);
    }

    [Fact]
    public void D17_whoever_joins_later_starts_its_schedule_then()
    {
        var world = Approved(Percent(10_00));
        world.Publish(Fixed(10_00).Monthly(2));
        world.Advance(TimeSpan.FromDays(5));
        world.Turn(Anna, turn => ReferralCommands.Join(turn, 2, "ada"));

        Assert.Equal([April.AddDays(5), April.AddDays(5).AddMonths(1)], world.Granted().Select(row => row.DueAt!.Value));
    }

    [Fact]
    public void S1_an_approval_is_rewarded_and_no_action_is()
    {
        var world = Approved(Fixed(10_00).OnApproval());

        Assert.Equal(10_00, world.Balance(AccountKind.Payable));
        Assert.Equal(DecisionCode.NotEnrolled, world.Send(Sale(100_00)).Code);
    }

    [Fact]
    public void H8_a_share_of_a_conversion_value_that_is_missing_is_no_reward()
    {
        var world = Approved(Percent(10_00).OfConversion().OnApproval());

        Assert.Empty(world.Granted());
        Assert.Equal(DecisionCode.AmountMissing, Assert.Single(world.Journal.All.OfType<RewardsGranted>()).Decisions.Single().Code);
    }

    [Fact]
    public void H2_D6_approvals_are_paid_by_their_number_this_one_included()
    {
        var world = Empty(Fixed(0).OnApproval() with { Tiers = [Referees(1, 2, 5_00), Referees(3, null, 20_00)] });
        foreach (var referee in (string[])["a", "b", "c", "d"]) world.Refer(referee);

        Assert.Equal([5_00, 5_00, 20_00, 20_00], new[] { "a", "b", "c", "d" }.Select(referee => world.Granted(referee).Single().Reward.Given.Minor));
        Assert.Equal((4, 0), (world.Tally.Approved, world.Tally.Count));
    }

    [Fact]
    public void H9_every_N_referrals_are_paid_together_by_the_sum_of_their_values()
    {
        var world = Empty(Percent(10_00).OfConversion().ForEvery(3));
        world.Refer("a", null, 100_00).Refer("b").Refer("c", null, 250_00).Refer("d", null, 1_000_00).Refer("e", null, 1_00).Refer("f", null, 1_00);

        Assert.Equal(["c", "f"], new[] { "a", "b", "c", "d", "e", "f" }.Where(referee => world.Granted(referee).Count > 0));
        Assert.Equal((35_00, 100_20), (world.Granted("c").Single().Reward.Given.Minor, world.Granted("f").Single().Reward.Given.Minor));
    }

    [Fact]
    public void H9_a_base_of_conversion_values_holds_no_sale_so_no_refund_touches_it()
    {
        var world = Empty(Percent(10_00).OfConversion().ForEvery(2));
        world.Refer("a", null, 100_00).Refer("b", null, 100_00);
        Assert.Equal(20_00, world.Balance(AccountKind.Payable));
        foreach (var referee in (string[])["a", "b"])
        {
            world.Send(Sale(50_00).By(referee).Named(referee));
            world.Send(Refund(referee).By(referee));
            world.SettleRounds();
        }

        Assert.Equal((20_00, 0), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
    }

    [Fact]
    public void H12_a_share_of_the_first_sale_comes_in_monthly_rows_from_that_sale_on()
    {
        var world = Approved(Percent(10_00).Monthly(3));
        Assert.Empty(world.Granted());
        world.Advance(TimeSpan.FromDays(11));
        var sold = world.Send(Sale(300_00));

        Assert.Equal((ActionStatus.Rewarded, 30_00), (sold.Outcome!.Status, sold.Outcome.Decisions.Single().Minor));
        Assert.Equal([(April.AddDays(11), 30_00L, 90_00L), (April.AddDays(11).AddMonths(1), 60_00, 90_00), (April.AddDays(11).AddMonths(2), 90_00, 90_00)],
            world.Granted().Select(row => (row.DueAt!.Value, row.SoFarMinor, row.TotalMinor)));
        Assert.Equal(DecisionCode.NotFirst, world.Send(Sale(500_00)).Code);
        Assert.Equal(30_00, world.Balance(AccountKind.Payable));
        world.Advance(TimeSpan.FromDays(365));
        Assert.Equal(90_00, world.Balance(AccountKind.Payable));
    }

    [Fact]
    public void H12_D8_a_refund_of_the_sale_takes_its_share_of_every_row_future_ones_too()
    {
        var world = Approved(Percent(10_00).Monthly(3));
        world.Send(Sale(100_00).Named("s"));
        world.Advance(TimeSpan.FromDays(35));
        var refund = world.Send(Refund("s", 40_00).Named("r"));
        Assert.Equal((12_00, 8_00), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
        Assert.Equal([-4_00L, -4_00, -4_00], refund.Outcome!.Decisions.Select(decision => decision.Minor));

        world.Send(Refund("s", 60_00).Named("r2"));
        Assert.Equal((0, 20_00, null), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks), world.State().DueAt));
        world.Advance(TimeSpan.FromDays(365));
        Assert.Equal(0, world.Balance(AccountKind.Payable));

        // The row that was not due is there as long as its money may come back, and is due at once when it does.
        world.Send(Failed("r2"));
        Assert.Equal((12_00, 8_00), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
        world.Advance(TimeSpan.FromDays(1));
        Assert.Equal((18_00, 8_00), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
    }

    [Fact]
    public void H12_D13_what_comes_back_of_a_row_that_had_lost_it_before_it_was_due_is_earned_then()
    {
        var world = Approved(Percent(10_00).Monthly(3));
        world.Send(Sale(300_00).Named("s"));
        world.Send(Chargeback("s", 150_00).Named("c"));
        world.Advance(TimeSpan.FromDays(31));
        world.Send(Chargeback("s", 30_00).Named("c2"));
        Assert.Equal((-45_00, 21_00), (world.Balance(AccountKind.Rewards), world.Balance(AccountKind.Clawbacks)));

        // What was taken after the row was due comes back first: 6 of the first row, and 3 of 6 of the second.
        world.Send(Won("c", 60_00));
        Assert.Equal((-48_00, 12_00), (world.Balance(AccountKind.Rewards), world.Balance(AccountKind.Clawbacks)));
        world.Send(Won("c"));
        world.Send(Won("c2"));
        Assert.Equal((-60_00, 0), (world.Balance(AccountKind.Rewards), world.Balance(AccountKind.Clawbacks)));
        world.Advance(TimeSpan.FromDays(365));
        Assert.Equal((-90_00, 90_00), (world.Balance(AccountKind.Rewards), world.Balance(AccountKind.Payable)));
        Assert.Equal(90_00, world.Enrollment().NetMinor);
    }

    [Fact]
    public void H12_D12_a_row_that_was_cancelled_gives_and_takes_nothing_more()
    {
        var world = Approved(Percent(10_00).Monthly(2));
        world.Send(Sale(100_00).Named("s"));
        world.CancelReward(world.State().Scheduled!.Value.Single().Reward);
        world.Send(Refund("s", 50_00).Named("r"));
        world.Send(Failed("r"));

        Assert.Equal((10_00, 0), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
        Assert.Null(world.State().Scheduled);
    }

    [Fact]
    public void H9_every_N_first_sales_are_paid_together_by_their_sum()
    {
        var world = Empty(Percent(10_00).ForEvery(3));
        foreach (var referee in (string[])["a", "b", "c", "d"]) world.Refer(referee, null, 1_000_00);
        Assert.Equal(DecisionCode.Gathered, world.Send(Sale(100_00).By("a")).Code);
        Assert.Equal(DecisionCode.NotFirst, world.Send(Sale(900_00).By("a")).Code);
        Assert.Equal(DecisionCode.Gathered, world.Send(Sale(50_00).By("b")).Code);
        Assert.Equal(35_00, world.Send(Sale(200_00).By("c")).Outcome!.Decisions.Single().Minor);
        Assert.Equal(DecisionCode.Gathered, world.Send(Sale(10_00).By("d")).Code);

        Assert.Equal(35_00, world.Balance(AccountKind.Payable));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public void H9_D8_a_refund_of_any_of_the_N_sales_takes_its_share_and_a_failed_one_gives_it_back(int days)
    {
        var world = Empty(Percent(10_00).ForEvery(3).Held(days));
        foreach (var referee in (string[])["a", "b", "c"]) world.Refer(referee);
        world.Send(Sale(100_00).By("a").Named("a"));
        world.Send(Sale(50_00).By("b").Named("b"));
        world.Send(Refund("b", 50_00).By("b").Named("early"));
        world.Send(Sale(200_00).By("c").Named("c"));
        world.SettleRounds();
        Assert.Equal(30_00, Left(world));

        Assert.Equal(DecisionCode.RoundChanged, world.Send(Refund("a", 33_33).By("a").Named("r")).Outcome!.Decisions.Single().Code);
        world.Send(Refund("c", 100_00).By("c").Named("own"));
        world.SettleRounds();
        Assert.Equal(35_00 - 18_33, Left(world)); // 50.00, 33.33 and 100.00 of 350.00.

        world.Send(Failed("own").By("c"));
        world.SettleRounds();
        Assert.Equal(35_00 - 8_33, Left(world));
        world.Send(Refund("a").By("a").Named("rest"));
        world.Send(Refund("c").By("c").Named("all"));
        world.SettleRounds();
        Assert.Equal((0, 35_00), (Left(world), world.Balance(AccountKind.Clawbacks)));
    }

    [Fact]
    public void H9_D12_what_was_cancelled_is_not_taken_back_again()
    {
        var world = Empty(Percent(10_00).ForEvery(2).Held(30));
        foreach (var referee in (string[])["a", "b"]) world.Refer(referee);
        world.Send(Sale(100_00).By("a").Named("a"));
        world.Send(Sale(100_00).By("b").Named("b"));
        world.CancelReward(world.State("b").Holds[0].Reward, "b");
        world.Send(Refund("a").By("a"));
        world.SettleRounds();

        Assert.Equal((0, 20_00), (Left(world), world.Balance(AccountKind.Clawbacks)));
    }

    private static long Left(ReferralWorld world) => world.Balance(AccountKind.Payable) + world.Balance(AccountKind.Pending);

    [Fact]
    public void H9_what_fails_a_condition_is_not_gathered()
    {
        var world = Empty(Fixed(50_00).ForEvery(2).WhereRefereeHas(["vip"]));
        world.Refer("a", null, null, "vip").Refer("b").Refer("c", null, null, "vip");

        Assert.Equal(50_00, world.Granted("c").Single().Reward.Given.Minor);
        Assert.Equal(DecisionCode.RefereeTag, world.Journal.Of(world.Stream("b")).Select(recorded => recorded.Event).OfType<RewardsGranted>().Single().Decisions.Single().Code);
    }

    [Fact]
    public void D9_a_pending_reward_of_an_approval_can_be_cancelled()
    {
        var world = Approved(Fixed(10_00).OnApproval().Held(30));
        world.CancelReward(world.Granted().Single().Reward.Key);

        Assert.Equal((0, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Clawbacks)));
        Assert.Equal(RewardStatus.Cancelled, world.Granted().Single().Status);
    }

    private static ReferralWorld Approved(Domain.Programs.RewardRule rule, long? conversion = null)
    {
        var world = Empty(rule);
        world.Now = April;
        return world.Refer(Anna, April, conversion);
    }
}
