using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>Tiers by what all of a referrer's referees have spent, or by how many they are.</summary>
public class TierTests
{
    private static readonly RewardRule Example = TierReached(
        Spent(0, 200_00, 5_00), Spent(201_00, 400_00, 10_00), Spent(401_00, 600_00, 15_00));

    [Theory]
    [InlineData(80_00, 5_00)]
    [InlineData(200_00, 5_00)]
    [InlineData(200_50, 0)]
    [InlineData(201_00, 10_00)]
    [InlineData(400_00, 10_00)]
    [InlineData(500_00, 15_00)]
    [InlineData(600_00, 15_00)]
    [InlineData(600_01, 0)]
    public void H4_a_tally_pays_the_tier_that_holds_it(long spent, long reward)
    {
        var sent = new ReferralWorld(Example).Send(Sale(spent));

        Assert.Equal((reward, reward == 0 ? DecisionCode.NoTier : DecisionCode.Rewarded), (sent.Minor, sent.Code));
    }

    [Fact]
    public void H4_each_tier_is_paid_once_as_the_tally_grows()
    {
        var world = new ReferralWorld(Example);

        // 80, 160, 400, 400.01, 500, 600.01
        Assert.Equal(
            [5_00, 0, 10_00, 0, 15_00, 0],
            new long[] { 80_00, 80_00, 240_00, 1, 99_99, 100_01 }.Select(amount => world.Send(Sale(amount)).Minor));
    }

    [Fact]
    public void H2_a_tier_is_paid_once_per_referrer_over_all_referees()
    {
        var world = new ReferralWorld(Example).Refer("bert");

        Assert.Equal(5_00, world.Send(Sale(80_00)).Minor);
        var second = world.Send(Sale(20_00).By("bert"));
        Assert.Equal((0, DecisionCode.TierPaid), (second.Minor, second.Code));
        Assert.Equal(10_00, world.Send(Sale(200_00).By("bert")).Minor);
    }

    [Fact]
    public void H2_a_tier_reward_goes_with_the_sale_that_reached_it_and_is_not_paid_again()
    {
        var world = new ReferralWorld(Example).Refer("bert");
        world.Send(Sale(80_00).Named("first"));
        world.Send(Sale(60_00).Named("second").By("bert"));

        // The second reached nothing, so nothing goes with it.
        Assert.Equal(0, world.Send(Refund("second").By("bert")).Minor);
        Assert.Equal([-2_50, -2_50], new[] { world.Send(Refund("first", 40_00)), world.Send(Refund("first")) }.Select(refund => refund.Minor));
        Assert.Equal((DecisionCode.TierPaid, 0), (world.Send(Sale(50_00)).Code, world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void H2_a_recurring_action_pays_each_sale_by_the_tier_that_it_falls_in()
    {
        var world = new ReferralWorld(Tiered(SpentShare(0, 999_99, 10_00), SpentShare(1_000_00, null, 20_00))).Refer("bert");

        Assert.Equal(50_00, world.Send(Sale(500_00)).Minor);
        Assert.Equal(49_99, world.Send(Sale(499_99 - 8).By("bert")).Minor);
        Assert.Equal(20_00, world.Send(Sale(100_00)).Minor);
        Assert.Equal(20_00, world.Send(Sale(100_00).By("bert")).Minor);
    }

    [Fact]
    public void S6_five_referrals_give_a_bigger_reward()
    {
        var world = Empty(Tiered(Referees(1, 4, 5_00), Referees(5, null, 20_00)));
        string[] referees = ["a", "b", "c", "d", "e", "f"];
        foreach (var referee in referees) world.Refer(referee);

        Assert.Equal([5_00, 5_00, 5_00, 5_00, 20_00, 20_00], referees.Select(referee => world.Send(Sale(1_00).By(referee)).Minor));
        Assert.Equal(20_00, world.Send(Sale(1_00).By("a")).Minor);
    }

    [Fact]
    public void D6_by_count_a_referee_counts_once()
    {
        var world = new ReferralWorld(Tiered(Referees(1, 1, 5_00), Referees(2, null, 9_00))).Refer("bert");

        Assert.Equal([5_00, 5_00], [world.Send(Sale(1)).Minor, world.Send(Sale(1)).Minor]);
        Assert.Equal([9_00, 9_00], [world.Send(Sale(1).By("bert")).Minor, world.Send(Sale(1)).Minor]);
        Assert.Equal(2, world.Tally.Count);
    }

    [Fact]
    public void D6_a_sale_counts_whatever_other_conditions_say()
    {
        var world = new ReferralWorld(Tiered(Spent(0, 99_99, 1_00), Spent(100_00, null, 2_00)).Over(50_00).For("gold"));

        Assert.Equal(DecisionCode.BelowThreshold, world.Send(Sale(40_00).Buying("gold")).Code);
        Assert.Equal(DecisionCode.Product, world.Send(Sale(60_00)).Code);
        Assert.Equal(100_00, world.Tally.ValueMinor);
        Assert.Equal(2_00, world.Send(Sale(51_00).Buying("gold")).Minor);
    }

    [Fact]
    public void D6_what_is_before_approval_parked_mismatched_repeated_or_cancelled_does_not_count()
    {
        var world = new ReferralWorld(Tiered(Spent(0, null, 1_00)));
        world.Send(Sale(10_00).At(Start.AddSeconds(-1)));
        world.Send(Sale(20_00).In("USD"));
        world.Send(Sale(40_00).By("nobody"));
        world.Send(Sale(80_00).Named("x"));
        world.Send(Sale(80_00).Named("x"));
        world.Attribute("bert", approvedAt: null);
        world.Send(Sale(160_00).By("bert"));
        world.Turn("bert", turn => ReferralCommands.Cancel(turn, null, "ada", cancelPending: false));
        world.Send(Sale(320_00).By("bert"));

        Assert.Equal((80_00, 1), (world.Tally.ValueMinor, world.Tally.Count));
    }

    [Fact]
    public void D6_a_parked_sale_counts_when_it_takes_effect()
    {
        var world = Empty(Tiered(Spent(0, 99_99, 1_00), Spent(100_00, null, 2_00)));
        world.Send(Sale(60_00));
        world.Send(Sale(60_00));
        Assert.Equal(0, world.Tally.ValueMinor);

        world.Refer(Anna, approvedAt: Start);
        Assert.Equal(120_00, world.Tally.ValueMinor);
        Assert.Equal([1_00, 2_00], [world.Outcome(new("a1")).Decisions[0].Minor, world.Outcome(new("a2")).Decisions[0].Minor]);
    }

    [Fact]
    public void D6_a_refund_never_lowers_the_tally()
    {
        var world = new ReferralWorld(Example);
        world.Send(Sale(150_00).Named("s"));
        world.Send(Refund("s"));

        Assert.Equal(150_00, world.Tally.ValueMinor);
        Assert.Equal(DecisionCode.TierPaid, world.Send(Sale(50_00)).Code);
        Assert.Equal(10_00, world.Send(Sale(50_00)).Minor);
    }

    [Fact]
    public void D6_a_jump_past_a_tier_skips_it()
    {
        var world = new ReferralWorld(Example);

        Assert.Equal(15_00, world.Send(Sale(450_00)).Minor);
        Assert.Equal(0, world.Send(Sale(1_00)).Minor);
        Assert.Equal(15_00, world.Balance(AccountKind.Payable));
    }

    [Fact]
    public void H2_a_wide_tier_that_was_paid_is_not_paid_again_beside_a_later_one()
    {
        var world = new ReferralWorld(TierReached(Spent(0, 1_000_00, 5_00), Spent(100_00, 200_00, 7_00)));

        Assert.Equal([5_00, 7_00, 0, 0], new long[] { 50_00, 60_00, 50_00, 500_00 }.Select(amount => world.Send(Sale(amount)).Minor));
        Assert.Equal([new(1, 1), new(1, 2)], world.Tally.Paid);
    }

    [Fact]
    public void D6_a_tier_that_a_condition_refused_can_still_be_paid()
    {
        var world = new ReferralWorld(Example.For("gold"));

        Assert.Equal(DecisionCode.Product, world.Send(Sale(80_00)).Code);
        Assert.Equal(5_00, world.Send(Sale(20_00).Buying("gold")).Minor);
    }

    [Fact]
    public void D6_a_sale_without_an_amount_counts_its_referee_and_no_value()
    {
        var world = new ReferralWorld(Tiered(Referees(1, null, 3_00)));

        Assert.Equal(3_00, world.Send(Sale(null)).Minor);
        Assert.Equal((0, 1), (world.Tally.ValueMinor, world.Tally.Count));
    }

    [Fact]
    public void D7_two_tiers_on_one_bound_are_two_decisions()
    {
        var world = new ReferralWorld(TierReached(Spent(0, 200_00, 5_00), Spent(200_00, 400_00, 10_00)));
        var sent = world.Send(Sale(200_00));

        Assert.Equal([(1, 5_00L), (2, 10_00L)], sent.Outcome!.Decisions.Select(decision => (decision.Seen!.Tier, decision.Minor)));
        Assert.Equal(2, sent.Outcome.Decisions.Select(decision => decision.Reward).Distinct().Count());
        Assert.Equal((15_00, 2), (world.Enrollment().NetMinor, world.Enrollment().Count));
        Assert.Equal(DecisionCode.TierPaid, world.Send(Sale(1)).Code);
    }

    [Fact]
    public void D7_each_of_the_two_is_rounded_counted_and_capped_in_tier_order()
    {
        var tiers = new[] { SpentShare(0, 100_05, 10_00), SpentShare(100_05, null, 10_00) };

        Assert.Equal([10_01, 10_01], Minors(Tiered(tiers)));
        Assert.Equal([10_01, 0], Minors(Tiered(tiers).Times(1)));
        Assert.Equal([10_01, 4_99], Minors(Tiered(tiers).UpTo(15_00)));
        Assert.Equal([10_01, 0], Minors(Tiered(tiers).UpTo(15_00).OrNothing()));

        static IEnumerable<long> Minors(RewardRule rule) =>
            new ReferralWorld(rule).Send(Sale(100_05)).Outcome!.Decisions.Select(decision => decision.Minor);
    }

    [Fact]
    public void H2_a_tier_carries_a_rate_or_an_amount_whatever_the_reward_is()
    {
        var mixed = Tiered(Spent(0, 99_99, 1_00), SpentShare(100_00, 999_99, 2_00), Spent(1_000_00, null, 0));
        var ownValue = mixed with { Reward = mixed.Reward with { BasisPoints = 5_00 } };

        Assert.Equal(1_00, new ReferralWorld(mixed).Send(Sale(50_00)).Minor);
        Assert.Equal(2_00, new ReferralWorld(mixed).Send(Sale(100_00)).Minor);
        Assert.Equal(DecisionCode.ZeroReward, new ReferralWorld(mixed).Send(Sale(1_000_00)).Code);
        Assert.Equal(50_00, new ReferralWorld(ownValue).Send(Sale(1_000_00)).Minor);
    }

    [Fact]
    public void V5_points_may_be_tiered_too()
    {
        var rule = Points(1, 1_00) with { Tiers = [Referees(1, null, 0)] };

        Assert.Equal(139, new ReferralWorld(rule).Send(Sale(139_99)).Minor);
    }
}
