using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>What a rule gives at most in a month, to one referrer or to all.</summary>
public class BudgetTests
{
    private static readonly DateTimeOffset January = ReferralWorld.Start.AddDays(5);
    private static readonly DateTimeOffset February = ReferralWorld.Start.AddDays(40);

    [Theory]
    [InlineData(BudgetPer.Referrer, DecisionCode.ReferrerBudget)]
    [InlineData(BudgetPer.Program, DecisionCode.ProgramBudget)]
    public void X5_a_budget_is_over_all_referees_and_pays_the_remainder(BudgetPer per, DecisionCode code)
    {
        var world = World(Percent(10_00), per, 25_00).Refer("bert");
        Assert.Equal([10_00, 10_00, 5_00, 0], new[] { "anna", "bert", "anna", "bert" }.Select(referee => world.Send(Sale(100_00).By(referee).At(January)).Minor));
        Assert.Equal(code, world.Send(Sale(1_00).At(January)).Code);
    }

    [Fact]
    public void X5_drop_pays_nothing_that_does_not_fit()
    {
        var world = World(Percent(10_00).OrNothing(), BudgetPer.Referrer, 15_00);
        Assert.Equal([10_00, 0, 5_00], new long[] { 100_00, 100_00, 50_00 }.Select(minor => world.Send(Sale(minor).At(January)).Minor));
    }

    [Fact]
    public void X5_each_month_of_the_programs_zone_has_its_own()
    {
        var world = World(Fixed(10_00), BudgetPer.Referrer, 10_00);
        world.Now = new(2026, 8, 2, 0, 0, 0, TimeSpan.Zero);

        // In London July ends an hour before it does at Greenwich.
        var last = new DateTimeOffset(2026, 7, 31, 22, 59, 59, TimeSpan.Zero);
        Assert.Equal([10_00, 0, 10_00, 0], new[] { last, last, last.AddSeconds(1), last.AddDays(1) }.Select(at => world.Send(Sale(1).At(at)).Minor));
    }

    [Fact]
    public void X5_what_is_taken_back_frees_room_in_the_month_of_its_sale_and_decides_nothing_again()
    {
        var world = World(Percent(10_00), BudgetPer.Referrer, 10_00);
        world.Now = February;
        world.Send(Sale(100_00).Named("jan").At(January));
        Assert.Equal(10_00, world.Send(Sale(100_00).Named("feb").At(February)).Minor);
        Assert.Equal(0, world.Send(Sale(50_00).Named("late").At(January)).Minor);
        world.Send(Refund("jan", 40_00));
        Assert.Equal(0, world.Outcome(new("late")).Decisions[0].Minor);
        Assert.Equal(DecisionCode.ReferrerBudget, world.Send(Sale(1_00).At(February)).Code);
        Assert.Equal([4_00, 0], [world.Send(Sale(90_00).At(January)).Minor, world.Send(Sale(90_00).At(January)).Minor]);
    }

    [Fact]
    public void X5_a_cancelled_reward_frees_room_and_a_win_takes_only_what_there_is()
    {
        var world = World(Percent(10_00).HeldForReview(), BudgetPer.Program, 20_00);
        var cancelled = world.Send(Sale(100_00).At(January));
        world.Send(Sale(100_00).Named("s2").At(January));
        world.CancelReward(cancelled.Reward);
        Assert.Equal(-10_00, world.Send(Chargeback("s2").Named("c2")).Minor);
        Assert.Equal(17_00, world.Send(Sale(170_00).At(January)).Minor);
        Assert.Equal(3_00, world.Send(Won("c2")).Minor);
        Assert.Equal(DecisionCode.ProgramBudget, world.Send(Sale(1_00).At(January)).Code);
    }

    // As of the reward of one sale: a budget that had no room once never pays what it withheld then.
    [Fact]
    public void H9_X5_what_found_no_room_when_a_refund_failed_does_not_come_back_with_a_refund_of_another_sale()
    {
        var world = ReferralWorld.Empty(Percent(10_00).ForEvery(2));
        world.Set(new(Enabled: true, Budget: new(BudgetPer.Referrer, 20_00)));
        foreach (var referee in (string[])["a", "b", "c", "d"]) world.Refer(referee);
        foreach (var (referee, minor) in ((string, long)[])[("a", 100_00), ("b", 100_00)]) world.Send(Sale(minor).By(referee).Named(referee));
        world.Send(Refund("a").By("a").Named("ra"));
        world.SettleRounds();
        foreach (var (referee, minor) in ((string, long)[])[("c", 50_00), ("d", 50_00)]) world.Send(Sale(minor).By(referee).Named(referee));
        Assert.Equal((10_00, 10_00), (Net("b"), Net("d")));

        world.Send(Failed("ra").By("a"));
        world.SettleRounds();
        Assert.Equal(10_00, Net("b")); // There is no room.
        world.Send(Refund("c").By("c"));
        world.SettleRounds();
        Assert.Equal((10_00, 5_00), (Net("b"), Net("d")));

        // What is taken for it was taken before; and when it fails, nothing more comes back than it took.
        world.Send(Refund("b", 1_00).By("b").Named("rb"));
        world.SettleRounds();
        Assert.Equal(10_00, Net("b"));
        world.Send(Failed("rb").By("b"));
        world.SettleRounds();
        Assert.Equal(10_10, Net("b"));

        long Net(string referee) => world.State(referee).Enrollments[0].NetMinor;
    }

    [Fact]
    public void X5_it_is_state_of_the_rule_and_can_be_raised_for_those_who_are_there()
    {
        var world = World(Percent(10_00), BudgetPer.Referrer, 10_00);
        Assert.Equal([10_00, 0], [world.Send(Sale(100_00)).Minor, world.Send(Sale(100_00)).Minor]);
        world.Set(new(Enabled: true, Budget: new(BudgetPer.Referrer, 12_00)));
        Assert.Equal(2_00, world.Send(Sale(100_00)).Minor);
    }

    [Fact]
    public void X5_two_tiers_on_one_bound_share_what_is_left()
    {
        var world = World(TierReached(Spent(0, 100_00, 6_00), Spent(100_00, null, 6_00)), BudgetPer.Referrer, 10_00);
        Assert.Equal([6_00, 4_00], world.Send(Sale(100_00)).Outcome!.Decisions.Select(decision => decision.Minor));
    }

    [Fact]
    public void D20_a_budget_is_looked_at_after_the_cap_and_explained()
    {
        var world = World(Percent(10_00).UpTo(12_00), BudgetPer.Referrer, 15_00);
        world.Refer("bert");
        world.Send(Sale(100_00));
        var clamped = world.Send(Sale(100_00).By("bert"));
        Assert.Equal(5_00, clamped.Minor);
        Assert.Contains("Of the rule's budget of 15.00 GBP in 2026-01, 10.00 GBP were used before and 15.00 GBP are after: clamped to the 5.00 GBP that were left.", clamped.Lines(world.Program));
        var refused = world.Send(Sale(50_00));
        Assert.Equal(DecisionCode.ReferrerBudget, refused.Code);
        Assert.Contains("Of the rule's budget of 15.00 GBP for one referrer in 2026-01, 15.00 GBP were used: nothing was left for 5.00 GBP.", refused.Lines(world.Program));
    }

    private static ReferralWorld World(RewardRule rule, BudgetPer per, long minor)
    {
        var world = new ReferralWorld(rule);
        world.Set(new(Enabled: true, Budget: new(per, minor)));
        world.Now = January;
        return world;
    }
}
