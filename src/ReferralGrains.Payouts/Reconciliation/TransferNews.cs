using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Payouts.Reconciliation;

/// <summary>
/// Tells an item what Stripe shows of it. What a webhook, a sweep or a comparison has found goes the same way as what a sender was
/// answered, so it may come twice, late and in any order.
/// </summary>
/// <param name="time">That of all processes.</param>
public sealed class TransferNews(IGrainRouter router, TimeProvider time)
{
    /// <param name="item">Must be there: an item is begun by its batch and by nothing else.</param>
    public async Task<PayoutItem> Tell(int tenant, ComparedItem item, ListedTransfer transfer, CancellationToken stop)
    {
        var told = await Ask(tenant, item, new PayoutItemCommand.RecordLookup(item.Generation, new([transfer.Seen]), time.GetUtcNow()), stop);
        if (told.Transfer != transfer.Seen.Id) return told;
        if (transfer.Movement is { } movement) told = await Ask(tenant, item, new PayoutItemCommand.Confirm(transfer.Seen.Id, movement), stop);
        return transfer.Seen.AmountReversed > 0
            ? await Ask(tenant, item, new PayoutItemCommand.RecordReversal(transfer.Seen.Id, transfer.Seen.AmountReversed), stop)
            : told;
    }

    private async Task<PayoutItem> Ask(int tenant, ComparedItem item, PayoutItemCommand command, CancellationToken stop) =>
        (await router.Ask(GrainAddress.PayoutItem(tenant, new CallerId(item.Item)), new AskPayoutItem(command), stop)).Item;
}
