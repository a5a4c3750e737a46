using Microsoft.Extensions.Logging.Abstractions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>Payout items over a real journal: what is granted is granted once, and what senders read is what was committed.</summary>
public sealed class PayoutItemTests(PostgresServer server) : JournalTest(server)
{
    private static readonly StreamId Rita = new(500);
    private static readonly PayoutItemCommand Intent = new PayoutItemCommand.WriteIntent("test", 1, "2026-10-28.endive");
    private static readonly DateTimeOffset Always = DateTimeOffset.MaxValue.AddYears(-1);

    private const string Term = "the turn of this test";

    private readonly PayoutOrder first = new("item_1", new(8), Rita, new(60, Rows.Gbp), "acct_1");
    private readonly PayoutOrder second = new("item_2", new(8), Rita, new(60, Rows.Gbp), "acct_1");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Database.Run("insert into tenant (name) values ('shop')");
        await Reconciled();
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
        Assert.Empty(await new PayoutWork(Database.Source).Due(Always, Term, without: [1], limit: 10, Stop));
        var granted = await Ask(first, new PayoutItemCommand.BeginSend(1, Term));
        Assert.Empty(await new PayoutWork(Database.Source).Due(granted.Item.LastSentAt!.Value, Term, without: [], limit: 10, Stop));
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

    // As the migration finds it that brings the column: a database of before says it in its journal alone.
    [Fact]
    public async Task What_was_given_up_before_the_row_said_so_is_told_by_the_journal()
    {
        await Earn(120);
        foreach (var order in new[] { first, second }) await Ask(order, new PayoutItemCommand.Reserve(order));
        await Ask(first, new PayoutItemCommand.Release("fraud suspected", "ada"));
        await Ask(second, new PayoutItemCommand.Release("account_changed", null));
        Assert.Equal("item_1", await GivenUp());
        await Database.Run("update payout_item set given_up = false");
        Assert.Equal("", await GivenUp());

        using var file = new StreamReader(typeof(PayoutItemRow).Assembly.GetManifestResourceStream("ReferralGrains.Storage.Migrations.0039_given_up.sql")!);
        await Database.Run((await file.ReadToEndAsync(Stop)).Split(';').Single(static statement => statement.Contains("update payout_item", StringComparison.Ordinal)));
        Assert.Equal("item_1", await GivenUp());

        Task<string> GivenUp() => Database.Ask<string>("select coalesce(string_agg(s.a, ' '), '') from payout_item i join stream s on s.id = i.stream where i.given_up");
    }

    [Fact]
    public async Task Of_two_activations_one_is_granted_the_right_to_send()
    {
        await Earn(60);
        await Ask(first, new PayoutItemCommand.Reserve(first));
        await Ask(first, Intent);
        var activations = Enumerable.Range(0, 8).Select(_ => Turns(first)).ToList();
        var replies = await Task.WhenAll(activations.Select(turns => Ask(turns, new PayoutItemCommand.BeginSend(1, Term))));
        Assert.Single(replies, reply => reply.Changed);
        Assert.All(replies.Where(reply => !reply.Changed), reply => Assert.Equal(PayoutItemRefusal.TooEarly, reply.Refusal));
        Assert.Equal(3, await Database.Ask<long>("select count(*) from event e join stream s on s.id = e.stream where s.a = 'item_1'"));
    }

    // Its clock is behind until the lease is renewed: to it no key is too old.
    [Fact]
    public async Task A_machine_that_slept_grants_no_right_to_send_before_its_lease_is_renewed()
    {
        await Earn(60);
        await Ask(first, new PayoutItemCommand.Reserve(first));
        await Ask(first, Intent);
        var slept = new PayoutItemTurns(GrainAddress.PayoutItem(1, new(first.Item)), World() with { Lease = new SleptLease() });
        await Assert.ThrowsAsync<GrainUnavailableException>(() => Ask(slept, new PayoutItemCommand.BeginSend(1, Term)));
        Assert.True((await Ask(first, new PayoutItemCommand.BeginSend(1, Term))).Changed);
    }

    [Fact]
    public async Task Where_the_gate_is_shut_or_another_sends_no_right_to_send_is_granted()
    {
        await Earn(60);
        await Ask(first, new PayoutItemCommand.Reserve(first));
        await Ask(first, Intent);
        foreach (var refused in new Func<Task<PayoutItemReply>>[] { Shut, OfAnotherTerm, InAnotherLife })
        {
            var reply = await refused();
            Assert.Equal((PayoutItemRefusal.SendingStopped, PayoutItemStatus.Intended), (reply.Refusal, reply.Item.Status));
        }

        Assert.Equal(2, await Database.Ask<long>("select count(*) from event e join stream s on s.id = e.stream where s.a = 'item_1'"));
        await Reconciled();
        Assert.Single(await Due());
        Assert.True((await Ask(first, new PayoutItemCommand.BeginSend(1, Term))).Changed);

        async Task<PayoutItemReply> Shut()
        {
            await Gates.Shut(1, "a difference", "rec_1", Stop);
            await Gates.Shut(1, "another", "rec_2", Stop);
            Assert.Equal((true, "a difference"), (await Gates.Of(1, Stop) is var gate && gate.IsShut, gate.ShutWhy));
            Assert.Empty(await Due());

            // A comparison that agrees opens nothing: a person does.
            await Reconciled();
            var reply = await Ask(first, new PayoutItemCommand.BeginSend(1, Term));
            await Gates.Open(1, "seen to", "ada", Stop);
            Assert.Single(await Due());
            return reply;
        }

        Task<PayoutItemReply> OfAnotherTerm() => Ask(first, new PayoutItemCommand.BeginSend(1, "the turn of a silo that is gone"));

        async Task<PayoutItemReply> InAnotherLife()
        {
            await Database.Run("update send_gate set life = 'before the restore'");
            Assert.Empty(await Due());
            return await Ask(first, new PayoutItemCommand.BeginSend(1, Term));
        }
    }

    // In one commit with what may be written: only the one without the right falls.
    [Fact]
    public async Task A_refused_sending_takes_nothing_with_it()
    {
        await Earn(120);
        foreach (var order in new[] { first, second })
        {
            await Ask(order, new PayoutItemCommand.Reserve(order));
            await Ask(order, Intent);
        }

        var replies = await Task.WhenAll(Ask(first, new PayoutItemCommand.BeginSend(1, "nobody's")), Ask(second, new PayoutItemCommand.BeginSend(1, Term)));
        Assert.Equal([PayoutItemRefusal.SendingStopped, null], replies.Select(reply => reply.Refusal));
    }

    [Fact]
    public async Task Of_a_batch_that_is_not_being_sent_nothing_is_due_but_what_is_to_be_looked_up()
    {
        await Earn(120);
        await Tell(new PayoutBatchCommand.Draw("ada", NeedsSecondPerson: false));
        await Tell(new PayoutBatchCommand.List([first, second]));
        await Tell(new PayoutBatchCommand.EndList(2));
        var work = new PayoutBatchWork(Database.Source);
        var open = Assert.Single(await work.Open(Stop));
        Assert.Equal((1, new CallerId("batch_1"), PayoutBatchStatus.Reserving), (open.Tenant, open.Batch, open.Status));
        var orders = (await Ask(new ShowPayoutBatch())).Batch.Orders;
        Assert.All(orders, order => Assert.Equal(open.Stream, order.Batch));
        foreach (var order in orders)
        {
            await Ask(order, new PayoutItemCommand.Reserve(order));
            await Ask(order, Intent);
        }

        await Tell(new PayoutBatchCommand.Freeze([]));
        Assert.Empty(await work.Open(Stop));
        Assert.Empty(await Due());
        await Tell(new PayoutBatchCommand.Approve("ada", PayoutBatch.HashOf(orders)));
        await Tell(new PayoutBatchCommand.BeginSending());
        Assert.Equal(2, (await Due()).Count);
        Assert.Equal(new BatchProgress(Open: 2, AwaitingFunds: 0, Stopping: 0), await work.Progress(open.Stream, Stop));

        await Ask(orders[0], new PayoutItemCommand.BeginSend(1, Term));
        await Ask(orders[0], new PayoutItemCommand.RecordAnswer(1, 1, new TransferAnswer.Broken(IsReplayed: true), 0));
        await Ask(orders[1], new PayoutItemCommand.BeginSend(1, Term));
        await Ask(orders[1], new PayoutItemCommand.RecordAnswer(1, 1, new TransferAnswer.FundsShort(), 0));
        Assert.Equal(new BatchProgress(Open: 1, AwaitingFunds: 1, Stopping: 0), await work.Progress(open.Stream, Stop));
        await Tell(new PayoutBatchCommand.Pause(ForFunds: true, "why"));
        Assert.Equal([new DuePayout(1, new("item_1"), 1, PayoutStep.LookUp)], await Due());
        var found = new TransferSeen("tr_1", 60, "gbp", "acct_1", "item_1");
        await Ask(orders[0], new PayoutItemCommand.RecordLookup(1, new([found, found with { Id = "tr_2" }]), Always));
        Assert.Equal(new BatchProgress(Open: 0, AwaitingFunds: 1, Stopping: 1), await work.Progress(open.Stream, Stop));
    }

    // Of versions that cancelled what was being sent.
    [Fact]
    public async Task What_was_sent_of_a_batch_that_was_cancelled_is_looked_up_and_given_back_or_paid()
    {
        var order = await Approved();
        await Ask(order, Intent);
        await Tell(new PayoutBatchCommand.BeginSending());
        await Ask(order, new PayoutItemCommand.BeginSend(1, Term));
        var sent = await Ask(order, new PayoutItemCommand.RecordAnswer(1, 1, new TransferAnswer.Unknown("no answer"), 0));
        await Database.Run("update payout_batch set status = 10");

        // While its key is good it would be sent again.
        var work = new PayoutWork(Database.Source);
        Assert.Empty(await work.Due(sent.Item.LastAt + PayoutWaits.Live.KeyLife, Term, without: [], limit: 10, Stop));
        var (late, due) = (sent.Item.LastAt + PayoutWaits.Live.KeyLife + TimeSpan.FromSeconds(1), new DuePayout(1, new("item_1"), 1, PayoutStep.Send));
        Assert.Equal([due], await work.Due(late, Term, without: [], limit: 10, Stop));
        Assert.Equal([new LookupOpened(1, LookupReason.KeyTooOld)], Assert.IsType<PayoutItemDecision.Accepted>(PayoutItemDecider.Decide(sent.Item, new PayoutItemCommand.BeginSend(1, Term), late, PayoutWaits.Live)).Events);

        await Database.Run("update payout_item set status = 6, step = 3");
        Assert.Empty(await Due());
        var stranded = Assert.Single(await new PayoutBatchWork(Database.Source).Stranded(Stop));
        Assert.Equal((new CallerId("item_1"), "batch_cancelled"), (stranded.Item, stranded.Why));
    }

    [Fact]
    public async Task What_a_person_has_sent_again_is_due_though_its_batch_was_settled_meanwhile()
    {
        var order = await Approved();
        await Tell(new PayoutBatchCommand.BeginSending());

        // Three keys meet want of money; the fourth would be one too many.
        for (var generation = 1; generation <= PayoutItemDecider.MostGenerations; generation++)
        {
            await Ask(order, Intent);
            await Ask(order, new PayoutItemCommand.BeginSend(generation, Term));
            await Ask(order, new PayoutItemCommand.RecordAnswer(generation, 1, new TransferAnswer.FundsShort(), 0));
        }

        Assert.Equal(PayoutItemStatus.Review, (await Ask(order, Intent)).Item.Status);
        await Tell(new PayoutBatchCommand.Settle());
        Assert.Empty(await Due());
        Assert.True((await Ask(order, new PayoutItemCommand.Resolve(ReviewAnswer.SendAgain, "there is money", "ada", null, new([]), Always))).Changed);
        Assert.Equal([new DuePayout(1, new("item_1"), 3, PayoutStep.WriteIntent)], await Due());
        await Ask(order, Intent);
        Assert.Equal([new DuePayout(1, new("item_1"), 4, PayoutStep.Send)], await Due());

        // Again there is none: it waits for a retry of its batch, as it would in one that is being sent.
        await Ask(order, new PayoutItemCommand.BeginSend(4, Term));
        await Ask(order, new PayoutItemCommand.RecordAnswer(4, 1, new TransferAnswer.FundsShort(), 0));
        Assert.Equal(1, Assert.Single(await new PayoutReports(Database.Source).Totals(order.Batch, Stop)).AwaitingFunds);
        await Tell(new PayoutBatchCommand.Retry("ada"));
    }

    private async Task<PayoutOrder> Approved()
    {
        await Earn(60);
        await Tell(new PayoutBatchCommand.Draw("ada", NeedsSecondPerson: false));
        await Tell(new PayoutBatchCommand.List([first]));
        await Tell(new PayoutBatchCommand.EndList(1));
        var order = (await Ask(new ShowPayoutBatch())).Batch.Orders[0];
        await Ask(order, new PayoutItemCommand.Reserve(order));
        await Tell(new PayoutBatchCommand.Freeze([]));
        await Tell(new PayoutBatchCommand.Approve("ada", PayoutBatch.HashOf([order])));
        return order;
    }

    // As a comparison does that agrees.
    private Task Reconciled() => Database.Run(
        $"insert into send_gate (tenant, term, life) values (1, '{Term}', life()) on conflict (tenant) do update set term = excluded.term, life = excluded.life");

    private SendGates Gates => new(Database.Source, new StillLease());

    private async Task Tell(PayoutBatchCommand command) => Assert.True((await Ask(new AskPayoutBatch(command))).Changed);

    private async Task<PayoutBatchReply> Ask(ICommand<PayoutBatchReply> command)
    {
        var envelope = new Envelope<PayoutBatchReply>(command);
        await new PayoutBatchTurns(GrainAddress.PayoutBatch(1, new("batch_1")), World()).Turn([envelope]);
        return await envelope.Replied;
    }

    private Task<IReadOnlyList<DuePayout>> Due() => new PayoutWork(Database.Source).Due(Always, Term, without: [], limit: 10, Stop);

    private Task<PayoutItemReply> Ask(PayoutOrder order, PayoutItemCommand command) => Ask(Turns(order), command);

    private static async Task<PayoutItemReply> Ask(PayoutItemTurns turns, PayoutItemCommand command)
    {
        var envelope = new Envelope<PayoutItemReply>(new AskPayoutItem(command));
        await turns.Turn([envelope]);
        return await envelope.Replied;
    }

    private PayoutItemTurns Turns(PayoutOrder order) => new(GrainAddress.PayoutItem(1, new(order.Item)), World());

    private TurnWorld World() => new(
        Writer, new StreamLoader(Database.Source), Facts: null!, new StillLease(), Snapshots: null!, new WallClock(), Profiles: null!, Tallies: null!, Ledger: null!, Discounts: null!, new(),
        Router: null!, TimeProvider.System, NullLogger.Instance);

    private sealed class SleptLease : ISiloLease
    {
        public long Silo => StillLease.First;

        public bool IsHeld => false;

        public TimeProvider Time => TimeProvider.System;
    }

    private async Task Earn(long minor)
    {
        var stream = 900 + minor;
        var posting = new Posting(new(Rows.Program, AccountKind.Rewards), new(Rita, AccountKind.Payable), new(minor, Rows.Gbp));
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Rows.Append(stream, 1, Rows.Sale(null) with { Posting = posting })));
    }

    private Task<long> Balance(string account) => Database.Ask<long>($"select {account} from balance where referrer = {Rita.Value}");

    private async Task AssertSums() => Assert.Equal(
        await Database.Ask<decimal>("select coalesce(sum(minor), 0) from payout_item where in_transit"), await Database.Ask<decimal>("select sum(in_transit) from balance"));

    private sealed class WallClock : ITenantClock
    {
        public ValueTask<DateTimeOffset> Now(int tenant)
        {
            var now = TimeProvider.System.GetUtcNow();
            return ValueTask.FromResult(now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)));
        }
    }
}
