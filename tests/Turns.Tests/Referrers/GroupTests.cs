using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrers;

public sealed class GroupTests
{
    [Fact]
    public async Task H14_all_that_waits_of_a_referrer_is_payable_with_the_sale_that_reaches_the_amount()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Grouped(25_00));
        await shop.Refer(Shop.Ben);
        await shop.Sell("a1", 100_00);
        await shop.Sell("b1", 100_00, Shop.Ben);
        Assert.Equal((20_00, 0), (shop.Balance().Pending, shop.Balance().Payable));
        await shop.Sell("a2", 60_00);
        Assert.Equal((0, 26_00), (shop.Balance().Pending, shop.Balance().Payable));

        // Whatever its own referral knew, a refund takes from where the money is.
        await shop.Send(Sent.Refund("r1", "b1", shop.Now, 50_00), Shop.Ben);
        Assert.Equal((0, 21_00), (shop.Balance().Pending, shop.Balance().Payable));
        await shop.Sell("b2", 100_00, Shop.Ben);
        Assert.Equal((10_00, 21_00), (shop.Balance().Pending, shop.Balance().Payable));
    }

    [Fact]
    public async Task H14_a_sum_is_of_one_referrer_and_of_one_asset()
    {
        var credit = Asset.Credit("GBP");
        await using var shop = await Shop.Open(Rules.Percent(10_00).Grouped(25_00));
        await shop.Introduce("tom");
        await shop.Refer(Shop.Ben, "tom");
        await shop.Sell("a1", 200_00);
        await shop.Sell("b1", 200_00, Shop.Ben);
        Assert.Equal((20_00, 0, 20_00, 0), (shop.Balance().Pending, shop.Balance().Payable, shop.Balance("tom").Pending, shop.Balance("tom").Payable));

        // Who is referred by now earns credit by the same rule.
        await shop.Publish(Rules.Percent(10_00).Giving("credit", credit).Grouped(25_00));
        await shop.Refer("cleo");
        await shop.Sell("c1", 200_00, "cleo");
        Assert.Equal((20_00, 20_00, 0), (shop.Balance().Pending, shop.Balance(asset: credit).Pending, shop.Balance(asset: credit).Payable));

        await shop.Sell("a2", 50_00);
        Assert.Equal((0, 25_00), (shop.Balance().Pending, shop.Balance().Payable));
        Assert.Equal((20_00, 20_00), (shop.Balance("tom").Pending, shop.Balance(asset: credit).Pending));
        await shop.Sell("c2", 50_00, "cleo");
        Assert.Equal((0, 25_00), (shop.Balance(asset: credit).Pending, shop.Balance(asset: credit).Payable));
    }

    [Fact]
    public async Task H14_a_person_releases_a_group_before_it_reaches_its_amount()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Grouped(25_00));
        await shop.Sell("a1", 100_00);
        Assert.True((await Release(shop)).Changed);
        Assert.False((await Release(shop)).Changed);
        Assert.Equal((0, 10_00), (shop.Balance().Pending, shop.Balance().Payable));
        Assert.Equal(RewardStatus.Grouped, (await shop.Sell("a2", 200_00)).Outcome!.Decisions[0].State);
        shop.Restart();
        Assert.Equal(RewardStatus.Released, (await shop.Sell("a3", 50_00)).Outcome!.Decisions[0].State);
        Assert.Equal((0, 35_00), (shop.Balance().Pending, shop.Balance().Payable));
        Assert.Empty((await shop.State()).Holds);
    }

    [Fact]
    public async Task H14_two_processes_release_each_group_once()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Grouped(25_00));
        await shop.Refer(Shop.Ben);
        var other = shop.Started();
        for (var round = 0; round < 10; round++)
            await Task.WhenAll(shop.Sell($"a{round}", 100_00), shop.Sell($"b{round}", 100_00, Shop.Ben, other), shop.Send(Sent.Refund($"r{round}", $"a{round - 1}", shop.Now), Shop.Anna, other));
        var group = Assert.Single(shop.Database.Groups.Values);
        Assert.Equal(group.SumMinor, shop.Balance().Pending);
        Assert.Equal(shop.Balance().Net, shop.Balance().Pending + shop.Balance().Payable);
        Assert.InRange(group.SumMinor, 0, 24_99);
    }

    [Theory]
    [InlineData(false, 10_00)]
    [InlineData(true, 0)]
    public async Task D18_H14_a_group_that_waits_is_settled_or_forfeited_with_its_referrer_for_it_would_never_be_full(bool forfeits, long payable)
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Grouped(25_00));
        await shop.Sell("a1", 100_00);
        await shop.Ask(GrainAddress.Referrer(shop.Tenant, new CallerId(Shop.Rita)), new CloseReferrer(null, "ada", forfeits));
        Assert.Equal((0, payable), (shop.Balance().Pending, shop.Balance().Payable));

        // What is given back later is payable, and forfeited by whoever sweeps.
        await shop.Send(Sent.Chargeback("c1", "a1", shop.Now));
        await shop.Send(Sent.Won("w1", "c1", shop.Now));
        Assert.Equal(0, shop.Balance().Pending);
    }

    [Fact]
    public async Task H14_D16_what_comes_back_to_the_referrer_before_waits_for_a_person()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Grouped(25_00));
        await shop.Introduce("tom");
        await shop.Sell("a1", 100_00);
        await shop.Send(Sent.Chargeback("c1", "a1", shop.Now));
        Assert.True((await shop.Tell(new ReassignReferral(new("tom"), null, "ada"))).Changed);
        await shop.Send(Sent.Won("w1", "c1", shop.Now));
        Assert.Equal((10_00, 0), (shop.Balance().Pending, shop.Balance().Payable));
        Assert.Equal(0, Assert.Single((await shop.State()).Holds).Group);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task H14_D16_D8_what_comes_back_of_a_reward_in_two_parts_waits_in_one_place(bool released)
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Grouped(25_00));
        await shop.Introduce("tom");
        await shop.Refer(Shop.Ben);
        await shop.Sell("a1", 100_00);
        await shop.Send(Sent.Refund("r1", "a1", shop.Now, 30_00));
        await shop.Send(Sent.Refund("r2", "a1", shop.Now, 70_00));
        Assert.True((await shop.Tell(new ReassignReferral(new("tom"), null, "ada"))).Changed);
        await shop.Send(Sent.Failed("f1", "r1", shop.Now));
        Assert.True((await shop.Tell(new ReassignReferral(new(Shop.Rita), null, "ada"))).Changed);

        // Some of it waits for a person by now, whether the group that it was in is still open or not.
        if (released) await shop.Sell("b1", 250_00, Shop.Ben);
        await shop.Send(Sent.Failed("f2", "r2", shop.Now));
        if (!released) await shop.Sell("b1", 250_00, Shop.Ben);
        Assert.Equal((10_00, 25_00), (shop.Balance().Pending, shop.Balance().Payable));
        Assert.Equal((10_00, 0), Assert.Single((await shop.State()).Holds) is var hold ? (hold.RemainingMinor, hold.Group) : default);
        await shop.Send(Sent.Refund("r3", "a1", shop.Now));
        Assert.Equal((0, 25_00), (shop.Balance().Pending, shop.Balance().Payable));
    }

    private static Task<ReferrerReply> Release(Shop shop) =>
        shop.Ask(GrainAddress.Referrer(shop.Tenant, new CallerId(Shop.Rita)), new ReleaseGroup(Shop.Program, new("rule1"), null, "admin"));
}
