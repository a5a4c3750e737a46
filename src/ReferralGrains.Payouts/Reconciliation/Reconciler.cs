using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns;

namespace ReferralGrains.Payouts.Reconciliation;

/// <summary>
/// Compares what Stripe shows with our books: before the first sending of a sender, hourly, nightly and when it is asked for. What Stripe
/// shows and an open item does not know yet is told to it; what cannot agree is a break, and shuts the gate until a person opens it.
/// </summary>
/// <param name="term">Of the sender beside which it runs.</param>
public sealed partial class Reconciler(
    IReconciliations store, ISendGates gates, IStripeAccounts accounts, IGrainRouter router, PayoutOptions options, string term, TimeSpan pause, TimeProvider time,
    ILogger<Reconciler> log)
{
    private const int ItemsAtOnce = 100;
    private const int CustomersAtOnce = 8;
    private const int TenantsAtOnce = 8;

    private readonly TransferNews news = new(router, time);
    private readonly Outage away = new(time);
    private readonly ConcurrentDictionary<int, Setback> setbacks = new();

    /// <summary>Works until it is stopped.</summary>
    public async Task Run(CancellationToken stop)
    {
        using var places = new SemaphoreSlim(TenantsAtOnce);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var under = new Dictionary<int, Task>();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    foreach (var (tenant, ended) in under.Where(static one => one.Value.IsCompleted).ToList())
                    {
                        under.Remove(tenant);
                        await ended;
                    }

                    foreach (var tenant in await store.Tenants(stop))
                        if (!under.ContainsKey(tenant) && setbacks.GetValueOrDefault(tenant) is not { Lasts: true }) under.Add(tenant, One(tenant, places, ending.Token));
                }
                catch (Exception exception) when (IsOutage(exception))
                {
                    if (away.Begin()) LogUnavailable(exception.Message);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    break;
                }

                await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(under.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Nothing is sent for a tenant before it was compared: one whose Stripe shows much, or does not answer, keeps no other waiting.
    private async Task One(int tenant, SemaphoreSlim places, CancellationToken stop)
    {
        await places.WaitAsync(stop);
        try
        {
            if (await Due(tenant, stop) is { } due) await Do(due, stop);
            away.End();
            setbacks.TryRemove(tenant, out _);
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            if (away.Begin()) LogUnavailable(exception.Message);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Our own bug, in what one tenant has: the others are compared.
            setbacks.GetOrAdd(tenant, _ => new(time)).Begin();
            LogBugOfTenant(tenant, exception);
        }
        finally
        {
            places.Release();
        }
    }

    // One that was asked for, or that another sender began and did not end; else what its time has come for. They go by their numbers, so
    // that the last one that ended is the last one that looked: who asks meanwhile has the smaller one.
    private async Task<ReconciliationRun?> Due(int tenant, CancellationToken stop)
    {
        // Before what waits is read: what is asked for in between is seen to wait.
        var last = await store.Last(tenant, stop);
        var waiting = await store.Waiting(tenant, stop);
        if (waiting is not null && !await GivesWay(waiting, stop)) return waiting;
        if ((await accounts.Of(tenant, stop)).Transfers is null || await Cause(tenant, last, stop) is not { } cause) return null;
        await store.Ask(tenant, cause, isFull: cause == ReconciliationCause.Nightly, by: null, stop);
        if (waiting?.AskedBy is { } person) await store.Ask(tenant, ReconciliationCause.Asked, isFull: true, person, stop);
        return await store.Waiting(tenant, stop);
    }

    // A full one that was interrupted begins over, and looks at all that was ever sent: what is to be sent now waits for the short one alone. It comes
    // again after that; where it has found something it gives way to none, for the short one would not see it.
    private async Task<bool> GivesWay(ReconciliationRun waiting, CancellationToken stop)
    {
        if (waiting is not { State: ReconciliationState.Running, IsFull: true } || await gates.Lets(waiting.Tenant, term, stop) || await store.HasFound(waiting, stop)) return false;
        if ((await gates.Of(waiting.Tenant, stop)).IsShut || (await accounts.Of(waiting.Tenant, stop)).Transfers is null) return false;
        var ended = await store.End(waiting, "interrupted: what is to be sent went first", term, stop);
        LogEnded(ended.Id, ended.Tenant, ended.State, ended.Transfers, ended.Breaks);
        return true;
    }

    // Each kind by the last one that looked at as much: what a lesser one, come as often as it likes, has not looked at is not put off by it.
    private async Task<ReconciliationCause?> Cause(int tenant, ReconciliationRun? last, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        if (last is { State: ReconciliationState.Failed, EndedAt: { } failedAt } && now < failedAt + options.Reconciliation.AgainAfter) return null;
        var lets = await gates.Lets(tenant, term, stop);
        if (lets ? await store.AwaitsComparison(tenant, stop) : !(await gates.Of(tenant, stop)).IsShut) return ReconciliationCause.Start;
        var (regular, full) = await store.LastRegular(tenant, stop);

        // One that was not answered to the end is asked for as often as the lesser one.
        var hasFailed = last is { IsFull: true, State: ReconciliationState.Failed } && now < last.StartedAt + options.Reconciliation.Every;
        if (now >= full + options.Reconciliation.FullyEvery && !hasFailed) return ReconciliationCause.Nightly;
        return now < regular + options.Reconciliation.Every ? null : ReconciliationCause.Hourly;
    }

    private async Task Do(ReconciliationRun run, CancellationToken stop)
    {
        var account = await accounts.Of(run.Tenant, stop);
        if (account.Transfers is not { } stripe)
        {
            await store.End(run, account.WhyNot, term, stop);
            return;
        }

        string? failure = null;
        try
        {
            var from = await From(run, stop);
            await store.Begin(run, from, stop);
            await CompareTransfers(stripe, run, from, stop);
            await CompareCredits(stripe, run, from, stop);
            await CompareUnseen(stripe, run, from, stop);
        }
        catch (StripeAwayException unanswered)
        {
            failure = unanswered.Message;
            LogAway(run.Id, run.Tenant, unanswered.Message);
            if (unanswered.IsRefused) await gates.Shut(run.Tenant, "Stripe refuses the key", Name(run), stop);
        }
        catch (Exception exception) when (exception is not OperationCanceledException && !IsOutage(exception))
        {
            // Our own bug, in what one tenant has: the others are compared, and this one is after a wait.
            failure = $"a bug: {exception.GetType().Name}";
            LogBug(run.Id, run.Tenant, exception);
        }

        var ended = await store.End(run, failure, term, stop);
        LogEnded(run.Id, run.Tenant, ended.State, ended.Transfers, ended.Breaks);
    }

    // From where the last one began that agreed: a restored database has that of its own past, so that all which it has forgotten is seen.
    private async Task<DateTimeOffset> From(ReconciliationRun run, CancellationToken stop)
    {
        var beginning = await store.Beginning(stop) - options.Reconciliation.Slack;
        if (run.IsFull || await store.LastAgreed(run.Tenant, stop) is not { StartedAt: { } agreedAt }) return beginning;
        var from = Earlier(time.GetUtcNow() - options.Reconciliation.Window, agreedAt - options.Reconciliation.Slack);
        return from > beginning ? from : beginning;
    }

    private async Task CompareTransfers(StripeTransfers stripe, ReconciliationRun run, DateTimeOffset from, CancellationToken stop)
    {
        for (string? after = null; ;)
        {
            var page = await stripe.List(from, after, stop);
            if (page.Transfers.Count == 0) return;
            var last = page.Transfers[^1];
            await CompareSome(run, page.Transfers, last.CreatedAt, stop);
            if (!page.HasMore) return;
            after = last.Seen.Id;
        }
    }

    // Stripe lists what was credited to one customer at a time, so that of the others only those are looked at before the first sending to whom
    // something is to be sent.
    private async Task CompareCredits(StripeTransfers stripe, ReconciliationRun run, DateTimeOffset from, CancellationToken stop)
    {
        for (var last = ""; ;)
        {
            var customers = await store.Credited(run.Tenant, IsOfOpen(run) ? null : from, last, ItemsAtOnce, stop);
            if (customers.Count == 0) return;
            foreach (var some in customers.Chunk(CustomersAtOnce)) await Task.WhenAll(some.Select(customer => CompareCredits(stripe, run, customer, stop)));
            last = customers[^1];
        }
    }

    // Among what is not ours. What somebody wrote there before we gave anything is no matter of ours.
    private async Task CompareCredits(StripeTransfers stripe, ReconciliationRun run, string customer, CancellationToken stop)
    {
        var against = new List<ListedTransfer>();
        for (string? after = null; ;)
        {
            var page = await stripe.Credits(customer, after, stop);
            await CompareSome(run, [.. page.Transfers.Where(static one => one.Item?.StartsWith(PayoutOrder.NamePrefix, StringComparison.Ordinal) == true)], null, stop);
            var taken = page.Transfers.SelectMany(one => Comparison.TakenBack(one, against)).ToList();
            if (taken.Count > 0) await store.Seen(run, [], null, taken, stop);
            if (!page.HasMore || page.Transfers.Count == 0) return;
            after = page.Transfers[^1].Seen.Id;
        }
    }

    private static bool IsOfOpen(ReconciliationRun run) => run.Cause == ReconciliationCause.Start;

    private async Task CompareSome(ReconciliationRun run, IReadOnlyList<ListedTransfer> transfers, DateTimeOffset? reachedAt, CancellationToken stop)
    {
        if (transfers.Count == 0) return;
        var items = await store.Items(run.Tenant, [.. transfers.Select(static one => one.Item).OfType<string>()], [.. transfers.Select(static one => one.Seen.Id)], stop);
        var byName = items.ToDictionary(static item => item.Item, StringComparer.Ordinal);
        var byTransfer = items.Where(static item => item.Transfer is not null).ToDictionary(static item => item.Transfer!, StringComparer.Ordinal);
        var breaks = new List<ReconciliationBreak>();
        foreach (var transfer in transfers)
            breaks.AddRange(await Compare(run.Tenant, transfer, byTransfer.GetValueOrDefault(transfer.Seen.Id), byName.GetValueOrDefault(transfer.Item ?? ""), stop));
        await store.Seen(run, [.. transfers.Select(static one => one.Seen.Id)], reachedAt, breaks, stop);
    }

    // A transfer that is older than what was listed, or younger, is asked for by its name. With a customer that was deleted its balance went.
    private async Task CompareUnseen(StripeTransfers stripe, ReconciliationRun run, DateTimeOffset from, CancellationToken stop)
    {
        for (var after = 0L; ;)
        {
            var items = await store.Unseen(run.Tenant, from, !IsOfOpen(run), after, ItemsAtOnce, stop);
            if (items.Count == 0) return;
            var breaks = new List<ReconciliationBreak>();
            foreach (var item in items)
            {
                var found = item.Customer is { } customer ? await stripe.FindCredit(customer, item.Transfer!, stop) : await stripe.Find(item.Transfer!, stop);
                if (found is { } transfer) breaks.AddRange(await Compare(run.Tenant, transfer, item, item, stop));
                else if (item.Customer is not { } of || !await stripe.IsDeleted(of, stop)) breaks.Add(Comparison.Missing(item));
            }

            await store.Compared(run, items.Count, breaks, stop);
            after = items[^1].Stream;
        }
    }

    private async Task<IEnumerable<ReconciliationBreak>> Compare(int tenant, ListedTransfer transfer, ComparedItem? owner, ComparedItem? named, CancellationToken stop)
    {
        if (owner is not null)
        {
            if (transfer.Seen.AmountReversed > 0 || owner.Status == PayoutItemStatus.Succeeded) await news.Tell(tenant, owner, transfer, stop);
            return Comparison.Differences(transfer, owner);
        }

        if (named is null) return [Comparison.Orphan(transfer)];
        if (named.Transfer is null && named.InTransit)
        {
            var told = await news.Tell(tenant, named, transfer, stop);
            if (told.Transfer == transfer.Seen.Id) return Comparison.Differences(transfer, named);
            if (told.Transfer is null && !transfer.IsLive) return [];
            if (told.Transfer is { } other) return transfer.IsLive ? [Comparison.Duplicate(transfer, named with { Transfer = other })] : [];
            return [Comparison.NotOpen(transfer, named with { Status = told.Status }), .. Comparison.Differences(transfer, named)];
        }

        // What came back whole is nothing by now.
        if (!transfer.IsLive) return [];
        await news.Tell(tenant, named, transfer, stop);
        return [named.Transfer is null ? Comparison.NotOpen(transfer, named) : Comparison.Duplicate(transfer, named)];
    }

    private static bool IsOutage(Exception exception) => exception is JournalUnavailableException or LeaseLostException or GrainUnavailableException or GrainBusyException;

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static string Name(ReconciliationRun run) => string.Create(CultureInfo.InvariantCulture, $"rec_{run.Id}");

    [LoggerMessage(LogLevel.Warning, "A comparison with Stripe could not go on: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(LogLevel.Warning, "Comparison {Run} of tenant {Tenant} was not answered to the end: {Reason}")]
    private partial void LogAway(long run, int tenant, string reason);

    [LoggerMessage(LogLevel.Error, "Comparison {Run} of tenant {Tenant} met a bug.")]
    private partial void LogBug(long run, int tenant, Exception exception);

    [LoggerMessage(LogLevel.Error, "What is to be compared for tenant {Tenant} met a bug.")]
    private partial void LogBugOfTenant(int tenant, Exception exception);

    [LoggerMessage(LogLevel.Information, "Comparison {Run} of tenant {Tenant} ended: {State}, {Transfers} transfers, {Breaks} breaks.")]
    private partial void LogEnded(long run, int tenant, ReconciliationState state, long transfers, long breaks);
}
