using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Ledger;

public class BalanceTests
{
    [Fact]
    public void D13_earned_less_clawed_back_is_pending_and_payable()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30), Fixed(1_00));
        world.Send(Sale(100_00).Named("s1"));
        world.Send(Sale(200_00).Named("s2"));
        world.Send(Refund("s1", 50_00));
        Assert.Equal((32_00, 5_50, 25_00, 1_50), Balances(world));

        world.Advance(TimeSpan.FromDays(30));
        Assert.Equal((32_00, 5_50, 0, 26_50), Balances(world));

        world.Send(Refund("s2"));
        Assert.Equal((32_00, 26_50, 0, 5_50), Balances(world));
    }

    [Fact]
    public void D13_held_rewards_are_earned()
    {
        var world = new ReferralWorld(Fixed(5_00).HeldForReview());
        world.Send(Sale(1));

        Assert.Equal((5_00, 0, 5_00, 0), Balances(world));
    }

    [Fact]
    public void D2_assets_have_balances_of_their_own()
    {
        var world = new ReferralWorld(Percent(10_00), Percent(10_00).Giving("credit", Asset.Credit("GBP")), Points(1, 1_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 50_00));

        Assert.Equal(
            [5_00, 5_00, 50],
            new[] { Gbp, Asset.Credit("GBP"), Asset.Points }.Select(asset => world.Balance(AccountKind.Payable, asset)));
    }

    [Fact]
    public void D2_each_kind_of_asset_is_earned_taken_back_and_held_by_itself()
    {
        (string Kind, Asset Asset)[] kinds =
        [
            ("cash", Gbp), ("credit", Asset.Credit("GBP")), ("points", Asset.Points),
            ("free_service", new("service:massage")), ("coupon", new("coupon:ten")), ("custom", new("item:mug")), ("custom", new("item:cap")),
        ];
        var world = new ReferralWorld([.. kinds.Select((kind, i) => Fixed(10 * (i + 1)).Giving(kind.Kind, kind.Asset))]);
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 50_00));

        Assert.All(kinds.Index(), kind => Assert.Equal(
            (10 * (kind.Index + 1), 5 * (kind.Index + 1), 5 * (kind.Index + 1)),
            (-world.Balance(AccountKind.Rewards, kind.Item.Asset), world.Balance(AccountKind.Clawbacks, kind.Item.Asset), world.Balance(AccountKind.Payable, kind.Item.Asset))));
    }

    private static (long Earned, long ClawedBack, long Pending, long Payable) Balances(ReferralWorld world) => (
        -world.Balance(AccountKind.Rewards), world.Balance(AccountKind.Clawbacks),
        world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable));
}
