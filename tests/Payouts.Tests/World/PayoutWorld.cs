using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Batches;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Simulation.Engine;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace Payouts.Tests.World;

/// <summary>
/// Silos with senders over one database, and the stand-in for Stripe. It watches what must never be: on receipt of each request the right
/// to send it must be durable, and afterwards nobody may have been paid twice.
/// </summary>
internal sealed class PayoutWorld : IPayoutWork, IPayoutBatchWork, IPayoutCandidates, IConnectedAccounts, IStripeAccounts, ISendGates, IAsyncDisposable
{
    public const int Tenant = 1;
    public const string Term = "term";

    /// <summary>A new generation waits for longer than a sending can take, as with live money; all is shorter.</summary>
    public static readonly PayoutWaits Waits = new()
    {
        KeyLife = TimeSpan.FromSeconds(20),
        FirstByte = TimeSpan.FromMilliseconds(600),
        Answer = TimeSpan.FromMilliseconds(600),
        Quiet = TimeSpan.FromMilliseconds(2_200),
        LookAgain = TimeSpan.FromMilliseconds(200),
        Retry = TimeSpan.FromMilliseconds(20),
        MostRetry = TimeSpan.FromMilliseconds(500),
    };

    private static readonly PayoutSenderOptions options = new() { Environment = "test", Term = Term, Pause = TimeSpan.FromMilliseconds(20) };
    private static readonly Asset usd = Asset.Cash("USD");

    private readonly ConcurrentBag<string> violations = [];
    private readonly ConcurrentDictionary<string, string> bytesOfKeys = new();
    private readonly ConcurrentDictionary<string, int> requestsOfKeys = new();
    private readonly MemoryTenants tenants = new(TimeProvider.System);
    private readonly List<Silo> silos = [];
    private readonly Func<IGrainRouter, MemoryDatabase, IGrainRouter> between;
    private StripeTransfers transfers = null!;

    private PayoutWorld(Func<IGrainRouter, MemoryDatabase, IGrainRouter> between)
    {
        this.between = between;
        Assert.Equal(Tenant, tenants.Add("shop").Number);
        Database.LetSend(Tenant, Term);
    }

    public MemoryDatabase Database { get; } = new();

    public RunningStandin Standin { get; private set; } = null!;

    public string? ShutWhy { get; private set; }

    public List<PayoutOrder> Orders { get; } = [];

    public static async Task<PayoutWorld> Start(FaultScript faults, int silos = 1, Func<IGrainRouter, MemoryDatabase, IGrainRouter>? between = null)
    {
        var world = new PayoutWorld(between ?? (static (router, _) => router));
        world.Standin = await RunningStandin.Start(new() { Faults = faults, OnPost = world.Watch, SlowBy = TimeSpan.FromMilliseconds(200) });
        world.Standin.Platform.Fund("usd", 1_000_000_000);
        world.transfers = new(RunningStandin.Key, new(world.Standin.Url), new(TimeProvider.System, 100_000, 100_000), Waits, TimeProvider.System);
        for (var i = 0; i < silos; i++) world.silos.Add(world.Begin());
        return world;
    }

    /// <summary>Referrers who have earned, and an item for each that pays all of it.</summary>
    /// <param name="transfers">Whether Stripe lets their accounts receive any.</param>
    /// <param name="credit">Of account credit, which goes to a customer's balance.</param>
    public async Task Order(int items, string transfers = "active", bool credit = false)
    {
        var before = Orders.Count;
        await Earn(items, transfers, credit);
        await Parallel.ForEachAsync(Orders.Skip(before), async (order, _) =>
        {
            Assert.Null((await Ask(order, new PayoutItemCommand.Reserve(order))).Refusal);
            await Ask(order, Intent);
        });
    }

    /// <summary>Referrers who have earned, and what is to be ordered for each.</summary>
    public async Task Earn(int items, string transfers = "active", bool credit = false)
    {
        var asset = credit ? Asset.Credit("USD") : usd;
        var accounts = Enumerable.Range(0, 10).Select(_ => credit ? Standin.Platform.AddCustomer() : Standin.Platform.AddAccount()).ToList();
        foreach (var account in credit ? [] : accounts) Standin.Platform.SetTransfers(account, transfers);
        for (var (i, end) = (Orders.Count, Orders.Count + items); i < end; i++)
        {
            var referrer = new StreamId(1_000_000 + i);
            var minor = 1_000 + i;
            Assert.Equal(AppendOutcome.Committed, await silos[0].Node.Journal.Append(new()
            {
                Tenant = Tenant,
                Streams = [new(new(2_000_000 + i), 1, [new(1, 1, null, default, new(new(new(9), AccountKind.Rewards), new(referrer, AccountKind.Payable), new(minor, asset)), null, null, "{}"u8.ToArray())], new(Tenant, 99, $"earned{i}", ""))],
            }));
            var name = PayoutOrder.NameOf("test", Tenant, new("batch"), new($"referrer{i}"), asset);
            Orders.Add(new(name, new(8), referrer, new(minor, asset), accounts[i % accounts.Count]));
        }
    }

    public static PayoutItemCommand Intent => new PayoutItemCommand.WriteIntent(options.Environment, Tenant, options.ApiVersion);

    public Task<PayoutItemReply> Ask(PayoutOrder order, PayoutItemCommand command) =>
        silos[0].Router.Ask(GrainAddress.PayoutItem(Tenant, new(order.Item)), new AskPayoutItem(command), CancellationToken.None);

    public Task<PayoutBatchReply> Ask(PayoutBatchCommand command) => Ask(new AskPayoutBatch(command));

    public Task<PayoutBatchReply> Ask(ICommand<PayoutBatchReply> command) =>
        silos[0].Router.Ask(GrainAddress.PayoutBatch(Tenant, new("batch")), command, CancellationToken.None);

    /// <summary>A process dies: what it has not committed never is, and what it was told is lost. Another takes its place.</summary>
    public async Task Kill(int index)
    {
        var dead = silos[index];
        silos[index] = Begin();
        await dead.DisposeAsync();
    }

    /// <summary>Runs until nothing more is to come by itself. Where money ran short, it is there by now.</summary>
    /// <param name="meanwhile">Told again and again how many items are settled.</param>
    public async Task Settle(TimeSpan limit, Func<int, Task>? meanwhile = null)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            var open = Database.PayoutItems.Select(row => row.Row.Item)
                .Where(item => item is { Status: not PayoutItemStatus.Review, InTransit: true } || item.Reversals.Any(one => one.IsOpen)).ToList();
            if (open.Count == 0) return;
            if (TimeProvider.System.GetElapsedTime(began) > limit)
                Assert.Fail($"{open.Count} items are open, such as {open[0]}. {string.Join(' ', violations)}");
            await Task.WhenAll(open.Where(item => item.Status == PayoutItemStatus.AwaitingFunds).Select(item => Quietly(Ask(item.Order!, Intent))));
            if (meanwhile is not null) await meanwhile(Orders.Count - open.Count);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }

    public PayoutItem Item(PayoutOrder order) =>
        Database.Find(GrainAddress.PayoutItem(Tenant, new(order.Item)).Stream) is not { } stream ? PayoutItem.None : Database.Read(_ => Folded(stream));

    /// <summary>What must hold whatever went wrong; empty where it does.</summary>
    public IReadOnlyList<string> Violations()
    {
        var found = violations.Distinct().ToList();
        var made = Standin.Platform.AllTransfers().ToLookup(transfer => (string)transfer["transfer_group"]!);
        var credited = Standin.Platform.AllCredits().ToLookup(credit => (string)credit["metadata"]!["item"]!);
        foreach (var order in Orders)
        {
            var item = Item(order);
            var live = order.IsCredit
                ? credited[order.Item].Select(credit => (Id: (string)credit["id"]!, Minor: -(long)credit["amount"]!, To: (string)credit["customer"]!)).ToList()
                : made[order.Item].Where(transfer => !(bool)transfer["reversed"]!).Select(transfer => (Id: (string)transfer["id"]!, Minor: (long)transfer["amount"]!, To: (string)transfer["destination"]!)).ToList();
            if (live.Count > 1) found.Add($"{live.Count} live transfers of one item");
            if (live.Sum(one => one.Minor) > order.Amount.Minor) found.Add("more was paid than ordered");
            if (live.Exists(one => one.To != order.Destination)) found.Add("somebody else was paid");
            if (item.Status == PayoutItemStatus.Succeeded && !live.Exists(one => one.Id == item.Transfer)) found.Add("one succeeded without its transfer");
            if (item.Status == PayoutItemStatus.Released && live.Count > 0) found.Add("one was released and paid");
            if (item.Status == PayoutItemStatus.Review && item.Review == ReviewReason.None) found.Add("one is in review without a reason");
            var balance = Database.Balances[(order.Referrer, order.Amount.Asset)];
            if (!balance.Balances || balance.InTransit != (item.InTransit ? order.Amount.Minor : 0)) found.Add($"in transit is {balance}");
            if (balance.Paid != (item.Transfer is null || item.InTransit ? 0 : order.Amount.Minor - item.ReversedMinor)) found.Add($"paid is {balance}");
            found.AddRange(WrongReversals(item, made[order.Item]));
        }

        return found;
    }

    /// <summary>Each request is at most one reversal at Stripe, and what came back is what the books say.</summary>
    private static IEnumerable<string> WrongReversals(PayoutItem item, IEnumerable<JsonObject> made)
    {
        var names = made.SelectMany(transfer => transfer["reversals"]!["data"]!.AsArray()).Select(one => (Name: (string)one!["metadata"]!["reversal"]!, Minor: (long)one["amount"]!)).ToList();
        foreach (var reversal in item.Reversals)
        {
            var mine = names.Where(one => one.Name == reversal.Id).ToList();
            if (mine.Count > 1) yield return $"{mine.Count} reversals of one request";
            if (mine.Sum(one => one.Minor) > reversal.Minor) yield return "more came back than was asked for";
            if (reversal.Status == PayoutReversalStatus.Made && mine.Count == 0) yield return "one was made without its reversal";
            if (reversal.Status == PayoutReversalStatus.Rejected && mine.Count > 0) yield return "one was rejected and made";
        }

        if (item.ReversedMinor > names.Sum(one => one.Minor)) yield return "the books say that more came back than did";
    }

    public Task<IReadOnlyList<DuePayout>> Due(DateTimeOffset until, string term, IReadOnlyCollection<int> without, int limit, CancellationToken stop)
    {
        if (without.Contains(Tenant)) return Task.FromResult<IReadOnlyList<DuePayout>>([]);
        var (items, lets) = (Database.PayoutItems, Database.LetsSend(Tenant, term));
        var paused = Database.PayoutBatches.Where(row => row.Row.Status != PayoutBatchStatus.Sending).Select(row => row.Row.Stream).ToHashSet();
        return Task.FromResult<IReadOnlyList<DuePayout>>([
            .. items.Select(row => row.Row.Item).Where(item => item.NextAt <= until && (item.Next == PayoutStep.LookUp || lets && !paused.Contains(item.Order!.Batch)))
                .OrderBy(item => item.NextAt).Take(limit)
                .Select(item => new DuePayout(Tenant, new(item.Order!.Item), item.Generation, item.Next, Customer: item.Order.IsCredit ? item.Order.Destination : null)),
            .. items.SelectMany(row => row.Row.Item.Reversals.Where(one => one.Sending.NextAt <= until && (one.Next == PayoutStep.LookUp || lets))
                .Select(one => new DuePayout(Tenant, new(row.Row.Item.Order!.Item), one.Sending.Generation, one.Next, one.Id, row.Row.Item.Transfer))).Take(limit)]);
    }

    public Task<IReadOnlyList<OpenBatch>> Open(CancellationToken stop) => Task.FromResult<IReadOnlyList<OpenBatch>>([
        .. Database.PayoutBatches.Select(row => new OpenBatch(row.Tenant, new(Database.Stream(row.Row.Stream).Key.First), row.Row.Stream, row.Row.Status))
            .Where(batch => batch.Status is PayoutBatchStatus.Reserving or PayoutBatchStatus.Approved or PayoutBatchStatus.Sending or PayoutBatchStatus.Cancelling or PayoutBatchStatus.Retrying
                || batch.Status == PayoutBatchStatus.Draft && Candidates.Count > 0)]);

    /// <summary>Whom a batch finds; without any, a test lists its orders itself.</summary>
    public List<PayoutCandidate> Candidates { get; } = [];

    /// <summary>Items that cannot be paid to the account that they name.</summary>
    public List<StrandedItem> StrandedItems { get; } = [];

    public Task<bool> MayGo(DuePayout due, CancellationToken stop) => Task.FromResult(!StrandedItems.Exists(item => item.Item == due.Item));

    public Task<bool> IsUnsettled(OpenBatch batch, DateTimeOffset drawnAt, CancellationToken stop) => Task.FromResult(false);

    public Task<IReadOnlyList<StrandedItem>> Stranded(CancellationToken stop) => Task.FromResult<IReadOnlyList<StrandedItem>>([
        .. StrandedItems.Where(item => Item(Orders.Single(order => order.Item == item.Item.Value)) is { InTransit: true, Status: PayoutItemStatus.Reserved or PayoutItemStatus.Intended })
            .Select(item => item with { Status = Database.PayoutBatches.Single(row => Database.Stream(row.Row.Stream).Key.First == item.Batch.Value).Row.Status })]);

    public Task<IReadOnlyList<CallerId>> Unsent(StreamId batch, CancellationToken stop) => Task.FromResult<IReadOnlyList<CallerId>>([
        .. Database.PayoutItems.Select(row => row.Row.Item).Where(item => item.Order!.Batch == batch
            && item is { InTransit: true, Status: PayoutItemStatus.Reserved or PayoutItemStatus.Intended or PayoutItemStatus.NotFound or PayoutItemStatus.AwaitingFunds })
            .Select(item => new CallerId(item.Order!.Item))]);

    /// <summary>Closed referrers who give up what they have.</summary>
    public List<ForfeitingReferrer> ForfeitingReferrers { get; } = [];

    public Task<IReadOnlyList<ForfeitingReferrer>> Forfeiting(CancellationToken stop) => Task.FromResult<IReadOnlyList<ForfeitingReferrer>>([.. ForfeitingReferrers]);

    public IAsyncEnumerable<JudgedCandidate> Find(int tenant, PayoutTerms terms, DateTimeOffset now, CancellationToken stop) =>
        Candidates.Select(one => new JudgedCandidate(one, one.Why(terms, now, Waits))).ToList().ToAsyncEnumerable();

    public Task<bool> HasAny(int tenant, PayoutTerms terms, DateTimeOffset now, CancellationToken stop) => Task.FromResult(Candidates.Count > 0);

    public int PerSecond => 25;

    public Task<AccountAnswer> Onboard(int tenant, CallerId referrer, OnboardingAsked asked, CancellationToken stop) => throw new NotSupportedException();

    public Task<AccountAnswer> Link(int tenant, CallerId referrer, string account, string by, CancellationToken stop) => throw new NotSupportedException();

    public Task<AccountAnswer> LinkCustomer(int tenant, CallerId referrer, string customer, string by, CancellationToken stop) => throw new NotSupportedException();

    public Task<AccountAnswer> MakeCustomer(int tenant, CallerId referrer, string? email, string? name, string by, CancellationToken stop) => throw new NotSupportedException();

    public Task<bool> LookAgain(int tenant, UnreadyAccounts unready, CancellationToken stop) => Task.FromResult(false);

    public Task<BatchProgress> Progress(StreamId batch, CancellationToken stop)
    {
        var items = Database.PayoutItems.Select(row => row.Row.Item).Where(item => item.Order!.Batch == batch).ToList();
        return Task.FromResult(new BatchProgress(
            items.Count(item => item is { InTransit: true, Status: not (PayoutItemStatus.AwaitingFunds or PayoutItemStatus.Review) }),
            items.Count(item => item.Status == PayoutItemStatus.AwaitingFunds),
            items.Count(item => item.Status == PayoutItemStatus.Review && item.Review is ReviewReason.Several or ReviewReason.KeyMismatch)));
    }

    public ValueTask<StripeAccount> Of(int tenant, CancellationToken stop) => new(new StripeAccount(transfers, null));

    Task<SendGate> ISendGates.Of(int tenant, CancellationToken stop) => Task.FromResult(new SendGate(ShutWhy is not null, ShutWhy));

    public Task<bool> Lets(int tenant, string term, CancellationToken stop) => Task.FromResult(Database.LetsSend(tenant, term));

    public Task Shut(int tenant, string why, string by, CancellationToken stop)
    {
        ShutWhy ??= why;
        Database.LetSend(tenant, Term, lets: false);
        return Task.CompletedTask;
    }

    public Task Open(int tenant, string why, string by, CancellationToken stop)
    {
        ShutWhy = null;
        Database.LetSend(tenant, Term);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in silos) await silo.DisposeAsync();
        transfers.Dispose();
        await Standin.DisposeAsync();
    }

    // On receipt of the first byte: the bytes and the key are those of an intent, and a right to send them was granted and is durable.
    private ValueTask Watch(StandinRequest request)
    {
        var reversal = request.Path.EndsWith("/reversals", StringComparison.Ordinal) ? request["metadata[reversal]"] : null;
        var isPayment = request.Path.EndsWith("/transfers", StringComparison.Ordinal) || request.Path.EndsWith("/balance_transactions", StringComparison.Ordinal);
        if (request.IdempotencyKey is not { } key || reversal is null && !isPayment) return ValueTask.CompletedTask;
        var body = Encoding.UTF8.GetString(request.Body);
        if (bytesOfKeys.GetOrAdd(key, body) != body) violations.Add("one key with two bodies");
        var received = requestsOfKeys.AddOrUpdate(key, 1, static (_, count) => count + 1);
        var stream = Database.Find(GrainAddress.PayoutItem(Tenant, new((request["transfer_group"] ?? request["metadata[item]"])!)).Stream)!;
        var events = Database.Read(_ => stream.Rows.Select(row => row.Decode<PayoutItemEvent>())
            .Select(e => reversal is null ? e : (e as ReversalStep)?.Reversal == reversal ? ((ReversalStep)e).Step : null).OfType<PayoutItemEvent>().ToList());
        var intent = events.OfType<IntentWritten>().LastOrDefault()?.Intent;
        if (intent?.Key != key || intent.Body != body) violations.Add("bytes left that are not of the open intent");
        else if (events.OfType<SendBegan>().Count(began => began.Generation == intent.Generation) < received) violations.Add("bytes left before the right to send was durable");
        return ValueTask.CompletedTask;
    }

    private static PayoutItem Folded(JournalStream stream) =>
        stream.Rows.OrderBy(row => row.Seq).Aggregate(PayoutItem.None, (item, row) => PayoutItem.Evolve(item, row.Event.At, row.Decode<PayoutItemEvent>()));

    private Silo Begin()
    {
        var node = new MemoryNode(
            Database, tenants, world => new PlainRouter(world with { Waits = Waits, Time = TimeProvider.System }, TimeProvider.System));
        var router = between(node.Router, Database);
        var signal = new WorkSignal();
        var sender = new PayoutSender(this, router, this, this, options, signal, TimeProvider.System, NullLogger<PayoutSender>.Instance);
        var runner = new PayoutBatchRunner(this, this, this, router, options, signal, TimeProvider.System, NullLogger<PayoutBatchRunner>.Instance);
        return new(node, router, stop => Task.WhenAll(sender.Run(stop), runner.Run(stop)), Database);
    }

    private static async Task Quietly(Task task)
    {
        try
        {
            await task;
        }
        catch (GrainUnavailableException)
        {
            // The silo that was asked has died.
        }
    }

    private sealed class Silo : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly MemoryDatabase database;
        private readonly Task running;

        public Silo(MemoryNode node, IGrainRouter router, Func<CancellationToken, Task> work, MemoryDatabase database)
        {
            (Node, Router, this.database) = (node, router, database);
            running = Task.Run(() => work(stop.Token));
        }

        public MemoryNode Node { get; }

        public IGrainRouter Router { get; }

        /// <summary>It dies: what it has not committed never is.</summary>
        public async ValueTask DisposeAsync()
        {
            Node.Lease.IsHeld = false;
            database.End(Node.Lease.Silo);
            await stop.CancelAsync();
            await running;
            stop.Dispose();
        }
    }
}
