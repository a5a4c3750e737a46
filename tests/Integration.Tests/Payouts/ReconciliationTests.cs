using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Payouts.Tests.World;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Payouts.World;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Payouts.Reconciliation;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Turns.Payouts;
using Stripe;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>Stripe and our books are compared, and where they differ nothing is sent.</summary>
public sealed class ReconciliationTests(PostgresServer server)
    // It forgets every key at once: who sends again what was sent, pays again.
    : PayoutHouseTests(server, new() { KeyLife = TimeSpan.Zero })
{
    [Fact]
    public async Task Nothing_is_sent_before_Stripe_and_the_books_were_compared_and_then_all_is_confirmed()
    {
        var order = await house.Order("a", 1_000);
        await using var running = await house.Run();
        await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        var start = (await house.Reconciliations.Find(PayoutHouse.Tenant, 1, CancellationToken.None))!;
        Assert.Equal((ReconciliationCause.Start, ReconciliationState.Clean, 0L), (start.Cause, start.State, start.Transfers));
        var run = await house.Reconcile();
        Assert.Equal((ReconciliationState.Clean, 1L, 0L, 0L), (run.State, run.Transfers, run.Items, run.Breaks));
        Assert.Equal(PayoutItemStatus.Confirmed, (await house.Item(order)).Status);
    }

    [Fact]
    public async Task A_comparison_that_meets_a_bug_fails_and_is_run_again()
    {
        var order = await house.Order("a", 1_000);
        await ByHand(1_000, order.Destination, order.Item);
        house.BeforeAsk = static command => command is AskPayoutItem { Command: PayoutItemCommand.RecordLookup } ? throw new InvalidOperationException("a bug") : Task.CompletedTask;
        await using var running = await house.Run();
        var run = await house.Ended(1);
        Assert.Equal((ReconciliationState.Failed, "a bug: InvalidOperationException"), (run.State, run.Failure));
        house.BeforeAsk = null;
        await house.Until(order, PayoutItemStatus.Confirmed);
        Assert.Equal(1, house.Live(order));
    }

    // PostgreSQL says no in a way that is no outage: to what is due, to what batches wait for, and to nobody else.
    [Fact]
    public async Task A_bug_that_ends_a_part_of_the_senders_turn_is_said_and_all_is_taken_up_again()
    {
        var order = await house.Order("a", 1_000);
        await database.Run("alter table payout_batch rename to mislaid");
        await using var running = await house.Run();
        await Eventually.Holds("it is said", () => Task.FromResult(house.Errors.Any(static line => line.StartsWith("Sending payouts", StringComparison.Ordinal))));
        await database.Run("alter table mislaid rename to payout_batch");
        await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
    }

    // The one before has more to compare than ends today, or a Stripe that keeps it waiting.
    [Fact]
    public async Task A_tenant_whose_comparison_goes_on_and_on_keeps_no_other_waiting()
    {
        var other = await database.Ask<int>("insert into tenant (name, sandbox) values ('other', true) returning id");
        foreach (var tenant in (int[])[PayoutHouse.Tenant, other]) await house.Reconciliations.Ask(tenant, ReconciliationCause.Asked, isFull: true, "ada", CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var reconciler = new Reconciler(
            house.Reconciliations, house.Gates, new Waits(house.Services.GetRequiredService<IStripeAccounts>()), house, house.Options, "term", house.Options.Pause, TimeProvider.System,
            NullLogger<Reconciler>.Instance);
        var running = reconciler.Run(stop.Token);
        await Eventually.Holds("the other one is compared", async () => (await house.Reconciliations.Last(other, CancellationToken.None))?.EndedAt is not null);
        Assert.Null((await house.Reconciliations.Last(PayoutHouse.Tenant, CancellationToken.None))?.EndedAt);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_bug_in_what_one_tenant_has_keeps_no_other_from_being_compared()
    {
        var other = await database.Ask<int>("insert into tenant (name, sandbox) values ('other', true) returning id");
        foreach (var tenant in (int[])[PayoutHouse.Tenant, other]) await house.Reconciliations.Ask(tenant, ReconciliationCause.Asked, isFull: true, "ada", CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var accounts = new Buggy(house.Services.GetRequiredService<IStripeAccounts>());
        var reconciler = new Reconciler(
            house.Reconciliations, house.Gates, accounts, house, house.Options, "term", house.Options.Pause, TimeProvider.System, NullLogger<Reconciler>.Instance);
        var running = reconciler.Run(stop.Token);
        await Eventually.Holds("the bug is met again, and the other one compared", async () =>
            running.IsCompleted || (accounts.Met > 2 && (await house.Reconciliations.Last(other, CancellationToken.None))?.EndedAt is not null));
        Assert.False(running.IsCompleted, "it goes on");
        await stop.CancelAsync();
        await running;
    }

    // Of what takes hours nothing is left by then, and what is to be sent would wait for all of it.
    [Theory]
    [InlineData(ReconciliationCause.Nightly, null)]
    [InlineData(ReconciliationCause.Asked, "ada")]
    public async Task A_full_comparison_that_was_interrupted_gives_way_to_the_one_before_the_first_sending_and_comes_after_it(ReconciliationCause cause, string? by)
    {
        var order = await house.Order("a", 1_000);
        await database.Run(
            $"""
            insert into send_gate (tenant, term, life) values ({PayoutHouse.Tenant}, 'before', life());
            insert into reconciliation_run (tenant, cause, is_full, asked_by, asked_at, started_at, ended_at, state)
            select {PayoutHouse.Tenant}, {(int)cause}, true, {(by is null ? "null" : $"'{by}'")}, at, at, ended_at, state
            from (values (now() - interval '25 hours', now() - interval '24 hours', 3), (now() - interval '10 minutes', null, 2)) as run(at, ended_at, state)
            """);
        await using var running = await house.Run();
        await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        var interrupted = await house.Ended(2);
        Assert.Equal((ReconciliationState.Failed, "interrupted: what is to be sent went first"), (interrupted.State, interrupted.Failure));
        var start = await house.Ended(3);
        Assert.Equal((ReconciliationCause.Start, false, ReconciliationState.Clean), (start.Cause, start.IsFull, start.State));

        // Neither the night's is left out nor what a person asked for.
        var again = await house.Ended(4);
        Assert.Equal((cause, true, by, ReconciliationState.Clean), (again.Cause, again.IsFull, again.AskedBy, again.State));
    }

    // The short one would not see it, and the gate would open.
    [Fact]
    public async Task A_full_comparison_that_has_found_something_gives_way_to_none()
    {
        await house.Order("a", 1_000);
        await database.Run(
            $"""
            insert into send_gate (tenant, term, life) values ({PayoutHouse.Tenant}, 'before', life());
            insert into reconciliation_run (tenant, cause, is_full, asked_at, started_at, state) values ({PayoutHouse.Tenant}, {(int)ReconciliationCause.Nightly}, true, now(), now(), 2);
            insert into reconciliation_break (tenant, kind, item, transfer, detail, first_run, last_run) values ({PayoutHouse.Tenant}, 1, '', 'tr_old', 'of no item', 1, 1)
            """);
        await using var running = await house.Run();
        var found = await house.Ended(1);
        Assert.Equal((true, ReconciliationState.Breaks, 1), (found.IsFull, found.State, found.Breaks));
        Assert.True((await house.Gates.Of(PayoutHouse.Tenant, CancellationToken.None)).IsShut);
    }

    [Fact]
    public async Task What_no_listed_transfer_belongs_to_comes_in_the_order_of_its_streams()
    {
        var orders = new[] { await house.Order("second", 1_000), await house.Order("first", 2_000), await house.Order("third", 3_000) };
        foreach (var order in orders) await house.Ask(order, new PayoutItemCommand.RecordLookup(1, new([Seen(order, "tr_of_" + order.Item)]), TimeProvider.System.GetUtcNow()));
        var after = 0L;
        foreach (var order in orders)
        {
            var item = Assert.Single(await Next());
            Assert.Equal(order.Item, item.Item);
            after = item.Stream;
        }

        Assert.Empty(await Next());

        Task<IReadOnlyList<ComparedItem>> Next() => house.Reconciliations.Unseen(PayoutHouse.Tenant, DateTimeOffset.UnixEpoch, credits: true, after, limit: 1, CancellationToken.None);
    }

    // A person accepts what was found, while the next comparison notes the same, in whatever order Stripe lists it.
    [Fact]
    public async Task Breaks_are_noted_in_one_order()
    {
        var store = house.Reconciliations;
        var run = await store.Ask(PayoutHouse.Tenant, ReconciliationCause.Asked, isFull: true, "ada", CancellationToken.None);
        ReconciliationBreak[] breaks = [.. Enumerable.Range(0, 3).Select(static i => new ReconciliationBreak(BreakKind.TransferWithoutItem, "", $"tr_{2 - i}", "why"))];
        await store.Seen(run, [], null, breaks, CancellationToken.None);
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var accepts = await connection.BeginTransactionAsync();
        await Lock("tr_0");
        var noted = store.Seen(run, [], null, breaks, CancellationToken.None);
        await Eventually.Holds("it waits", async () => await database.Ask<long>("select count(*) from pg_locks where not granted") > 0);
        foreach (var transfer in (string[])["tr_1", "tr_2"]) await Lock(transfer);
        await accepts.CommitAsync();
        await noted;

        async Task Lock(string transfer)
        {
            await using var command = new NpgsqlCommand($"select from reconciliation_break where transfer = '{transfer}' for update", connection, accepts);
            await command.ExecuteNonQueryAsync();
        }
    }

    // Whoever opens it has not seen what that comparison found.
    [Fact]
    public async Task A_comparison_that_ends_while_a_person_opens_the_gate_shuts_it_again()
    {
        var store = house.Reconciliations;
        var (seen, next) = (await Found("tr_1"), await Found("tr_1", "tr_2"));
        await store.End(seen, null, "term", CancellationToken.None);
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var holds = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("select from reconciliation_break where transfer = 'tr_1' for update", connection, holds)) await hold.ExecuteNonQueryAsync();
        var opening = house.Gates.Open(PayoutHouse.Tenant, "seen", "ada", CancellationToken.None);
        await Waiting(1);
        var ending = store.End(next, null, "term", CancellationToken.None);
        await Waiting(2);
        await holds.CommitAsync();
        await opening;
        Assert.Equal((1, 1), ((await ending).Breaks, (await ending).Accepted));
        Assert.Equal((true, "rec_2"), (await house.Gates.Of(PayoutHouse.Tenant, CancellationToken.None) is var gate && gate.IsShut, gate.ShutBy));
        Assert.Equal(["tr_2"], (await house.Breaks()).Select(static one => one.Transfer));

        async Task<ReconciliationRun> Found(params string[] transfers)
        {
            var run = await store.Ask(PayoutHouse.Tenant, ReconciliationCause.Asked, isFull: transfers.Length == 1, "ada", CancellationToken.None);
            await store.Begin(run, TimeProvider.System.GetUtcNow(), CancellationToken.None);
            await store.Seen(run, transfers, null, [.. transfers.Select(static one => new ReconciliationBreak(BreakKind.TransferWithoutItem, "", one, "500 usd"))], CancellationToken.None);
            return run;
        }

        Task Waiting(int many) => Eventually.Holds(
            $"{many} wait", async () => await database.Ask<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") >= many);
    }

    [Fact]
    public async Task A_transfer_by_hand_one_missing_and_one_of_another_amount_are_listed_by_kind_and_shut_the_gate()
    {
        var (fine, missing, other) = (await house.Order("fine", 1_000), await house.Order("missing", 2_000), await house.Order("other", 3_000));
        await house.Ask(missing, new PayoutItemCommand.RecordLookup(1, new([Seen(missing, "tr_gone")]), TimeProvider.System.GetUtcNow()));
        var byHand = await ByHand(500, fine.Destination);
        var otherAmount = await ByHand(2_999, other.Destination, other.Item);
        await house.Ask(other, new PayoutItemCommand.RecordLookup(1, new([Seen(other, otherAmount)]), TimeProvider.System.GetUtcNow()));

        await using var running = await house.Run();
        var run = await house.Ended(1);
        Assert.Equal((ReconciliationState.Breaks, 2L, 1L, 3L), (run.State, run.Transfers, run.Items, run.Breaks));
        (BreakKind, string, string)[] expected =
        [
            (BreakKind.TransferWithoutItem, "", byHand), (BreakKind.ItemWithoutTransfer, missing.Item, "tr_gone"), (BreakKind.AmountDiffers, other.Item, otherAmount),
        ];
        Assert.Equal(expected, await house.Breaks());
        var gate = await house.Gates.Of(PayoutHouse.Tenant, CancellationToken.None);
        Assert.Equal((true, "rec_1", "Stripe and our books differ in 3 places"), (gate.IsShut, gate.ShutBy, gate.ShutWhy));
        Assert.Equal(PayoutItemStatus.Intended, (await house.Item(fine)).Status);

        // A person has seen to them: the same ones shut nothing any more, and another one does.
        await house.Gates.Open(PayoutHouse.Tenant, "booked by hand", "ada", CancellationToken.None);
        await house.Until(fine, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        Assert.Equal(ReconciliationState.Clean, (await house.Reconcile(full: true)).State);
        await ByHand(501, fine.Destination);
        Assert.Equal(ReconciliationState.Breaks, (await house.Reconcile()).State);
        Assert.Single(await house.Breaks());
        Assert.True((await house.Gates.Of(PayoutHouse.Tenant, CancellationToken.None)).IsShut);
    }

    [Fact]
    public async Task What_differs_in_other_ways_is_listed_by_its_kind()
    {
        var (twice, released, reversed, elsewhere, currency) = (
            await house.Order("twice", 1_000), await house.Order("released", 2_000), await house.Order("reversed", 3_000), await house.Order("elsewhere", 4_000), await house.Order("currency", 5_000));
        standin.Platform.Fund("eur", 1_000_000);
        var client = standin.Client();
        var first = await ByHand(1_000, twice.Destination, twice.Item);
        await house.Ask(twice, new PayoutItemCommand.RecordLookup(1, new([Seen(twice, first)]), TimeProvider.System.GetUtcNow()));
        var second = await ByHand(1_000, twice.Destination, twice.Item);
        await house.Ask(released, new PayoutItemCommand.Release("cancelled", "ada"));
        var late = await ByHand(2_000, released.Destination, released.Item);
        var back = await ByHand(3_000, reversed.Destination, reversed.Item);
        await client.V1.Transfers.Reversals.CreateAsync(back, new() { Amount = 1_200 });
        var stray = await ByHand(4_000, standin.Platform.AddAccount(), elsewhere.Item);
        var euros = (await client.V1.Transfers.CreateAsync(Options(5_000, currency.Destination, currency.Item, "eur"))).Id;

        await using var running = await house.Run();
        Assert.Equal(ReconciliationState.Breaks, (await house.Ended(1)).State);
        (BreakKind, string, string)[] expected =
        [
            (BreakKind.CurrencyDiffers, currency.Item, euros), (BreakKind.DestinationDiffers, elsewhere.Item, stray), (BreakKind.ReversedOutside, reversed.Item, back),
            (BreakKind.Duplicate, twice.Item, second), (BreakKind.ItemNotOpen, currency.Item, euros), (BreakKind.ItemNotOpen, elsewhere.Item, stray), (BreakKind.ItemNotOpen, released.Item, late),
        ];
        Assert.Equal(expected, await house.Breaks());
        Assert.Equal((PayoutItemStatus.Review, ReviewReason.Several), (await house.Item(twice) is var item ? item.Status : default, item.Review));
        Assert.Equal((PayoutItemStatus.PartlyReversed, 1_200L), (await house.Item(reversed) is var partly ? partly.Status : default, partly.ReversedMinor));
    }

    // All that was paid after the backup is found again before anything is sent: what the copy knows is adopted, what it does not shuts the gate.
    [Fact]
    public async Task A_backup_taken_in_mid_batch_and_restored_sends_nothing_before_it_was_compared_and_pays_nothing_twice()
    {
        var before = new[] { await house.Order("before_1", 1_000), await house.Order("before_2", 2_000) };
        await using (await house.Run())
            foreach (var order in before) await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        var open = new[] { await house.Order("open_1", 3_000), await house.Order("open_2", 4_000), await house.Order("reserved", 5_000, intend: false) };

        // One is recorded as leaving as the backup is taken.
        var term = await database.Ask<string>("select term from send_gate");
        Assert.True((await house.Ask(open[1], new PayoutItemCommand.BeginSend(1, term))).Changed);
        await house.DisposeAsync();
        await using var restored = await Backup();
        house = await PayoutHouse.Open(database.Source, standin);

        // Life goes on after the backup: all is paid, and what the backup does not know as well.
        await house.Ask(open[2], PayoutHouse.Intent);
        var later = await house.Order("later", 6_000);
        await using (await house.Run())
            foreach (var order in open.Append(later)) await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        Assert.Equal(6, standin.Platform.AllTransfers().Count);

        await using var second = await PayoutHouse.Open(restored, standin);
        Assert.False(await second.Gates.Lets(PayoutHouse.Tenant, term, CancellationToken.None));
        Assert.Equal(PayoutItemRefusal.SendingStopped, (await second.Ask(open[0], new PayoutItemCommand.BeginSend(1, term))).Refusal);
        await using (await second.Run())
        {
            await Eventually.Holds("the restored one is compared", async () => (await second.Gates.Of(PayoutHouse.Tenant, CancellationToken.None)).IsShut);
            Assert.Equal([(BreakKind.TransferWithoutItem, later.Item)], (await second.Breaks()).Select(one => (one.Kind, one.Item)));
            foreach (var order in open) Assert.Equal(PayoutItemStatus.Confirmed, (await second.Item(order)).Status);
            await second.Gates.Open(PayoutHouse.Tenant, "paid after the backup, booked as an entry", "ada", CancellationToken.None);
            var next = await second.Order("next", 7_000);
            await second.Until(next, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        }

        Assert.Equal(7, standin.Platform.AllTransfers().Count);
        Assert.All(before.Concat(open).Append(later), order => Assert.Equal(1, house.Live(order)));

        async Task<NpgsqlDataSource> Backup()
        {
            var (of, name) = (new NpgsqlConnectionStringBuilder(database.OwnerConnectionString), "copy_" + Guid.NewGuid().ToString("n")[..12]);
            var original = of.Database;
            of.Database = "postgres";
            await using var admin = NpgsqlDataSource.Create(of.ConnectionString);
            await using (var leave = admin.CreateCommand($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{original}'")) await leave.ExecuteNonQueryAsync();
            database.Source.Clear();
            database.Superuser.Clear();
            await using (var create = admin.CreateCommand($"create database {name} template {original}")) await create.ExecuteNonQueryAsync();
            return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = name }.ConnectionString);
        }
    }

    // Two senders may compare at once while one takes over from the other: the later one may end first.
    [Fact]
    public async Task What_two_comparisons_find_is_listed_in_whichever_order_they_end()
    {
        var found = new ReconciliationBreak(BreakKind.TransferWithoutItem, "", "tr_1", "500 usd");
        var first = await house.Reconciliations.Ask(PayoutHouse.Tenant, ReconciliationCause.Asked, isFull: true, "ada", CancellationToken.None);
        var second = await house.Reconciliations.Ask(PayoutHouse.Tenant, ReconciliationCause.Hourly, isFull: false, null, CancellationToken.None);
        foreach (var run in (ReconciliationRun[])[second, first])
        {
            await house.Reconciliations.Begin(run, TimeProvider.System.GetUtcNow(), CancellationToken.None);
            await house.Reconciliations.Seen(run, ["tr_1"], null, [found], CancellationToken.None);
            Assert.Equal((ReconciliationState.Breaks, 1L), (await house.Reconciliations.End(run, null, "term", CancellationToken.None) is var ended ? ended.State : default, ended.Breaks));
            Assert.Equal([found.Transfer], (await house.Breaks()).Select(static one => one.Transfer));
        }
    }

    // Whoever asks while the sender finds that its time has come for one must not be passed by it: it would be told of what is listed no more.
    [Fact]
    public async Task Comparisons_go_by_their_numbers_when_two_are_asked_for_at_once()
    {
        await house.Order("a", 1_000);
        var asked = new AskedMeanwhile(house);
        var reconciler = ActivatorUtilities.CreateInstance<Reconciler>(house.Services, asked, house.Options, "term", house.Options.Pause);
        using var stop = new CancellationTokenSource();
        var running = reconciler.Run(stop.Token);
        var own = await house.Ended(2);
        await stop.CancelAsync();
        await running;
        var theirs = await asked.Run!;
        Assert.Equal((1L, ReconciliationCause.Asked, ReconciliationCause.Start), (theirs.Id, theirs.Cause, own.Cause));
        Assert.True((await house.Ended(theirs.Id)).EndedAt <= own.StartedAt, "the one that was asked for first is run first");
    }

    // Those that are asked for, or that credit waits for, come as often as they like, and look at less.
    [Theory]
    [InlineData(ReconciliationCause.Asked, 25, ReconciliationCause.Nightly)]
    [InlineData(ReconciliationCause.Start, 3, ReconciliationCause.Hourly)]
    public async Task A_comparison_comes_when_its_time_has_come_though_a_lesser_one_has_just_run(ReconciliationCause lesser, int hours, ReconciliationCause expected)
    {
        await house.Order("a", 1_000);
        await database.Run(
            $"""
            insert into send_gate (tenant, term, life) values ({PayoutHouse.Tenant}, 'term', life());
            insert into reconciliation_run (tenant, cause, is_full, asked_at, started_at, ended_at, state)
            select {PayoutHouse.Tenant}, cause, is_full, at, at, at, 3
            from (values ({(int)ReconciliationCause.Nightly}, true, now() - interval '{hours} hours'), ({(int)lesser}, false, now() - interval '10 minutes')) as run(cause, is_full, at)
            """);
        var reconciler = ActivatorUtilities.CreateInstance<Reconciler>(house.Services, house.Options, "term", house.Options.Pause);
        using var stop = new CancellationTokenSource();
        var running = reconciler.Run(stop.Token);
        await Eventually.Holds("one is run", async () => await house.Reconciliations.Last(PayoutHouse.Tenant, CancellationToken.None) is { Id: 3, EndedAt: not null });
        await stop.CancelAsync();
        await running;
        Assert.Equal(expected, (await house.Ended(3)).Cause);
    }

    // A key that may not read is no difference, and is a reason to stop.
    [Fact]
    public async Task A_comparison_that_Stripe_does_not_answer_is_run_again_and_nothing_is_sent_before()
    {
        await house.DisposeAsync();
        await standin.DisposeAsync();
        standin = await RunningStandin.Start(new() { MostPerSecond = 0 });
        house = await PayoutHouse.Open(database.Source, standin);
        var order = await house.Order("a", 1_000);
        await using var running = await house.Run();
        await Eventually.Holds("it failed twice", async () => await house.Reconciliations.Last(PayoutHouse.Tenant, CancellationToken.None) is { Id: > 2 });
        Assert.Equal(ReconciliationState.Failed, (await house.Ended(1)).State);
        Assert.Equal(PayoutItemStatus.Intended, (await house.Item(order)).Status);
        Assert.False((await house.Gates.Of(PayoutHouse.Tenant, CancellationToken.None)).IsShut);
    }

    private static TransferSeen Seen(PayoutOrder order, string transfer) => new(transfer, order.StripeAmount, order.StripeCurrency, order.Destination, order.Item);

    private sealed class Waits(IStripeAccounts accounts) : IStripeAccounts
    {
        public async ValueTask<StripeAccount> Of(int tenant, CancellationToken stop)
        {
            if (tenant == PayoutHouse.Tenant) await Task.Delay(Timeout.Infinite, stop);
            return await accounts.Of(PayoutHouse.Tenant, stop);
        }
    }

    private sealed class Buggy(IStripeAccounts accounts) : IStripeAccounts
    {
        private int met;

        public int Met => Volatile.Read(ref met);

        public ValueTask<StripeAccount> Of(int tenant, CancellationToken stop)
        {
            if (tenant != PayoutHouse.Tenant) return accounts.Of(PayoutHouse.Tenant, stop);
            Interlocked.Increment(ref met);
            throw new InvalidOperationException("a bug");
        }
    }

    private async Task<string> ByHand(long amount, string destination, string? item = null) => (await standin.Client().V1.Transfers.CreateAsync(Options(amount, destination, item, "usd"))).Id;

    private static TransferCreateOptions Options(long amount, string destination, string? item, string currency) => new()
    {
        Amount = amount,
        Currency = currency,
        Destination = destination,
        TransferGroup = item,
        Metadata = item is null ? null : new() { ["item"] = item },
    };

    /// <summary>Somebody asks for a comparison after the sender has seen that none waits.</summary>
    private sealed class AskedMeanwhile(PayoutHouse house) : IStripeAccounts
    {
        public Task<ReconciliationRun>? Run { get; private set; }

        public async ValueTask<StripeAccount> Of(int tenant, CancellationToken stop)
        {
            await (Run ??= house.Reconciliations.Ask(tenant, ReconciliationCause.Asked, isFull: true, "ada", stop));
            return await house.Services.GetRequiredService<IStripeAccounts>().Of(tenant, stop);
        }
    }
}
