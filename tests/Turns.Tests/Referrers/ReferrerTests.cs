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
        Assert.Equal(11, code.Length);
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
        Assert.Equal(DecisionCode.ReferrerClosed, (await shop.Sell("a1", 50_00)).Outcome!.Decisions[0].Code);
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

    [Fact]
    public async Task D18_a_closed_referrer_leaves_no_personal_data()
    {
        await using var shop = await Shop.Empty();
        var code = Row(shop).Code;
        await Ask(shop, new ChangeReferrer(null, null, null, true, "cus_1"));
        await shop.Close(Shop.Rita);
        Assert.Equal((code, null, null, null), (Row(shop).Code, Row(shop).Email, Row(shop).Name, Row(shop).StripeCustomerId));
    }

    [Fact]
    public async Task A_turn_decides_all_that_has_gathered_in_order_and_appends_once()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        var commands = new ICommand<ReferrerReply>[]
        {
            new ChangeReferrer("one@example.com", null, null, null, null),
            new GrantRule(Shop.Program, new("rule9"), true, "admin"),
            new ChangeReferrer(null, "Two", ["vip"], null, null),
            new GrantRule(Shop.Program, new("rule1"), true, "admin"),
            new CreateReferrer("one@example.com", "Two", ["vip"], false, null),
            new ChangeReferrer("one@example.com", null, ["vip"], null, null),
        };
        var envelopes = commands.Select(command => new Envelope<ReferrerReply>(command)).ToList();
        var before = shop.Node.Journal.History.Count;
        await new ReferrerTurns(GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), shop.Node.World).Turn(envelopes);

        var replies = await Task.WhenAll(envelopes.Select(envelope => envelope.Replied));
        Assert.Equal([true, false, true, true, false, false], replies.Select(reply => reply.Changed));
        Assert.Equal((string?[])[null, "rule_not_found", null, null, null, null], replies.Select(reply => reply.Refusal?.Code));
        Assert.Equal(before + 1, shop.Node.Journal.History.Count);
        Assert.Equal(("one@example.com", "Two"), (Row(shop).Email, Row(shop).Name));
    }

    [Fact]
    public async Task Two_activations_that_change_a_profile_do_not_undo_each_other()
    {
        await using var shop = await Shop.Empty();
        var other = shop.Started();
        var address = GrainAddress.Referrer(shop.Tenant, new(Shop.Rita));
        await shop.Ask(address, new ChangeReferrer(null, null, null, true, null), other);

        // Both have read the profile before either is written.
        shop.Node.Journal.Hold();
        other.Journal.Hold();
        var email = shop.Ask(address, new ChangeReferrer("new@example.com", null, null, null, null));
        var name = shop.Ask(address, new ChangeReferrer(null, "Rita Ray", null, null, null), other);
        await Task.WhenAll(shop.Node.Journal.Queued(1), other.Journal.Queued(1));
        shop.Node.Journal.Release();
        await email;
        other.Journal.Release();
        await name;
        Assert.Equal(("new@example.com", "Rita Ray", true), (Row(shop).Email, Row(shop).Name, Row(shop).CashOptIn));
    }

    private static Task<ReferrerReply> Ask(Shop shop, ICommand<ReferrerReply> command) =>
        shop.Ask(GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), command);

    private static Storage.Referrers.ReferrerRow Row(Shop shop) => shop.Database.Referrer(shop.Stream(GrainKind.Referrer, Shop.Rita).Id)!;
}
