using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Payouts.Batches;

/// <summary>
/// Carries out what payout batches have decided, item by item: finds the candidates and reserves them, writes the intents once it is
/// approved, sees when it has to pause and when it is settled, gives back what was cancelled and what its account can no longer take, and has closed referrers give up what they forfeit. It
/// keeps nothing that matters: whoever comes after a crash asks again.
/// </summary>
public sealed partial class PayoutBatchRunner(
    IPayoutBatchWork work, IPayoutCandidates candidates, IConnectedAccounts accounts, IGrainRouter router, PayoutSenderOptions options, WorkSignal signal,
    TimeProvider time, ILogger<PayoutBatchRunner> log)
{
    private const int OrdersAtOnce = 500;
    private const string Nobody = "nobody_to_pay";
    private const string Dropped = "dropped";
    private const string Policy = "policy";

    // What is stranded is held back by the sender meanwhile.
    private static readonly TimeSpan betweenStranded = TimeSpan.FromSeconds(5);

    private long? lookedForStranded;
    private readonly Outage away = new(time);

    /// <summary>Works until it is stopped.</summary>
    public async Task Run(CancellationToken stop)
    {
        IReadOnlyList<OpenBatch> before = [];
        while (!stop.IsCancellationRequested)
        {
            var movedOn = false;
            var more = signal.Next;
            try
            {
                var open = await work.Open(stop);
                away.End();
                foreach (var batch in open) await DoOne(batch, stop);
                (movedOn, before) = (!open.SequenceEqual(before), open);
                if (lookedForStranded is not { } last || time.GetElapsedTime(last) >= betweenStranded)
                {
                    await Strand(stop);
                    await Forfeit(stop);
                }
            }
            catch (JournalUnavailableException exception)
            {
                if (away.Begin()) LogUnavailable(exception.Message);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }

            // The next step of one that has just come a step further waits for nothing.
            if (!movedOn) await Task.WhenAny(more, Task.Delay(options.Pause, time, stop));
        }
    }

    private async Task DoOne(OpenBatch batch, CancellationToken stop)
    {
        try
        {
            if (batch.Status == PayoutBatchStatus.Draft) await List(batch, stop);
            else if (batch.Status == PayoutBatchStatus.Reserving) await Reserve(batch, stop);
            else if (batch.Status == PayoutBatchStatus.Approved) await WriteIntents(batch, stop);
            else if (batch.Status == PayoutBatchStatus.Sending) await Watch(batch, stop);
            else if (batch.Status == PayoutBatchStatus.Cancelling) await GiveBack(batch, stop);
            else if (batch.Status == PayoutBatchStatus.Retrying) await ReserveAgain(batch, stop);
        }
        catch (Exception exception) when (exception is GrainUnavailableException or GrainBusyException or JournalUnavailableException or LeaseLostException)
        {
            LogUnavailable(exception.Message);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Our own bug, in one batch: the others go on, and this one is tried again.
            LogBug(batch.Batch, exception);
        }
    }

    // What was listed before a crash stays as it was listed: its amounts are of then. Who is payable may be others since, and the limit is of both.
    private async Task List(OpenBatch batch, CancellationToken stop)
    {
        var drawn = (await Show(batch, stop)).Batch;
        if (drawn is not { Status: PayoutBatchStatus.Draft, Terms: { } terms, DrawnAt: { } at } || await work.IsUnsettled(batch, at, stop)) return;
        var listed = drawn.Orders.Select(static order => order.Item).ToHashSet(StringComparer.Ordinal);
        var unready = new UnreadyAccounts();
        var orders = await More();
        if (await accounts.LookAgain(batch.Tenant, unready, stop)) orders = await More();
        if (drawn.IsScheduled && orders.Count + listed.Count == 0)
        {
            await Tell(batch, new PayoutBatchCommand.Cancel(Nobody), stop);
            return;
        }

        PayoutBatchCommand[] steps = [.. orders.Chunk(OrdersAtOnce).Select(static some => new PayoutBatchCommand.List([.. some])), new PayoutBatchCommand.EndList(orders.Count + listed.Count)];
        foreach (var step in steps)
            if ((await Tell(batch, step, stop)).Refusal is { } refusal) LogRefused(batch.Batch, refusal);

        // As many as there is room for: a tenant may owe something to millions.
        async Task<List<PayoutOrder>> More()
        {
            var more = new List<PayoutOrder>();
            await foreach (var one in candidates.Find(batch.Tenant, terms, at, stop))
            {
                if (one.Why == NotPaid.BatchFull || more.Count + listed.Count >= PayoutBatchDecider.MostOrders) break;
                unready.Note(one);
                if (one.Why is null && Order(batch, terms, one.Candidate) is var order && !listed.Contains(order.Item)) more.Add(order);
            }

            return more;
        }
    }

    private PayoutOrder Order(OpenBatch batch, PayoutTerms terms, PayoutCandidate candidate) => new(
        PayoutOrder.NameOf(options.Environment, batch.Tenant, batch.Batch, candidate.Id, candidate.Payable.Asset), batch.Stream, candidate.Referrer, candidate.Pays(terms),
        terms.Outside ? PayoutOrder.Outside : candidate.Account!);

    // Before it is being sent the batch is without it, and an approval with it is void; afterwards the item alone is given back.
    private async Task Strand(CancellationToken stop)
    {
        lookedForStranded = time.GetTimestamp();
        foreach (var batch in (await work.Stranded(stop)).GroupBy(static item => (item.Tenant, item.Batch, item.Status)))
        {
            try
            {
                var isDropped = batch.Key.Status is PayoutBatchStatus.Frozen or PayoutBatchStatus.Approved;
                if (isDropped)
                {
                    var drop = new PayoutBatchCommand.Drop([.. batch.Select(static item => new LeftOut(item.Item.Value, item.Why))]);
                    var told = await router.Ask(GrainAddress.PayoutBatch(batch.Key.Tenant, batch.Key.Batch), new AskPayoutBatch(drop), stop);
                    if (told.Refusal is not null) continue;
                }

                foreach (var item in batch)
                    await router.Ask(GrainAddress.PayoutItem(item.Tenant, item.Item), new AskPayoutItem(new PayoutItemCommand.Release(item.Why, null, isDropped)), stop);
            }
            catch (Exception exception) when (exception is GrainUnavailableException or GrainBusyException or JournalUnavailableException or LeaseLostException)
            {
                LogUnavailable(exception.Message);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogBug(batch.Key.Batch, exception);
            }
        }
    }

    // What was in a hold, or reserved, when a referrer was closed may become payable at any time, by whatever turn: the referrer's own gives it up (D18).
    private async Task Forfeit(CancellationToken stop)
    {
        foreach (var one in await work.Forfeiting(stop))
        {
            try
            {
                await router.Ask(GrainAddress.Referrer(one.Tenant, one.Referrer), new CloseReferrer(null, Policy, Forfeits: true), stop);
            }
            catch (Exception exception) when (exception is GrainUnavailableException or GrainBusyException or JournalUnavailableException or LeaseLostException)
            {
                LogUnavailable(exception.Message);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogBugInForfeit(one.Referrer, exception);
            }
        }
    }

    private async Task Reserve(OpenBatch batch, CancellationToken stop)
    {
        var left = new ConcurrentBag<LeftOut>();
        await Each(batch, async order =>
        {
            var reply = await Ask(batch.Tenant, order, new PayoutItemCommand.Reserve(order), stop);
            if (reply.Refusal is { } why) left.Add(new(order.Item, why == PayoutItemRefusal.BalanceShort ? "balance_short" : "other_order"));
            else if (!reply.Item.InTransit) left.Add(new(order.Item, "released"));
        }, stop);
        await Tell(batch, new PayoutBatchCommand.Freeze([.. left.OrderBy(one => one.Item, StringComparer.Ordinal)]), stop);
    }

    // Those that are under way already, after a pause, refuse; so do those that are paid outside.
    private async Task WriteIntents(OpenBatch batch, CancellationToken stop)
    {
        var approved = await Each(batch, order => Ask(batch.Tenant, order, new PayoutItemCommand.WriteIntent(options.Environment, batch.Tenant, options.ApiVersion), stop), stop);
        await GiveBackDropped(batch, approved, stop);
        await Tell(batch, new PayoutBatchCommand.BeginSending(approved.Hash), stop);
        signal.Raise();
    }

    // Who dropped an order may have died before its item was given back, and what it was dropped for may be gone: it would be sent, or its amount
    // be in transit for ever.
    private async Task GiveBackDropped(OpenBatch batch, PayoutBatch approved, CancellationToken stop)
    {
        var paid = approved.Orders.Select(static order => order.Item).ToHashSet(StringComparer.Ordinal);
        foreach (var item in (await work.Unsent(batch.Stream, stop)).Where(item => !paid.Contains(item.Value)))
            await router.Ask(GrainAddress.PayoutItem(batch.Tenant, item), new AskPayoutItem(new PayoutItemCommand.Release(Dropped, null, IsDropped: true)), stop);
    }

    private async Task Watch(OpenBatch batch, CancellationToken stop)
    {
        var progress = await work.Progress(batch.Stream, stop);
        if (progress.Stopping > 0) await Tell(batch, new PayoutBatchCommand.Pause(ForFunds: false, $"{progress.Stopping} items need a person"), stop);
        else if (progress.AwaitingFunds > 0) await Tell(batch, new PayoutBatchCommand.Pause(ForFunds: true, $"{progress.AwaitingFunds} items await funds"), stop);
        else if (progress.Open == 0) await Tell(batch, new PayoutBatchCommand.Settle(), stop);
    }

    // Only what was released is, and not given up; what its balance does not bear by now stays so.
    private async Task ReserveAgain(OpenBatch batch, CancellationToken stop)
    {
        await Each(batch, order => Ask(batch.Tenant, order, new PayoutItemCommand.Reserve(order, IsRetry: true), stop), stop);
        await Tell(batch, new PayoutBatchCommand.EndRetry(), stop);
    }

    private async Task GiveBack(OpenBatch batch, CancellationToken stop)
    {
        await Each(batch, order => Ask(batch.Tenant, order, new PayoutItemCommand.Release("batch_cancelled", null), stop), stop);
        await Tell(batch, new PayoutBatchCommand.EndCancel(), stop);
    }

    private async Task<PayoutBatch> Each(OpenBatch batch, Func<PayoutOrder, Task> act, CancellationToken stop)
    {
        var shown = (await Show(batch, stop)).Batch;
        await Parallel.ForEachAsync(
            shown.Orders, new ParallelOptions { MaxDegreeOfParallelism = options.AtOnce, CancellationToken = stop }, (order, _) => new(act(order)));
        return shown;
    }

    private Task<PayoutBatchReply> Show(OpenBatch batch, CancellationToken stop) =>
        router.Ask(GrainAddress.PayoutBatch(batch.Tenant, batch.Batch), new ShowPayoutBatch(), stop);

    private Task<PayoutItemReply> Ask(int tenant, PayoutOrder order, PayoutItemCommand command, CancellationToken stop) =>
        router.Ask(GrainAddress.PayoutItem(tenant, new(order.Item)), new AskPayoutItem(command), stop);

    private Task<PayoutBatchReply> Tell(OpenBatch batch, PayoutBatchCommand command, CancellationToken stop) =>
        router.Ask(GrainAddress.PayoutBatch(batch.Tenant, batch.Batch), new AskPayoutBatch(command), stop);

    [LoggerMessage(LogLevel.Warning, "A step of a payout batch could not be taken: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(LogLevel.Warning, "The candidates of payout batch {Batch} were not taken: {Refusal}")]
    private partial void LogRefused(CallerId batch, PayoutBatchRefusal refusal);

    [LoggerMessage(LogLevel.Error, "A step of payout batch {Batch} met a bug.")]
    private partial void LogBug(CallerId batch, Exception exception);

    [LoggerMessage(LogLevel.Error, "What closed referrer {Referrer} gives up met a bug.")]
    private partial void LogBugInForfeit(CallerId referrer, Exception exception);
}
