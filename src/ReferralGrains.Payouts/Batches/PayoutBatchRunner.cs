using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Payouts.Batches;

/// <summary>
/// Carries out what payout batches have decided, item by item: reserves the candidates, writes the intents once it is approved, sees when
/// it has to pause and when it is settled, gives back what was cancelled. It keeps nothing: whoever comes after a crash asks again.
/// </summary>
public sealed partial class PayoutBatchRunner(
    IPayoutBatchWork work, IGrainRouter router, PayoutSenderOptions options, TimeProvider time, ILogger<PayoutBatchRunner> log)
{
    /// <summary>Works until it is stopped.</summary>
    public async Task Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                foreach (var batch in await work.Open(stop)) await DoOne(batch, stop);
            }
            catch (JournalUnavailableException exception)
            {
                LogUnavailable(exception.Message);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }

            await Task.Delay(options.Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task DoOne(OpenBatch batch, CancellationToken stop)
    {
        try
        {
            if (batch.Status == PayoutBatchStatus.Reserving) await Reserve(batch, stop);
            else if (batch.Status == PayoutBatchStatus.Approved) await WriteIntents(batch, stop);
            else if (batch.Status == PayoutBatchStatus.Sending) await Watch(batch, stop);
            else if (batch.Status == PayoutBatchStatus.Cancelling) await GiveBack(batch, stop);
        }
        catch (Exception exception) when (exception is GrainUnavailableException or GrainBusyException)
        {
            LogUnavailable(exception.Message);
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

    // Those that are under way already, after a pause, refuse.
    private async Task WriteIntents(OpenBatch batch, CancellationToken stop)
    {
        await Each(batch, order => Ask(batch.Tenant, order, new PayoutItemCommand.WriteIntent(options.Environment, batch.Tenant, options.ApiVersion), stop), stop);
        await Tell(batch, new PayoutBatchCommand.BeginSending(), stop);
    }

    private async Task Watch(OpenBatch batch, CancellationToken stop)
    {
        var progress = await work.Progress(batch.Stream, stop);
        if (progress.Stopping > 0) await Tell(batch, new PayoutBatchCommand.Pause(ForFunds: false, $"{progress.Stopping} items need a person"), stop);
        else if (progress.AwaitingFunds > 0) await Tell(batch, new PayoutBatchCommand.Pause(ForFunds: true, $"{progress.AwaitingFunds} items await funds"), stop);
        else if (progress.Open == 0) await Tell(batch, new PayoutBatchCommand.Settle(), stop);
    }

    private async Task GiveBack(OpenBatch batch, CancellationToken stop)
    {
        await Each(batch, order => Ask(batch.Tenant, order, new PayoutItemCommand.Release("batch_cancelled", null), stop), stop);
        await Tell(batch, new PayoutBatchCommand.EndCancel(), stop);
    }

    private async Task Each(OpenBatch batch, Func<PayoutOrder, Task> act, CancellationToken stop)
    {
        var shown = await router.Ask(GrainAddress.PayoutBatch(batch.Tenant, batch.Batch), new ShowPayoutBatch(), stop);
        await Parallel.ForEachAsync(
            shown.Batch.Orders, new ParallelOptions { MaxDegreeOfParallelism = options.AtOnce, CancellationToken = stop }, (order, _) => new(act(order)));
    }

    private Task<PayoutItemReply> Ask(int tenant, PayoutOrder order, PayoutItemCommand command, CancellationToken stop) =>
        router.Ask(GrainAddress.PayoutItem(tenant, new(order.Item)), new AskPayoutItem(command), stop);

    private Task<PayoutBatchReply> Tell(OpenBatch batch, PayoutBatchCommand command, CancellationToken stop) =>
        router.Ask(GrainAddress.PayoutBatch(batch.Tenant, batch.Batch), new AskPayoutBatch(command), stop);

    [LoggerMessage(LogLevel.Warning, "A step of a payout batch could not be taken: {Reason}")]
    private partial void LogUnavailable(string reason);
}
