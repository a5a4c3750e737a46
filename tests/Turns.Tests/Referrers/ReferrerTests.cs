using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Turns.Referrers;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrers;

public sealed class ReferrerTests
{
    [Fact]
    public async Task V1_a_referrer_is_created_once_and_keeps_its_code()
    {
        await using var shop = await Shop.Empty();
        var code = Row(shop).Code;
        Assert.Equal(10, code.Length);
        Assert.False((await shop.Introduce(Shop.Rita)).Changed);
        Assert.Equal("conflict", (await shop.Introduce(Shop.Rita, "vip")).Refusal!.Code);
        await Ask(shop, new ChangeReferrer("new@example.com", null, null, true, null));
        Assert.Equal((code, "new@example.com", Shop.Rita, true), (Row(shop).Code, Row(shop).Email, Row(shop).Name, Row(shop).CashOptIn));
    }

    [Fact]
    public async Task H5_tags_count_from_the_change_on()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).WhereReferrer(TagCondition.Any));
        Assert.Equal(DecisionCode.ReferrerTag, (await shop.Sell("a1", 50_00)).Outcome!.Decisions[0].Code);
        await Ask(shop, new ChangeReferrer(null, null, ["vip"], null, null));
        Assert.Equal(DecisionCode.Rewarded, (await shop.Sell("a2", 50_00)).Outcome!.Decisions[0].Code);
    }

    [Fact]
    public async Task D18_a_closed_referrer_stays_closed()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        Assert.True((await shop.Close(Shop.Rita)).Changed);
        Assert.False((await shop.Close(Shop.Rita)).Changed);
        Assert.Equal("referrer_closed", (await Ask(shop, new ChangeReferrer(null, "R", null, null, null))).Refusal!.Code);
        Assert.Equal(DecisionCode.ReferrerNotEligible, (await shop.Sell("a1", 50_00)).Outcome!.Decisions[0].Code);
    }

    [Fact]
    public async Task What_is_not_there_is_named()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        Assert.Equal("referrer_not_found", (await shop.Close("nobody")).Refusal!.Code);
        Assert.Equal("rule_not_found", (await Ask(shop, new GrantRule(Shop.Program, new("rule9"), true, "admin"))).Refusal!.Code);
        Assert.Equal("rule_not_found", (await Ask(shop, new GrantRule(new("nowhere"), new("rule1"), true, "admin"))).Refusal!.Code);
        Assert.True((await Ask(shop, new GrantRule(Shop.Program, new("rule1"), true, "admin"))).Changed);
        Assert.False((await Ask(shop, new GrantRule(Shop.Program, new("rule1"), true, "admin"))).Changed);
    }

    private static Task<ReferrerReply> Ask(Shop shop, ICommand<ReferrerReply> command) =>
        shop.Ask(GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), command);

    private static Storage.Journal.ReferrerRow Row(Shop shop) => shop.Database.Referrer(shop.Stream(GrainKind.Referrer, Shop.Rita).Id)!;
}
