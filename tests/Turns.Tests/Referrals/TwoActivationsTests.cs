using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

public sealed class TwoActivationsTests
{
    [Fact]
    public async Task One_wins_and_the_other_refolds()
    {
        await using var shop = await Shop.Open(Rules.Fixed(5_00).Times(2));
        var other = shop.Started();
        await shop.Sell("a1", 10_00);
        await shop.Sell("a2", 10_00, node: other);
        var third = await shop.Sell("a3", 10_00);
        Assert.Equal(DecisionCode.CountCap, third.Outcome!.Decisions[0].Code);
        Assert.Equal(AppendOutcome.StreamMoved, shop.Node.Journal.History[^2].Outcome);
        Assert.Equal(10_00, shop.Balance().Earned);
    }

    // The second process knows the first version of the rule, or nothing of the referral, while the first goes on.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_is_behind_with_the_terms_reads_them_again_before_it_decides(bool tiered)
    {
        await using var shop = await Shop.Empty(tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00));
        var other = shop.Started();
        await shop.Refer(Shop.Ben, node: other);
        await shop.Publish(tiered ? Rules.Tiered(Rules.SpentShare(0, null, 20_00)) : Rules.Percent(20_00));
        await shop.Refer(Shop.Anna);
        Assert.Equal(10_00, (await shop.Sell("a1", 50_00, node: other)).Outcome!.Decisions[0].Minor);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_is_behind_with_the_referral_folds_it_again_before_it_decides(bool tiered)
    {
        await using var shop = await Shop.Empty(tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00));
        var other = shop.Started();
        await shop.Tell(new SettleDue(), node: other);
        await shop.Refer(Shop.Anna);
        await shop.Sell("a1", 50_00);
        var refund = await shop.Send(Sent.Refund("r1", "a1", shop.Now), node: other);
        Assert.Equal(-5_00, refund.Outcome!.Decisions[0].Minor);
    }

    [Fact]
    public async Task Two_that_write_all_the_time_lose_nothing()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var other = shop.Started();
        for (var round = 0; round < 20; round++)
        {
            var sales = Enumerable.Range(0, 4).Select(i => shop.Sell($"a{round}-{i}", 10_00, node: i % 2 == 0 ? shop.Node : other));
            foreach (var reply in await Task.WhenAll(sales)) Assert.Equal(ActionStatus.Rewarded, reply.Outcome!.Status);
        }

        Assert.Equal(80_00, shop.Balance().Earned);
        shop.Restart();
        Assert.Equal(80, (await shop.State()).Enrollments[0].Count);
    }
}
