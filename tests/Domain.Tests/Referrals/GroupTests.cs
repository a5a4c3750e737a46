using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>Rewards that wait for others of their referrer.</summary>
public class GroupTests
{
    [Fact]
    public void H14_a_group_is_released_when_its_sum_reaches_the_amount_and_later_ones_begin_the_next()
    {
        var world = new ReferralWorld(Percent(10_00).Grouped(25_00)).Refer("bert");
        var first = world.Send(Sale(100_00).Named("s1"));
        Assert.Equal(RewardStatus.Grouped, first.Only.State);
        world.Send(Sale(100_00).By("bert"));
        Assert.Empty(world.Released);

        Assert.Equal(RewardStatus.Released, world.Send(Sale(50_00)).Only.State);
        Assert.Equal([(1, 25_00)], world.Released.Select(group => (group.Number, group.SumMinor)));
        Assert.Equal(RewardStatus.Released, world.Outcome(new("s1")).Decisions[0].State);

        // Bert's referral hears of it in its next turn.
        Assert.Single(world.State("bert").Holds);
        Assert.Equal(RewardStatus.Grouped, world.Send(Sale(10_00).By("bert")).Only.State);
        Assert.Equal(2, Assert.Single(world.State("bert").Holds).Group);
        Assert.Equal((2, 1_00), (world.Tally.Groups!.Value[0].Number, world.Tally.Groups.Value[0].SumMinor));
    }

    [Fact]
    public void H14_a_refund_shrinks_the_sum_and_after_release_takes_from_what_is_payable()
    {
        var world = new ReferralWorld(Percent(10_00).Grouped(20_00));
        world.Send(Sale(150_00).Named("s1"));
        Assert.True(Taken(world, Refund("s1", 100_00).Named("r1")).Pending);
        world.Send(Sale(140_00).Named("s2"));
        Assert.Empty(world.Released);
        world.Send(Sale(10_00).Named("s3"));
        Assert.Equal(20_00, Assert.Single(world.Released).SumMinor);
        var after = Taken(world, Refund("s2", 40_00));
        Assert.Equal((4_00, false, 0), (after.Minor, after.Pending, after.Group));
        Assert.Equal(0, world.Tally.Groups!.Value[0].SumMinor);
    }

    [Fact]
    public void H14_what_is_given_back_waits_again_in_its_group_and_is_payable_where_that_was_released()
    {
        var world = new ReferralWorld(Percent(10_00).Grouped(20_00));
        world.Send(Sale(100_00).Named("s1"));
        world.Send(Chargeback("s1").Named("c1"));
        world.Send(Won("c1"));
        Assert.Equal(10_00, world.Tally.Groups!.Value[0].SumMinor);
        world.Send(Chargeback("s1").Named("c2"));
        world.Send(Sale(200_00));
        world.Send(Won("c2"));
        Assert.Equal(0, world.Tally.Groups.Value[0].SumMinor);
        Assert.Empty(world.State().Holds);
    }

    [Fact]
    public void H14_one_that_is_released_or_cancelled_by_hand_leaves_the_sum()
    {
        var world = new ReferralWorld(Percent(10_00).Grouped(30_00));
        var rewards = Enumerable.Range(0, 3).Select(_ => world.Send(Sale(90_00)).Reward).ToList();
        world.Release(rewards[0]);
        world.CancelReward(rewards[1]);
        Assert.Equal(9_00, world.Tally.Groups!.Value[0].SumMinor);
    }

    private static RewardChange Taken(ReferralWorld world, Draft refund)
    {
        world.Send(refund);
        return Assert.Single(world.Journal.Of(world.Stream()).Select(recorded => recorded.Event).OfType<SaleReversed>().Last().Taken);
    }
}
