using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Programs;

public sealed class ProgramTests
{
    [Fact]
    public async Task A_turn_decides_all_that_has_gathered_in_order_and_appends_once()
    {
        await using var shop = await Shop.Empty();
        var commands = new ICommand<ProgramReply>[]
        {
            new PublishRule(new("ten"), Rules.Percent(10_00), new()),
            new PublishRule(new("ten"), Rules.Percent(10_00), new()),
            new SwitchRule(new("nowhere"), false, "admin"),
            new SwitchRule(new("ten"), false, "admin"),
            new PublishRule(new("ten"), Rules.Percent(20_00), new(), DryRun: true),
            new PublishRule(new("five"), Rules.Percent(5_00), new()),
        };
        var envelopes = commands.Select(command => new Envelope<ProgramReply>(command)).ToList();
        var before = shop.Node.Journal.History.Count;
        await new ProgramTurns(GrainAddress.Program(shop.Tenant, Shop.Program), shop.Node.World).Turn(envelopes);

        var replies = await Task.WhenAll(envelopes.Select(envelope => envelope.Replied));
        Assert.Equal([true, false, false, true, true, true], replies.Select(reply => reply.Changed));
        Assert.Equal("rule_not_found", replies[2].Refusal!.Code);
        Assert.Equal((2, false), (replies[4].Terms!.Rule(1).Versions.Length, replies[4].Terms!.Rule(1).State.Enabled));
        Assert.Equal((2, 1, false), (replies[5].Terms!.Rules.Length, replies[5].Terms!.Rule(1).Versions.Length, replies[5].Terms!.Rule(1).State.Enabled));
        Assert.Equal(before + 1, shop.Node.Journal.History.Count);
        Assert.Equal(replies[5].Terms!.Revision, shop.Database.Fact(replies[5].Terms!.Stream)!.Value.Version);
    }

    [Fact]
    public async Task A_rule_id_that_another_program_took_first_is_refused_and_the_rest_of_the_turn_stands()
    {
        await using var shop = await Shop.Empty();
        var other = GrainAddress.Program(shop.Tenant, new("other"));
        await shop.Ask(other, new CreateProgram("Other", "GBP", "Europe/London"));
        await shop.Publish(Rules.Percent(10_00), "taken");
        Envelope<ProgramReply>[] envelopes =
        [
            new(new PublishRule(new("one"), Rules.Percent(10_00), new())),
            new(new PublishRule(new("taken"), Rules.Percent(10_00), new())),
            new(new PublishRule(new("two"), Rules.Percent(10_00), new())),
        ];
        await new ProgramTurns(other, shop.Node.World).Turn(envelopes);
        Assert.Equal((string?[])[null, "conflict", null], (await Task.WhenAll(envelopes.Select(envelope => envelope.Replied))).Select(reply => reply.Refusal?.Code));
    }

    [Fact]
    public async Task R8_a_publish_that_does_not_say_whether_the_rule_is_enabled_leaves_it_as_it_is()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var stale = shop.Started();
        await shop.Publish(Rules.Percent(11_00), node: stale);
        await shop.Switch(enabled: false);
        Assert.False((await shop.Publish(Rules.Percent(12_00), node: stale)).Terms!.Rule(1).State.Enabled);
        Assert.True((await shop.Publish(Rules.Percent(13_00), state: new(Enabled: true))).Terms!.Rule(1).State.Enabled);
    }

    [Fact]
    public async Task One_sale_can_earn_only_so_many_rewards_by_all_rules_together()
    {
        await using var shop = await Shop.Empty();
        var hundred = Rules.Tiered([.. Enumerable.Range(1, 100).Select(i => Rules.Spent(i, null, pays: 1))]);
        for (var i = 0; i < 100; i++) Assert.Null((await shop.Publish(hundred, $"rule{i}")).Refusal);
        Assert.Equal("too_many_rewards", (await shop.Publish(Rules.Fixed(1), "one-more")).Refusal!.Code);

        // Who was enrolled before stays on the tiers of then, so that fewer in a new version make no room.
        Assert.Null((await shop.Publish(Rules.Fixed(2), "rule0")).Refusal);
        Assert.Equal("too_many_rewards", (await shop.Publish(Rules.Fixed(1), "one-more")).Refusal!.Code);
    }

    [Fact]
    public async Task S1_a_disabled_program_takes_in_nobody_new_and_goes_on_with_whom_it_has()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Refer(Shop.Ben, approve: false);
        await shop.Publish(Rules.Percent(5_00), "late");
        var changed = await Change(shop, enabled: false);
        Assert.True(changed.Changed && changed.Terms!.Disabled);
        Assert.False((await Change(shop, enabled: false)).Changed);

        Assert.Equal("program_disabled", (await shop.Refer("carl")).Refusal!.Code);
        Assert.Equal("program_disabled", (await shop.Tell(new ApproveReferral(null), Shop.Ben)).Refusal!.Code);
        Assert.Equal("program_disabled", (await shop.Tell(new JoinRule(2, "admin"))).Refusal!.Code);
        Assert.Equal("rewarded", (await shop.Sell("a1", 50_00)).Outcome!.Status.ToString().ToLowerInvariant());
        Assert.Null((await shop.Tell(new ChangeReferral(["vip"], null))).Refusal);

        await Change(shop, enabled: true);
        Assert.Null((await shop.Refer("carl")).Refusal);
    }

    [Fact]
    public async Task S1_discounts_of_a_program_are_set_changed_and_taken_away()
    {
        await using var shop = await Shop.Empty();
        var (fifteen, sixty) = (new Discount(BasisPoints: 15_00), new PaymentDiscount(new(AmountMinor: 60_00)));
        var set = (await Ask(shop, new(null, null, fifteen, false, sixty, false, "admin"))).Terms!;
        Assert.Equal((fifteen, sixty, "Shop"), (set.NewCustomer, set.Payment, set.Name));
        var gone = (await Ask(shop, new("Store", null, null, NoNewCustomer: true, null, false, "admin"))).Terms!;
        Assert.Equal((null, sixty, "Store"), (gone.NewCustomer, gone.Payment, gone.Name));
    }

    private static Task<ProgramReply> Change(Shop shop, bool enabled) => Ask(shop, new(null, enabled, null, false, null, false, "admin"));

    private static Task<ProgramReply> Ask(Shop shop, ChangeProgram change) => shop.Ask(GrainAddress.Program(shop.Tenant, Shop.Program), change);
}
