using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Grains.Tests.World;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Grains.Tests.Enrollments;

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
