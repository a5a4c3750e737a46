using Microsoft.Extensions.Logging.Abstractions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>Payout items over a real journal: what is granted is granted once, and what senders read is what was committed.</summary>
public sealed class PayoutItemTests(PostgresServer server) : JournalTest(server)
{
    private static readonly StreamId Rita = new(500);
    private static readonly PayoutItemCommand Intent = new PayoutItemCommand.WriteIntent("test", 1, "2026-10-28.endive");
    private static readonly DateTimeOffset Always = DateTimeOffset.MaxValue.AddYears(-1);

    private readonly PayoutOrder first = new("item_1", new(8), Rita, new(60, Rows.Gbp), "acct_1");
    private readonly PayoutOrder second = new("item_2", new(8), Rita, new(60, Rows.Gbp), "acct_1");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Database.Run("insert into tenant (name) values ('shop')");
    }

    [Fact]
    public async Task A_reservation_that_the_balance_does_not_bear_is_refused_and_leaves_nothing()
    {
        await Earn(100);
        Assert.Null((await Ask(first, new PayoutItemCommand.Reserve(first))).Refusal);
        Assert.False((await Ask(first, new PayoutItemCommand.Reserve(first))).Changed);
        Assert.Equal(PayoutItemRefusal.BalanceShort, (await Ask(second, new PayoutItemCommand.Reserve(second))).Refusal);
        Assert.Equal((40L, 60L), (await Balance("payable"), await Balance("in_transit")));
        Assert.Equal(1, await Database.Ask<long>("select count(*) from payout_item"));

        // Once there is more, the same item may be asked for again.
        await Earn(20);
        Assert.True((await Ask(second, new PayoutItemCommand.Reserve(second))).Changed);
        Assert.Equal((0L, 120L), (await Balance("payable"), await Balance("in_transit")));
    }

    [Fact]
    public async Task What_senders_read_follows_the_item_and_in_transit_is_the_sum_of_what_is_open()
    {
        await Earn(120);
        foreach (var order in new[] { first, second }) await Ask(order, new PayoutItemCommand.Reserve(order));
        Assert.Empty(await Due());
        await Ask(first, Intent);
        Assert.Equal([new DuePayout(1, new("item_1"), 1, PayoutStep.Send)], await Due());
        Assert.Empty(await new PayoutWork(Database.Source).Due(Always, without: [1], limit: 10, Stop));
        var granted = await Ask(first, new PayoutItemCommand.BeginSend(1));
        Assert.Empty(await new PayoutWork(Database.Source).Due(granted.Item.LastSentAt!.Value, without: [], limit: 10, Stop));
        await AssertSums();

        var transfer = new TransferSeen("tr_1", 60, "gbp", "acct_1", "item_1");
        await Ask(first, new PayoutItemCommand.RecordAnswer(1, 1, new TransferAnswer.Made(transfer), 0));
        Assert.Empty(await Due());
        Assert.Equal((60L, 60L), (await Balance("in_transit"), await Balance("paid")));
        Assert.Equal("tr_1", await Database.Ask<string>("select transfer from payout_item where not in_transit"));
        await Ask(second, new PayoutItemCommand.Release("cancelled", "ada"));
        Assert.Equal((60L, 0L, 60L), (await Balance("payable"), await Balance("in_transit"), await Balance("paid")));
        await AssertSums();
    }

    [Fact]
    public async Task Of_two_activations_one_is_granted_the_right_to_send()
    {
        await Earn(60);
        await Ask(first, new PayoutItemCommand.Reserve(first));
        await Ask(first, Intent);
        var activations = Enumerable.Range(0, 8).Select(_ => Turns(first)).ToList();
        var replies = await Task.WhenAll(activations.Select(turns => Ask(turns, new PayoutItemCommand.BeginSend(1))));
        Assert.Single(replies, reply => reply.Changed);
        Assert.All(replies.Where(reply => !reply.Changed), reply => Assert.Equal(PayoutItemRefusal.TooEarly, reply.Refusal));
        Assert.Equal(3, await Database.Ask<long>("select count(*) from event e join stream s on s.id = e.stream where s.a = 'item_1'"));
    }

    private Task<IReadOnlyList<DuePayout>> Due() => new PayoutWork(Database.Source).Due(Always, without: [], limit: 10, Stop);

    private Task<PayoutItemReply> Ask(PayoutOrder order, PayoutItemCommand command) => Ask(Turns(order), command);

    private static async Task<PayoutItemReply> Ask(PayoutItemTurns turns, PayoutItemCommand command)
    {
        var envelope = new Envelope<PayoutItemReply>(new AskPayoutItem(command));
        await turns.Turn([envelope]);
        return await envelope.Replied;
    }

    private PayoutItemTurns Turns(PayoutOrder order) => new(GrainAddress.PayoutItem(1, new(order.Item)), new(
        Writer, new StreamLoader(Database.Source), Facts: null!, new StillLease(), Snapshots: null!, Clock: null!, Profiles: null!, Tallies: null!, new(),
        Router: null!, TimeProvider.System, NullLogger.Instance));

    private async Task Earn(long minor)
    {
        var stream = 900 + minor;
        var posting = new Posting(new(Rows.Program, AccountKind.Rewards), new(Rita, AccountKind.Payable), new(minor, Rows.Gbp));
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Rows.Append(stream, 1, Rows.Sale(null) with { Posting = posting })));
    }

    private Task<long> Balance(string account) => Database.Ask<long>($"select {account} from balance where referrer = {Rita.Value}");

    private async Task AssertSums() => Assert.Equal(
        await Database.Ask<decimal>("select coalesce(sum(minor), 0) from payout_item where in_transit"), await Database.Ask<decimal>("select sum(in_transit) from balance"));
}
