using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>Rewards of a referral that somebody should look at.</summary>
public class FlagTests
{
    [Fact]
    public void X9_while_a_referral_is_flagged_its_rewards_are_pending_whatever_the_hold_says()
    {
        var world = Flagged(Percent(10_00), Percent(5_00).Held(3), Fixed(7_00).OnApproval());
        world.Send(Sale(100_00));
        world.Advance(TimeSpan.FromDays(30));
        Assert.Equal((22_00, 0), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        Assert.Null(world.State().DueAt);
        Assert.Equal("referral_flagged", Assert.IsType<Decision.Refused>(world.Release(world.State().Holds[0].Reward)).Why.Code);
    }

    [Fact]
    public void X9_cleared_they_go_where_their_holds_say()
    {
        var world = Flagged(Percent(10_00), Percent(5_00).Held(3), Percent(1_00).HeldForReview());
        world.Send(Sale(100_00));
        Resolve(world, confirmed: false);
        Assert.Equal((6_00, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        world.Advance(TimeSpan.FromDays(3));
        Assert.Equal((1_00, 15_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        Assert.Equal(0, world.Send(Sale(100_00)).Outcome!.Decisions.Count(decision => decision is { Rule: 1, State: not RewardStatus.Released }));
    }

    [Fact]
    public void X9_confirmed_the_referral_is_cancelled_with_all_that_is_pending()
    {
        var world = Flagged(Percent(10_00));
        world.Send(Sale(100_00));
        Resolve(world, confirmed: true);
        Assert.Equal((ReferralStatus.Cancelled, FlagState.Confirmed), (world.State().Status, world.State().Flag));
        Assert.Equal((0, 0), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void X9_confirmed_what_was_released_before_the_flag_is_not_taken_back()
    {
        var world = new ReferralWorld(Percent(10_00), Percent(5_00).HeldForReview());
        var sold = world.Send(Sale(100_00));
        world.Release(sold.Outcome!.Decisions[1].Reward!.Value);
        world.Turn(ReferralWorld.Anna, turn => Aliases.Add(turn, new(new("other"), new(ReferralWorld.Anna), new(99), Referral.None, SelfReferral.SameId), "ada"));
        world.Send(Sale(40_00));
        Assert.Equal((6_00, 15_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));

        Resolve(world, confirmed: true);
        Assert.Equal((0, 15_00, 6_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable), world.Balance(AccountKind.Clawbacks)));
    }

    [Fact]
    public void X9_what_comes_back_of_a_flagged_referral_is_pending_too()
    {
        var world = Flagged(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        world.Send(Won("c"));
        Assert.Equal((10_00, 0), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        Resolve(world, confirmed: false);
        Assert.Equal((0, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void X9_D16_a_flag_does_not_go_with_a_referrer_whose_rewards_wait_for_it()
    {
        var world = Flagged(Percent(10_00));
        var reward = world.Send(Sale(100_00)).Reward;
        Assert.Equal("referral_flagged", Given(world, SelfReferral.None));
        world.CancelReward(reward);
        Assert.Null(Given(world, SelfReferral.None));
        Assert.Equal((FlagState.None, 0, 0), (world.State().Flag, world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void X9_D16_what_was_earned_honestly_is_not_held_back_for_the_flag_of_whoever_gets_the_referral()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30), Fixed(1_00).Monthly(2));
        world.Send(Sale(100_00));
        Assert.Equal("referral_flagged", Given(world, SelfReferral.SameEmail));
        Assert.Null(Given(world, SelfReferral.None));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void X9_D16_an_alias_does_not_flag_what_the_referrer_before_has_earned(bool scheduled)
    {
        var world = new ReferralWorld(scheduled ? Fixed(1_00).Monthly(2) : Percent(10_00).Held(30));
        world.Send(Sale(100_00));
        Assert.Null(Given(world, SelfReferral.None));
        Assert.Equal("referral_flagged", Named("tom", SelfReferral.SameId));
        Assert.Equal(FlagState.None, world.State().Flag);
        Assert.Null(Named("another", SelfReferral.None));

        // Once that is the referrer's, there is nothing of another to hold back.
        world.Advance(TimeSpan.FromDays(70));
        Assert.Null(Named("tom", SelfReferral.SameId));
        Assert.Equal(FlagState.Open, world.State().Flag);

        string? Named(string id, SelfReferral why) =>
            (world.Turn(ReferralWorld.Anna, turn => Aliases.Add(turn, new(new(id), new(ReferralWorld.Anna), new(id.Length), Referral.None, why), "ada")) as Decision.Refused)?.Why.Code;
    }

    [Fact]
    public void X9_H14_what_comes_back_of_a_flagged_referral_is_not_paid_with_a_group()
    {
        var world = new ReferralWorld(Percent(10_00).Grouped(15_00));
        world.Refer("ben").Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        Assert.Empty(world.State().Holds);
        world.Turn(ReferralWorld.Anna, turn => Aliases.Add(turn, new(new("other"), new(ReferralWorld.Anna), new(99), Referral.None, SelfReferral.SameId), "ada"));
        world.Send(Sale(90_00).By("ben"));
        world.Send(Won("c"));
        Assert.Empty(world.Released);
        Assert.Equal((10_00, 0), (world.State().Holds[0].RemainingMinor, world.State().Holds[0].Group));
        Resolve(world, confirmed: true);
        Assert.Equal(9_00, world.Balance(AccountKind.Pending));
    }

    [Fact]
    public void X9_H14_what_comes_back_of_a_flagged_referral_waits_though_its_group_is_paid()
    {
        var world = new ReferralWorld(Percent(10_00).Grouped(15_00));
        world.Refer("ben").Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        world.Send(Sale(160_00).By("ben"));
        Assert.Single(world.Released);
        world.Turn(ReferralWorld.Anna, turn => Aliases.Add(turn, new(new("other"), new(ReferralWorld.Anna), new(99), Referral.None, SelfReferral.SameId), "ada"));
        world.Send(Won("c"));
        world.Advance(TimeSpan.FromDays(400));
        Assert.Equal((10_00, 0), Assert.Single(world.State().Holds) is var hold ? (hold.RemainingMinor, hold.Group) : default);
        Resolve(world, confirmed: true);
        Assert.Empty(world.State().Holds);
    }

    [Fact]
    public void X9_H14_what_comes_back_in_part_while_it_is_flagged_is_one_hold_with_the_rest_of_it()
    {
        var world = new ReferralWorld(Percent(10_00).Grouped(15_00));
        world.Refer("ben").Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 30_00).Named("r1"));
        world.Send(Refund("s", 70_00).Named("r2"));
        world.Turn(ReferralWorld.Anna, turn => Aliases.Add(turn, new(new("other"), new(ReferralWorld.Anna), new(99), Referral.None, SelfReferral.SameId), "ada"));
        world.Send(Failed("r1"));
        Resolve(world, confirmed: false);
        world.Send(Failed("r2"));
        Assert.Equal((10_00, 0), Assert.Single(world.State().Holds) is var hold ? (hold.RemainingMinor, hold.Group) : default);
        world.Send(Sale(140_00).By("ben"));
        Assert.Empty(world.Released);
        world.Release(world.State().Holds[0].Reward);
        Assert.Equal((14_00, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void X9_D16_what_comes_back_to_a_referrer_at_whose_flag_nobody_looked_waits_for_a_person(int days)
    {
        var world = Flagged(days == 0 ? Percent(10_00) : Percent(10_00).Held(days));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        Assert.Null(Given(world, SelfReferral.None));
        world.Send(Won("c", 40_00));
        world.Send(Won("c"));
        world.Advance(TimeSpan.FromDays(30));
        Assert.Equal((10_00, 0), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));

        // Once a person let it go it is the referrer's for good.
        world.Release(world.State().Holds[0].Reward);
        world.Send(Refund("s").Named("r"));
        world.Send(Failed("r"));
        Assert.Equal((0, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void X9_D16_what_comes_back_to_a_referrer_whose_flag_was_cleared_since_goes_where_its_hold_says()
    {
        var world = Flagged(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        Assert.Null(Given(world, SelfReferral.None));
        world.Turn(ReferralWorld.Anna, turn => ReferralCommands.Reassign(turn, world.Referrer, null, "ada", SelfReferral.SameEmail));
        Resolve(world, confirmed: false);
        Assert.Null(Given(world, SelfReferral.None));
        world.Send(Won("c"));
        Assert.Equal((0, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void X9_D16_D8_what_comes_back_to_an_honest_referrer_is_not_stopped_by_the_flag_of_whoever_has_the_referral(bool confirmed)
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        world.Advance(TimeSpan.FromDays(2));
        Assert.Null(Given(world, SelfReferral.SameEmail));
        world.Send(Sale(50_00));
        world.Advance(TimeSpan.FromDays(3));
        world.Send(Won("c"));
        Assert.Equal((FlagState.Open, 15_00), (world.State().Flag, world.Balance(AccountKind.Pending)));
        if (confirmed) Resolve(world, confirmed: true);
        Assert.Equal(ReferralWorld.Start.AddDays(31), world.State().DueAt);
        world.Advance(TimeSpan.FromDays(40));
        Assert.Equal((confirmed ? 0 : 5_00, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        Assert.Null(world.State().DueAt);
    }

    [Fact]
    public void X9_D16_a_person_lets_go_what_is_not_the_flagged_referrers()
    {
        var world = new ReferralWorld(Percent(10_00).HeldForReview());
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        Assert.Null(Given(world, SelfReferral.SameEmail));
        world.Send(Sale(50_00));
        world.Send(Won("c"));
        Assert.Equal([new(2), new(3)], world.State().Holds.Select(hold => hold.Referrer));
        Assert.Equal("referral_flagged", Assert.IsType<Decision.Refused>(world.Release(world.State().Holds[1].Reward)).Why.Code);
        Assert.IsType<Decision.Accepted>(world.Release(world.State().Holds[0].Reward));
        Assert.Equal((5_00, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void X9_D16_H15_the_customer_is_asked_for_what_is_not_the_flagged_referrers()
    {
        var world = new ReferralWorld(Percent(10_00).HeldForCustomer(3)) { Customer = CustomerState.Active };
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        Assert.Null(Given(world, SelfReferral.SameEmail));
        world.Send(Sale(50_00));
        Assert.False(world.State().AsksForCustomer(world.Now.AddDays(3)));
        world.Send(Won("c"));
        Assert.True(world.State().AsksForCustomer(world.Now.AddDays(3)));
        world.Advance(TimeSpan.FromDays(3));
        Assert.Equal((5_00, 10_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Theory]
    [InlineData(SelfReferral.SameEmail, FlagState.Cleared)]
    [InlineData(SelfReferral.SameId, FlagState.Open)]
    public void D16_another_reason_flags_a_referral_that_was_cleared(SelfReferral why, FlagState state)
    {
        var world = Flagged(Percent(10_00));
        Resolve(world, confirmed: false);
        world.Turn(ReferralWorld.Anna, turn => Aliases.Add(turn, new(new("other"), new(ReferralWorld.Anna), new(99), Referral.None, why), "ada"));
        Assert.Equal((state, why), (world.State().Flag, world.State().SelfReferral));
    }

    private static string? Given(ReferralWorld world, SelfReferral why) =>
        (world.Turn(ReferralWorld.Anna, turn => ReferralCommands.Reassign(turn, new(new(3), new("tom"), 1, Closed: false, [], []), null, "ada", why)) as Decision.Refused)?.Why.Code;

    private static ReferralWorld Flagged(params RewardRule[] rules)
    {
        var world = ReferralWorld.Empty(rules);
        world.Turn(ReferralWorld.Anna, turn => ReferralCommands.Attribute(turn, world.Referrer, [], null, world.Now, SelfReferral.SameEmail));
        return world;
    }

    private static void Resolve(ReferralWorld world, bool confirmed) =>
        world.Turn(ReferralWorld.Anna, turn => ReferralCommands.ResolveFlag(turn, confirmed, null, "ada"));
}
