using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
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

    [Fact]
    public void H9_H14_a_share_of_first_sales_is_taken_from_what_is_payable_where_their_group_was_released()
    {
        var world = Empty(Percent(10_00).ForEvery(2).Grouped(25_00));
        foreach (var referee in (string[])["a", "b", "c", "d"]) world.Refer(referee).Send(Sale(100_00).By(referee).Named(referee));
        Assert.Equal(40_00, Assert.Single(world.Released).SumMinor);
        Assert.Single(world.State("b").Holds); // Its referral has not heard of it.

        world.Send(Refund("a").By("a"));
        world.SettleRounds();
        var taken = Assert.Single(world.Journal.Of(world.Stream("b")).Select(recorded => recorded.Event).OfType<RoundReversed>()).Taken;
        Assert.Equal((10_00, false, 0), (Assert.Single(taken).Minor, taken[0].Pending, taken[0].Group));
    }

    [Theory]
    [InlineData(SelfReferral.SameEmail, "rewards_grouped")]
    [InlineData(SelfReferral.None, null)]
    public void X9_H14_what_waits_in_a_group_is_not_paid_with_it_once_the_referral_is_flagged(SelfReferral why, string? refused)
    {
        var world = new ReferralWorld(Percent(10_00).Grouped(25_00));
        var reward = world.Send(Sale(100_00)).Reward;
        Assert.Equal(refused, Named(world, "other", why)?.Code);
        world.Release(reward);
        Assert.Null(Named(world, "other", why));
        Assert.Equal(why != SelfReferral.None, world.State().IsFlagged);
    }

    private static Refusal? Named(ReferralWorld world, string alias, SelfReferral why) =>
        (world.Turn(ReferralWorld.Anna, turn => Aliases.Add(turn, new(new(alias), new(ReferralWorld.Anna), new(99), Referral.None, why), "ada")) as Decision.Refused)?.Why;

    private static RewardChange Taken(ReferralWorld world, Draft refund)
    {
        world.Send(refund);
        return Assert.Single(world.Journal.Of(world.Stream()).Select(recorded => recorded.Event).OfType<SaleReversed>().Last().Taken);
    }
}
