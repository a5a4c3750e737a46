using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrers;

public sealed class ReviewTests
{
    [Fact]
    public async Task X9_of_two_referrers_with_one_mailbox_the_second_is_flagged_whichever_processes_write()
    {
        await using var shop = await Shop.Empty();
        var other = shop.Started();
        await Task.WhenAll(Create(shop, "uma", "Uma+x@Example.com"), Create(shop, "una", "uma@example.com", other));
        var flag = Assert.Single(shop.Database.Flags).Key;
        Assert.Equal(FlagKind.SharedEmail, flag.Kind);

        // An address that is given up is free.
        await shop.Ask(GrainAddress.Referrer(shop.Tenant, new("rita")), new ChangeReferrer("rita@example.org", null, null, null, null));
        await Create(shop, "third", "rita@example.com");
        Assert.Single(shop.Database.Flags);
    }

    [Fact]
    public async Task X9_more_than_20_attributions_of_a_referrer_in_an_hour_raise_a_flag()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        var other = shop.Started();
        for (var i = 0; i < 20; i++) await shop.Refer($"r{i}", node: i % 2 == 0 ? shop.Node : other);
        Assert.Empty(shop.Database.Flags);
        await shop.Refer("r20", node: other);
        Assert.Equal(FlagState.Open, shop.Database.Flags[(shop.Stream(GrainKind.Referrer, Shop.Rita).Id, FlagKind.ManyAttributions)].State);
        await shop.Ask(GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), new ResolveReferrerFlag(FlagKind.ManyAttributions, false, "a fair", "ada"));
        Assert.Equal(FlagState.Cleared, Assert.Single(shop.Database.Flags.Values).State);

        // Whoever looked has seen this hour and not the next ones.
        await shop.Refer("r21");
        Assert.Equal(FlagState.Cleared, Assert.Single(shop.Database.Flags.Values).State);
        shop.Time.Advance(TimeSpan.FromHours(2));
        for (var i = 0; i < 21; i++) await shop.Refer($"later{i}");
        Assert.Equal(FlagState.Open, Assert.Single(shop.Database.Flags.Values).State);
    }

    [Fact]
    public async Task X9_an_hour_is_any_hour_and_not_one_of_the_clock()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        var other = shop.Started();
        shop.Time.Advance(TimeSpan.FromMinutes(118) - TimeSpan.FromTicks(shop.Now.UtcTicks % TimeSpan.TicksPerHour));
        for (var i = 0; i < 20; i++) await shop.Refer($"r{i}");
        shop.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.Empty(shop.Database.Flags);
        await shop.Refer("r20", node: other);
        Assert.Equal(FlagKind.ManyAttributions, Assert.Single(shop.Database.Flags).Key.Kind);
    }

    [Fact]
    public async Task X9_within_the_limit_every_hour_nobody_is_flagged()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        for (var i = 0; i < 40; i++)
        {
            if (i % 20 == 0) shop.Time.Advance(TimeSpan.FromHours(1));
            await shop.Refer($"r{i}");
        }

        Assert.Empty(shop.Database.Flags);
    }

    [Fact]
    public async Task V1_a_code_is_chosen_once_whichever_processes_write()
    {
        await using var shop = await Shop.Empty();
        var other = shop.Started();
        var replies = await Task.WhenAll(Create(shop, "uma", null, code: "SPRING"), Create(shop, "una", null, other, "SPRING"));
        Assert.Equal(["code_taken"], replies.Select(reply => reply.Refusal?.Code).OfType<string>());
        var loser = replies[0].Refusal is null ? "una" : "uma";
        Assert.Null((await Create(shop, loser, null, code: "AUTUMN")).Refusal);
        Assert.Equal("code_taken", (await shop.Ask(GrainAddress.Referrer(shop.Tenant, new(loser)), new ChangeReferrer(null, null, null, null, null, "SPRING"))).Refusal?.Code);
        Assert.True((await shop.Ask(GrainAddress.Referrer(shop.Tenant, new(loser)), new ChangeReferrer(null, null, null, null, null, "WINTER"))).Changed);
        Assert.Equal(shop.Stream(GrainKind.Referrer, loser).Id, shop.Database.OfCode(shop.Tenant, "WINTER"));
        Assert.Null(shop.Database.OfCode(shop.Tenant, "AUTUMN"));
    }

    // Of 200 codes each letter is in some, but for a chance of one in a billion billions.
    [Fact]
    public async Task V1_generated_codes_have_no_look_alikes()
    {
        await using var shop = await Shop.Empty();
        var codes = new List<string>();
        for (var i = 0; i < 200; i++) codes.Add(shop.Database.CodeOf((await Create(shop, $"r{i}", null)).Stream));

        Assert.Equal("23456789ABCDEFGHJKMNPQRSTUVWXYZ", string.Concat(codes.SelectMany(code => code).Distinct().Order()));
        Assert.All(codes, code => Assert.InRange(code.Length * Math.Log2(31), 50, 60));
    }

    [Fact]
    public async Task D18_what_a_closed_referrer_gives_up_is_taken_back_and_what_it_owes_stays()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00), Rules.Points(1, 100).Held(3));
        await shop.Sell("a1", 100_00);
        await Close(shop, forfeits: true);
        Assert.Equal((0, 10_00), (shop.Balance().Payable, shop.Balance().ClawedBack));
        Assert.Equal((100, 0), (shop.Balance(asset: Asset.Points).Pending, shop.Balance(asset: Asset.Points).Payable));

        // What becomes payable later is given up by the same call, sent again.
        shop.Time.Advance(TimeSpan.FromDays(3));
        await shop.State();
        Assert.True((await Close(shop, forfeits: true)).Changed);
        Assert.False((await Close(shop, forfeits: true)).Changed);
        Assert.Equal((0, 100), (shop.Balance(asset: Asset.Points).Payable, shop.Balance(asset: Asset.Points).ClawedBack));
        await shop.Send(Simulation.Domain.Sent.Refund("r1", "a1", shop.Now));
        Assert.Equal(-10_00, shop.Balance().Payable);
        Assert.False((await Close(shop, forfeits: true)).Changed);
    }

    [Fact]
    public async Task D18_who_was_closed_to_be_settled_may_still_forfeit_and_then_does_for_good()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Sell("a1", 100_00);
        Assert.Equal((true, false), ((await Close(shop, forfeits: false)).Changed, (await Close(shop, forfeits: false)).Changed));
        Assert.Equal((false, 10_00), (Forfeits(), shop.Balance().Payable));
        Assert.True((await Close(shop, forfeits: true)).Changed);
        Assert.Equal((true, 0), (Forfeits(), shop.Balance().Payable));
        Assert.Equal((false, true), ((await Close(shop, forfeits: false)).Changed, Forfeits()));

        bool Forfeits() => Folded(shop, Shop.Rita).Forfeits;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task D16_a_referral_is_given_to_another_referrer_for_the_future(bool tiered)
    {
        await using var shop = await Shop.Open(tiered ? Rules.Tiered(Rules.Referees(1, 1, pays: 5_00), Rules.Referees(2, null, pays: 9_00)) : Rules.Fixed(5_00));
        await shop.Introduce("tom");
        await shop.Sell("a1", 100_00);
        var other = shop.Started();
        await shop.Send(Simulation.Domain.Sent.Sale("a2", 100_00, shop.Now), node: other);
        Assert.True((await shop.Tell(new ReassignReferral(new("tom"), "mistyped", "ada"))).Changed);
        Assert.False((await shop.Tell(new ReassignReferral(new("tom"), "mistyped", "ada"))).Changed);

        // A process that does not know yet credits nobody wrongly.
        await shop.Sell("a3", 100_00, node: other);
        await shop.Send(Simulation.Domain.Sent.Refund("r1", "a1", shop.Now));
        Assert.Equal((5_00, 5_00), (shop.Balance().Payable, shop.Balance("tom").Payable));
        Assert.Equal("referrer_not_found", (await shop.Tell(new ReassignReferral(new("nobody"), null, "ada"))).Refusal?.Code);
        if (!tiered) return;
        await shop.Tell(new ReassignReferral(new(Shop.Rita), null, "ada"));
        await shop.Sell("a4", 100_00);
        Assert.Equal(10_00, shop.Balance().Payable);
        Assert.Equal((2, 1), (shop.Database.Reassignments.Count, Tally(shop, "tom").Approved));
        Assert.Equal((1, 1, 300_00), (Tally(shop, Shop.Rita).Approved, Tally(shop, Shop.Rita).Count, Tally(shop, Shop.Rita).ValueMinor));
    }

    [Fact]
    public async Task S3_D9_a_code_redeemed_at_checkout_rewards_that_sale_though_it_occurred_before()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        var before = shop.Now;
        await shop.Send(Simulation.Domain.Sent.Sale("other", 50_00, before));
        await shop.Send(Simulation.Domain.Sent.Sale("first", 50_00, before));
        shop.Time.Advance(TimeSpan.FromMinutes(1));
        await shop.Tell(new AttributeReferral(new(Shop.Rita), null, null, Approve: true, null, Action: new("first")));
        Assert.Equal(5_00, shop.Balance().Payable);
        Assert.Equal(Domain.Actions.DecisionCode.BeforeApproval, (await shop.Send(Simulation.Domain.Sent.Sale("third", 50_00, before))).Outcome!.Decisions[0].Code);
    }

    private static Domain.Referrers.Tally Tally(Shop shop, string referrer) => Folded(shop, referrer).Tallies[shop.Stream(GrainKind.Program, Shop.Program.Value).Id.Value];

    private static Domain.Referrers.Referrer Folded(Shop shop, string referrer) => shop.Stream(GrainKind.Referrer, referrer).Rows.Aggregate(
        Domain.Referrers.Referrer.None, (state, row) => Domain.Referrers.Referrer.Evolve(state, row.Event.At, row.Decode<Domain.Referrers.ReferrerEvent>()));

    private static Task<ReferrerReply> Create(Shop shop, string id, string? email, MemoryNode? node = null, string? code = null) =>
        shop.Ask(GrainAddress.Referrer(shop.Tenant, new CallerId(id)), new CreateReferrer(email, id, [], false, null, code), node);

    private static Task<ReferrerReply> Close(Shop shop, bool forfeits) =>
        shop.Ask(GrainAddress.Referrer(shop.Tenant, new CallerId(Shop.Rita)), new CloseReferrer("left", "ada", forfeits));
}
