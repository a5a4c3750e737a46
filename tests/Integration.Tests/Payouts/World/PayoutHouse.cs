using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Payouts.Tests.World;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Payouts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Payouts.Webhooks;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts.World;

/// <summary>
/// All of payouts over one PostgreSQL and one stand-in for Stripe, as a server puts it together. Its grains remember nothing: each command
/// meets what is durable, and whoever is second meets the journal's fence.
/// </summary>
internal sealed class PayoutHouse : IGrainRouter, IAsyncDisposable
{
    public const int Tenant = 1;
    public const string Secret = "whsec_house";

    public static readonly PayoutWaits Waits = new()
    {
        FirstByte = TimeSpan.FromMilliseconds(800),
        Answer = TimeSpan.FromMilliseconds(800),
        Quiet = TimeSpan.FromMilliseconds(3_000),
        LookAgain = TimeSpan.FromMilliseconds(200),
        Retry = TimeSpan.FromMilliseconds(20),
        MostRetry = TimeSpan.FromMilliseconds(500),
    };

    private static readonly Asset usd = Asset.Cash("USD");

    private readonly NpgsqlDataSource source;
    private readonly ErrorLog log = new();
    private readonly JournalWriter writer;
    private readonly TurnWorld world;
    private readonly PostgresFacts facts;

    private PayoutHouse(NpgsqlDataSource source, RunningStandin standin, TimeProvider machine)
    {
        (this.source, Standin) = (source, standin);
        writer = new(source, new Assets(source), new StillLease(), TimeProvider.System, NullLogger<JournalWriter>.Instance);
        facts = new(source, TimeProvider.System);
        world = new(
            writer, new StreamLoader(source), facts, new StillLease(), Snapshots: null!, Clock: new WallClock(), Profiles: null!, Tallies: null!, Ledger: null!, Discounts: null!,
            new(), Router: null!, machine, NullLogger.Instance)
        {
            Waits = Waits,
        };
        Services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(log))
            .AddSingleton(machine)
            .AddSingleton(source)
            .AddSingleton<ISiloLease>(new StillLease())
            .AddSingleton<ITenants, Storage.Tenants.Tenants>()
            .AddSingleton<IGrainRouter>(this)
            .AddSingleton<IPayoutReports, PayoutReports>()
            .AddSingleton<IPayoutCandidates>(new PayoutCandidates(source, Waits))
            .AddConnectedAccounts(Options)
            .AddPayouts()
            .BuildServiceProvider();
    }

    public RunningStandin Standin { get; }

    public ServiceProvider Services { get; }

    public List<PayoutOrder> Orders { get; } = [];

    /// <summary>What comes between what somebody saw and what it asks for.</summary>
    public Func<object, Task>? BeforeAsk { get; set; }

    /// <summary>What was said of bugs.</summary>
    public IReadOnlyCollection<string> Errors => log.Errors;

    public ISendGates Gates => Services.GetRequiredService<ISendGates>();

    public IReconciliations Reconciliations => Services.GetRequiredService<IReconciliations>();

    public PayoutOptions Options => new()
    {
        Keys = StripeKeys.Parse($$"""{"shop": {"secret_key": "{{RunningStandin.Key}}", "webhook_secrets": ["whsec_old", "{{Secret}}"], "api_base": "{{Standin.Url}}"} }"""),
        Waits = Waits,
        PerEndpoint = 10_000,
        InAll = 10_000,
        Pause = TimeSpan.FromMilliseconds(20),
        Reconciliation = new() { AgainAfter = TimeSpan.FromMilliseconds(100), SweepEvery = TimeSpan.FromMilliseconds(200) },
    };

    /// <summary>On a migrated database, which may have had a house before.</summary>
    /// <param name="machine">The clock of the machine that it runs on; where that is not right, others' are.</param>
    public static async Task<PayoutHouse> Open(NpgsqlDataSource source, RunningStandin standin, TimeProvider? machine = null)
    {
        await using var tenant = source.CreateCommand("insert into tenant (name, sandbox) values ('shop', true) on conflict do nothing");
        await tenant.ExecuteNonQueryAsync();
        return new(source, standin, machine ?? TimeProvider.System);
    }

    public static PayoutItemCommand Intent => new PayoutItemCommand.WriteIntent("house", Tenant, "2026-10-28.endive");

    /// <summary>A referrer who has earned an amount, and an item that is to pay it.</summary>
    /// <param name="credit">Of account credit, which goes to a customer's balance.</param>
    public async Task<PayoutOrder> Order(string name, long minor, string? destination = null, bool intend = true, bool reserve = true, bool credit = false)
    {
        var asset = credit ? Asset.Credit("USD") : usd;
        var referrer = new StreamId(1_000_000 + Orders.Count + BitConverter.ToUInt16(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name))) * 1_000L);
        var posting = new Posting(new(Rows.Program, AccountKind.Rewards), new(referrer, AccountKind.Payable), new(minor, asset));
        Assert.Equal(AppendOutcome.Committed, await writer.Append(new()
        {
            Tenant = Tenant,
            Streams = [new(new(referrer.Value + 1_000_000_000), 1, [new(1, 1, null, Rows.At, posting, null, null, "{}"u8.ToArray())], new(Tenant, 99, name, ""))],
        }));
        var order = new PayoutOrder(
            "item_" + name, new(8), referrer, new(minor, asset), destination ?? (credit ? Standin.Platform.AddCustomer() : Standin.Platform.AddAccount()));
        await using var linked = source.CreateCommand(
            $"insert into payout_account (referrer, stream, tenant, {(credit ? "customer" : "account")}, links, transfers, pays_out) values ({referrer}, {referrer.Value + 2_000_000_000}, {Tenant}, '{order.Destination}', 1, 1, true)");
        await linked.ExecuteNonQueryAsync();
        if (reserve) Assert.Null((await Ask(order, new PayoutItemCommand.Reserve(order))).Refusal);
        if (intend && reserve) await Ask(order, Intent);
        Orders.Add(order);
        return order;
    }

    /// <summary>Makes the one who is paid by an order a referrer with a name, whose account is linked as a person links it.</summary>
    public async Task Enroll(PayoutOrder order, string name)
    {
        var body = System.Text.Json.JsonSerializer.Serialize(new ReferrerFacts(order.Referrer, new(name), 1, false, [], []), JournalJson.Default.ReferrerFacts);
        await using var enroll = source.CreateCommand(
            $"""
            insert into stream (id, tenant, kind, a) values ({order.Referrer}, {Tenant}, 3, '{name}');
            insert into fact (stream, version, body) values ({order.Referrer}, 1, '{body}');
            delete from payout_account where referrer = {order.Referrer}
            """);
        await enroll.ExecuteNonQueryAsync();
        PayoutAccountCommand[] links = order.IsCredit
            ? [new PayoutAccountCommand.LinkCustomer(order.Destination, "ada", Instead: false)]
            : [new PayoutAccountCommand.Link(order.Destination, "ada", Instead: false), new PayoutAccountCommand.See(order.Destination, Capability.Active, PaysOut: true)];
        foreach (var command in links)
            Assert.True((await Ask(GrainAddress.PayoutAccount(Tenant, new(name)), new AskPayoutAccount(command), CancellationToken.None)).Changed);
    }

    /// <summary>Tells what the stand-in has to tell, as Stripe does, until all of it is followed.</summary>
    public async Task Tell()
    {
        var door = Services.GetRequiredService<IStripeDoor>();
        foreach (var (_, payload) in Standin.Platform.Webhooks.Take())
            Assert.Equal(
                StripeTold.Taken,
                await door.Take(new("shop"), System.Text.Encoding.UTF8.GetBytes(payload), StandinWebhooks.Sign(payload, Secret, TimeProvider.System.GetUtcNow()), CancellationToken.None));
        await Eventually.Holds("all is followed", async () =>
        {
            await using var waiting = source.CreateCommand("select count(*) from webhook_inbox where next_at is not null");
            return (long)(await waiting.ExecuteScalarAsync())! == 0;
        });
    }

    public Task<PayoutItemReply> Ask(PayoutOrder order, PayoutItemCommand command) =>
        Ask(GrainAddress.PayoutItem(Tenant, new(order.Item)), new AskPayoutItem(command), CancellationToken.None);

    /// <summary>Where it stands; asked by something that changes nothing.</summary>
    public async Task<PayoutItem> Item(PayoutOrder order) => (await Ask(order, new PayoutItemCommand.Confirm("tr_none", "txn_none"))).Item;

    public async Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
    {
        var envelope = new Envelope<TReply>(command);
        if (BeforeAsk is { } before) await before(command);
        GrainTurns turns = to.Kind == GrainKind.PayoutItem ? new PayoutItemTurns(to, world)
            : to.Kind == GrainKind.PayoutAccount ? new PayoutAccountTurns(to, world)
            : new PayoutBatchTurns(to, world);
        await turns.Turn([envelope]);
        return await envelope.Replied;
    }

    /// <summary>Sends, follows and compares, until it is disposed of.</summary>
    public async Task<IAsyncDisposable> Run()
    {
        // A turn as sender of its own, as another process has.
        var turn = new SenderTurn(source);
        var service = ActivatorUtilities.CreateInstance<PayoutService>(Services, turn);
        await service.StartAsync(CancellationToken.None);
        return new Running(service, turn);
    }

    /// <summary>Follows what was told, and does nothing else, until it is disposed of.</summary>
    public IAsyncDisposable Follow()
    {
        var worker = new InboxWorker(
            Services.GetRequiredService<IWebhookInbox>(), Services.GetServices<IFollowsNotices>(), Reconciliations, Services.GetRequiredService<IStripeAccounts>(), Options.Reconciliation,
            Options.Pause, TimeProvider.System, NullLogger<InboxWorker>.Instance);
        var stop = new CancellationTokenSource();
        return new Following(stop, Task.Run(() => worker.Run(stop.Token)));
    }

    /// <summary>Asks for a comparison and waits for its end.</summary>
    public async Task<ReconciliationRun> Reconcile(bool full = false)
    {
        var asked = await Reconciliations.Ask(Tenant, ReconciliationCause.Asked, full, "ada", CancellationToken.None);
        return await Ended(asked.Id);
    }

    public async Task<ReconciliationRun> Ended(long run)
    {
        ReconciliationRun? now = null;
        await Eventually.Holds("the comparison has ended", async () => (now = await Reconciliations.Find(Tenant, run, CancellationToken.None))?.EndedAt is not null);
        return now!;
    }

    public async Task<IReadOnlyList<(BreakKind Kind, string Item, string Transfer)>> Breaks() =>
        [.. (await Reconciliations.Breaks(Tenant, 100, CancellationToken.None)).Where(one => one.AcceptedAt is null).Select(one => (one.Kind, one.Item, one.Transfer))];

    public Task Until(PayoutOrder order, params PayoutItemStatus[] statuses) =>
        Eventually.Holds($"{order.Item} is {string.Join(" or ", statuses)}", async () => Array.IndexOf(statuses, (await Item(order)).Status) >= 0);

    /// <summary>Live transfers of an item, or what credits its customer.</summary>
    public int Live(PayoutOrder order) => order.IsCredit
        ? Standin.Platform.AllCredits().Count(credit => (string?)credit["metadata"]!["item"] == order.Item && (string?)credit["customer"] == order.Destination)
        : Standin.Platform.AllTransfers().Count(transfer => (string?)transfer["transfer_group"] == order.Item && !(bool)transfer["reversed"]!);

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await writer.DisposeAsync();
        await facts.DisposeAsync();
    }

    private sealed class Running(IHostedService service, SenderTurn turn) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await service.StopAsync(CancellationToken.None);
            (service as IDisposable)?.Dispose();
            await turn.DisposeAsync();
        }
    }

    private sealed class Following(CancellationTokenSource stop, Task work) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await work;
            stop.Dispose();
        }
    }

    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Errors { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Errors.Enqueue(formatter(state, exception));
        }
    }

    private sealed class WallClock : ITenantClock
    {
        public ValueTask<DateTimeOffset> Now(int tenant)
        {
            var now = TimeProvider.System.GetUtcNow();
            return ValueTask.FromResult(now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)));
        }
    }
}
