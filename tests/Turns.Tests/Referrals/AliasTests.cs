using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

public sealed class AliasTests
{
    private const string Mail = "anna@example.com";

    public static TheoryData<string> Programs => ["plain", "tiered", "budget"];

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task X8_D6_D8_all_ids_of_a_referee_have_one_referral(string program)
    {
        await using var shop = await Open(program);
        Assert.True((await shop.Tell(new AddAlias(new(Mail), "ada"))).Changed);
        await shop.Sell("a1", 50_00, Mail);
        await shop.Sell("a2", 50_00);

        // One referee, so that the tier of the second is not reached; and a refund is of the sale's referral, by whichever id.
        Assert.Equal(10_00, shop.Balance().Payable);
        Assert.Equal(ActionStatus.Reversed, (await shop.Send(Sent.Refund("r1", "a1", shop.Now))).Outcome!.Status);
        Assert.Equal(ActionStatus.Reversed, (await shop.Send(Sent.Refund("r2", "a2", shop.Now), Mail)).Outcome!.Status);
        Assert.Equal(0, shop.Balance().Payable);
        Assert.Equal([nameof(BecameAlias)], shop.Events(Mail).Select(e => e.GetType().Name));

        // Whatever else is sent to the alias is the referral's as well.
        Assert.True((await shop.Tell(new ChangeReferral(["vip"], null), Mail)).Changed);
        Assert.Equal(["vip"], (await shop.State()).Tags);
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task X8_D10_what_waited_under_an_alias_takes_effect_once(string program)
    {
        await using var shop = await Open(program, approve: false);
        await shop.Sell("a1", 50_00, Mail);
        await shop.Send(Sent.Refund("r1", "a1", shop.Now, 25_00), Mail);
        await shop.Send(Sent.Refund("r2", "a2", shop.Now), Mail);
        await shop.Send(Sent.Refund("r3", "none", shop.Now), Mail);
        await shop.Sell("a2", 50_00);
        Assert.Equal(5, shop.Database.Parked(shop.Tenant));
        await shop.Tell(new AddAlias(new(Mail), "ada"));
        Assert.Equal((5, 0), (shop.Database.Parked(shop.Tenant), shop.Balance().Earned));
        await shop.Tell(new ApproveReferral(null));
        Assert.Equal((1, 2_50), (shop.Database.Parked(shop.Tenant), shop.Balance().Payable));

        // They are found by their ids, by either referee and in a process that knows nothing, and nothing happens twice.
        shop.Restart();
        foreach (var referee in (string[])[Mail, Shop.Anna])
        {
            Assert.True((await shop.Sell("a1", 50_00, referee)).Duplicate);
            Assert.Equal((true, ActionStatus.Reversed), await shop.Send(Sent.Refund("r1", "a1", shop.Now, 25_00), referee) is var reply ? (reply.Duplicate, reply.Outcome!.Status) : default);
            Assert.Equal("action_conflict", (await shop.Sell("a1", 60_00, referee)).Refusal?.Code);
        }

        await shop.Send(Sent.Refund("r4", "a1", shop.Now), Mail);
        Assert.Equal((1, 0), (shop.Database.Parked(shop.Tenant), shop.Balance().Payable));
        await shop.Sell("none", 10_00);
        Assert.Equal((0, 0), (shop.Database.Parked(shop.Tenant), shop.Balance().Payable));
        Assert.All(["a1", "r1", "r2", "r3"], id => Assert.Equal(shop.Referral().Id, shop.Database.Moved(shop.Tenant, new(id))!.Value.Stream));
    }

    [Fact]
    public async Task X8_D11_an_action_is_the_same_by_any_id_of_its_referee_and_other_content_is_not()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var undated = Sent.Sale("a1", 50_00, default);
        await shop.Send(By(Mail, undated), Mail);
        await shop.Send(By(Mail, Sent.Sale("a2", 50_00, shop.Now)), Mail);
        await shop.Tell(new AddAlias(new(Mail), "ada"));
        await shop.Send(By(Mail, Sent.Sale("a3", 50_00, shop.Now)), Mail);
        Assert.Equal(15_00, shop.Balance().Payable);
        foreach (var referee in (string[])[Mail, Shop.Anna])
        {
            Assert.True((await shop.Send(By(referee, undated), referee)).Duplicate);
            Assert.True((await shop.Send(By(referee, Sent.Sale("a2", 50_00, shop.Now)), referee)).Duplicate);
            Assert.True((await shop.Send(By(referee, Sent.Sale("a3", 50_00, shop.Now)), referee)).Duplicate);
            Assert.Equal("action_conflict", (await shop.Send(By(referee, Sent.Sale("a1", 50_00, shop.Now.AddDays(-1))), referee)).Refusal?.Code);
            Assert.Equal("action_conflict", (await shop.Send(By(referee, Sent.Sale("a3", 50_01, shop.Now)), referee)).Refusal?.Code);
        }

        Assert.Equal(15_00, shop.Balance().Payable);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task X8_D11_X2_what_the_lines_of_an_action_fill_in_does_not_part_the_ids_of_its_referee(bool dated)
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Tell(new AddAlias(new(Mail), "ada"));
        var at = dated ? shop.Now : default;
        var sale = Sent.Sale("a1", 100_00, at) with { Detail = new(Lines: [new("gold", 60_00, 50_00), new("silver", 40_00, 30_00)]) };
        var refund = Sent.Refund("r1", "a1", at) with { Detail = new(Lines: [new("gold", 60_00)]) };
        foreach (var referee in (string[])[Mail, Shop.Anna])
        {
            var sold = By(referee, sale) with { Detail = sale.Detail with { BaseMinor = 80_00 } };
            var refunded = By(referee, refund) with { AmountMinor = 60_00 };
            Assert.Equal((null, referee == Shop.Anna), await shop.Send(sold, referee) is var first ? (first.Refusal?.Code, first.Duplicate) : default);
            Assert.Equal((null, referee == Shop.Anna), await shop.Send(refunded, referee) is var second ? (second.Refusal?.Code, second.Duplicate) : default);
        }

        // Who says it for once sends something else, by whichever id.
        foreach (var referee in (string[])[Mail, Shop.Anna])
            Assert.Equal("action_conflict", (await shop.Send(By(referee, refund with { AmountMinor = 60_00 }), referee)).Refusal?.Code);
        Assert.Equal(3_20, shop.Balance().Payable);
    }

    [Fact]
    public async Task X8_there_is_no_merge_and_no_chain()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Refer(Shop.Ben);
        var both = (await shop.Tell(new AddAlias(new(Shop.Ben), "ada"))).Refusal!;
        Assert.Equal((RefusalKind.Conflict, "both_have_referrals"), (both.Kind, both.Code));
        Assert.Contains(Shop.Anna, both.Detail, StringComparison.Ordinal);
        Assert.Contains(Shop.Ben, both.Detail, StringComparison.Ordinal);
        Assert.Equal("referral_not_found", (await shop.Tell(new AddAlias(new(Mail), "ada"), "nobody")).Refusal?.Code);
        Assert.True((await shop.Tell(new AddAlias(new(Mail), "ada"))).Changed);
        Assert.False((await shop.Tell(new AddAlias(new(Mail), "ada"))).Changed);
        Assert.False((await shop.Tell(new AddAlias(new(Shop.Anna), "ada"))).Changed);
        Assert.Equal("alias_taken", (await shop.Tell(new AddAlias(new(Mail), "ada"), Shop.Ben)).Refusal?.Code);

        // An alias of an alias is one of the referral; who has aliases has a referral, and is none.
        Assert.True((await shop.Tell(new AddAlias(new("crm-7"), "ada"), Mail)).Changed);
        Assert.Equal([shop.Referral(Mail).Id, shop.Referral("crm-7").Id], (await shop.State()).Aliases!.Value);
        Assert.Equal("both_have_referrals", (await shop.Tell(new AddAlias(new(Shop.Anna), "ada"), Shop.Ben)).Refusal?.Code);

        // D16: the first attribution wins, under whichever id.
        await shop.Introduce("tom");
        Assert.Equal("already_attributed", (await shop.Refer(Mail, "tom")).Refusal?.Code);
        Assert.False((await shop.Refer(Mail)).Changed);
        for (var i = 2; i < Aliases.Most; i++) Assert.True((await shop.Tell(new AddAlias(new($"more{i}"), "ada"))).Changed);
        Assert.Equal("too_many_aliases", (await shop.Tell(new AddAlias(new("more"), "ada"))).Refusal?.Code);
    }

    [Theory]
    [InlineData(Shop.Rita, SelfReferral.SameId)]
    [InlineData("Rita+shop@Example.com", SelfReferral.SameEmail)]
    public async Task X8_D16_X9_an_alias_that_is_the_referrer_s_own_flags_the_referral(string alias, SelfReferral why)
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Tell(new AddAlias(new(alias), "ada"));
        await shop.Sell("a1", 50_00, alias);
        Assert.Equal((why, FlagState.Open), await shop.State() is var state ? (state.SelfReferral, state.Flag) : default);
        Assert.Equal((5_00, 0), (shop.Balance().Pending, shop.Balance().Payable));
        Assert.Equal(FlagState.Open, Assert.Single(shop.Database.Flags.Values).State);
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task X8_sales_on_their_way_while_an_alias_is_made_have_one_effect_whichever_processes_write(string program)
    {
        await using var shop = await Open(program);
        MemoryNode[] nodes = [shop.Node, shop.Started(), shop.Started()];
        for (var i = 0; i < 5; i++) await shop.Sell($"before{i}", 10_00, Mail, nodes[i % 3]);
        var working = Enumerable.Range(0, 30).Select(i => Persist(() => shop.Sell($"a{i}", 10_00, i % 2 == 0 ? Shop.Anna : Mail, nodes[i % 3]))).ToList();
        var made = await Task.WhenAll(nodes.Select(node => Persist(() => shop.Tell(new AddAlias(new(Mail), "ada"), node: node))));
        Assert.All(await Task.WhenAll(working), reply => Assert.NotNull(reply.Outcome));
        Assert.Single(made, reply => reply.Changed);
        Assert.Equal((35, 0), (shop.Events().OfType<SaleDecided>().Select(sale => sale.Action.Id).Distinct().Count(), shop.Database.Parked(shop.Tenant)));
        Assert.Equal(35, shop.Events().OfType<SaleDecided>().Count());
        Assert.IsType<BecameAlias>(shop.Events(Mail)[^1]);
        Assert.Equal(Paid(program, 35), shop.Balance().Payable);
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task X8_of_two_referrals_that_want_one_id_at_once_one_has_it(string program)
    {
        await using var shop = await Open(program);
        await shop.Refer(Shop.Ben);
        var other = shop.Started();
        for (var round = 0; round < 5; round++)
        {
            var alias = new CallerId($"alias{round}");
            await shop.Sell($"a{round}", 10_00, alias.Value);
            var replies = await Task.WhenAll(
                Persist(() => shop.Tell(new AddAlias(alias, "ada"))), Persist(() => shop.Tell(new AddAlias(alias, "ada"), Shop.Ben)),
                Persist(() => shop.Tell(new AddAlias(alias, "ada"), Shop.Ben, other)), Persist(() => shop.Refer(alias.Value, node: other)));
            var owners = new[] { Shop.Anna, Shop.Ben }.Where(referee => shop.Events(referee).OfType<AliasAdded>().Any(added => added.Alias == shop.Referral(alias.Value).Id)).ToList();
            var refused = replies.Select(reply => reply.Refusal?.Code).OfType<string>().Distinct().ToList();

            // Or it was attributed first, to nobody's surprise: then it has a referral, and is nobody's alias.
            if (owners.Count == 0) Assert.Equal(["both_have_referrals"], refused);
            else Assert.Single(owners);
            Assert.Equal(owners.Count == 0 ? ReferralStatus.Approved : ReferralStatus.None, shop.Events(alias.Value).Aggregate(Referral.None, (state, e) => ReferralFold.Evolve(state, shop.Now, e)).Status);
            Assert.All(refused, code => Assert.True(code is "both_have_referrals" or "alias_taken", code));
            Assert.Single(shop.Database.Rows(), row => row.Event.Type == EventCodec.NumberOf(typeof(SaleDecided)) && row.Decode<SaleDecided>().Action.Id == new CallerId($"a{round}"));
        }

        Assert.Equal(0, shop.Database.Parked(shop.Tenant));
    }

    // One append has a stream once. Together neither would be written and both would be decided again one by one, which nobody sees but the journal.
    [Theory]
    [InlineData("tiered")]
    [InlineData("budget")]
    public async Task X8_two_turns_that_want_one_id_never_share_an_append(string program)
    {
        await using var shop = await Open(program);
        await shop.Introduce("tom");
        await shop.Refer(Shop.Ben, program == "tiered" ? Shop.Rita : "tom");
        var owner = program == "tiered" ? GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)) : GrainAddress.Program(shop.Tenant, Shop.Program);
        var gathered = new List<Envelope>();
        foreach (var (referee, referrer) in ((string, string)[])[(Shop.Anna, Shop.Rita), (Shop.Ben, "tom")])
        {
            var wanted = await HandedUp(shop, GrainAddress.Referral(shop.Tenant, Shop.Program, new(referee)), new Envelope<ReferralReply>(new AddAlias(new(Mail), "ada")));
            gathered.Add(program == "tiered" ? wanted : await HandedUp(shop, GrainAddress.Referrer(shop.Tenant, new(referrer)), wanted));
        }

        var before = shop.Node.Journal.History.Count;
        await TurnsFactory.Create(owner, shop.Node.World).Turn(gathered);
        var written = shop.Node.Journal.History.Skip(before).ToList();
        Assert.Equal([AppendOutcome.Committed, AppendOutcome.StreamMoved], written.Select(one => one.Outcome));
        Assert.All(written, one => Assert.Single(one.Append.Streams, rows => rows.Key?.Second == Mail));
    }

    [Fact]
    public async Task X8_both_streams_are_written_or_neither_and_the_same_call_again_finishes_it()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Sell("a1", 50_00, Mail);
        shop.Node.Faults.Script(CommitFault.Refused);
        await Assert.ThrowsAsync<GrainUnavailableException>(() => shop.Tell(new AddAlias(new(Mail), "ada")));
        Assert.Equal((1, 0, 0), (shop.Database.Parked(shop.Tenant), shop.Balance().Payable, shop.Database.Aliases.Count));

        // Written, and nobody heard of it.
        shop.Node.Journal.Hold();
        var lost = shop.Tell(new AddAlias(new(Mail), "ada"));
        await shop.Node.Journal.Queued(1);
        shop.Time.Advance(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAsync<GrainUnavailableException>(() => lost);
        shop.Node.Journal.Release();
        Assert.False((await shop.Tell(new AddAlias(new(Mail), "ada"))).Changed);
        Assert.Equal((0, 5_00), (shop.Database.Parked(shop.Tenant), shop.Balance().Payable));
    }

    // What a grain would have decided for it, by itself and without an answer.
    private static async Task<Envelope> HandedUp(Shop shop, GrainAddress from, Envelope asked)
    {
        var above = new Unanswered();
        await TurnsFactory.Create(from, shop.Node.World with { Router = above }).Turn([asked]);
        return above.Asked!;
    }

    private sealed class Unanswered : IGrainRouter
    {
        public Envelope? Asked { get; private set; }

        public Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
        {
            Asked = new Envelope<TReply>(command);
            throw new GrainUnavailableException("Nobody is there.");
        }
    }

    // Who always comes second is told to come again.
    private static async Task<T> Persist<T>(Func<Task<T>> ask)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (GrainUnavailableException)
            {
                await Task.Yield();
            }
        }
    }

    private static ReferralAction By(string referee, ReferralAction action) => action with { Hash = ActionContent.Hash(Shop.Program, new(referee), action) };

    private static async Task<Shop> Open(string program, bool approve = true)
    {
        var shop = await Shop.Empty(program == "tiered" ? Rules.Tiered(Rules.Referees(1, 1, pays: 5_00), Rules.Referees(2, null, pays: 9_00)) : Rules.Percent(10_00));
        if (program == "budget") await shop.Publish(Rules.Percent(10_00), state: new(Budget: new(BudgetPer.Program, 1_000_00)));
        await shop.Refer(Shop.Anna, approve: approve);
        return shop;
    }

    private static long Paid(string program, int sales) => program == "tiered" ? sales * 5_00 : sales * 1_00;
}
