using ReferralGrains.Payouts.Reconciliation;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Webhooks;

namespace ReferralGrains.Payouts.Webhooks;

/// <summary>
/// Follows what Stripe tells of transfers: what is so is asked of Stripe, and told to the item. A transfer of no item of ours is a matter for
/// the next comparison, which is asked for.
/// </summary>
internal sealed class TransferNotices(IStripeAccounts accounts, IReconciliations store, TransferNews news) : IFollowsNotices
{
    public IReadOnlyList<string> Types => ["transfer.created", "transfer.reversed", "transfer.updated"];

    public bool Follows(string source, string type) => source == InboxWorker.Stripe && type.StartsWith("transfer.", StringComparison.Ordinal);

    public async Task<(InboxOutcome Outcome, string? Detail)> Follow(InboxEvent notice, CancellationToken stop)
    {
        if (notice.About is not { } id) return (InboxOutcome.Passed, "it names no transfer");
        if ((await accounts.Of(notice.Tenant, stop)).Transfers is not { } stripe) return (InboxOutcome.Passed, "no key");
        if (await stripe.Find(id, stop) is not { } transfer) return (InboxOutcome.Passed, "Stripe shows no such transfer");
        var items = await store.Items(notice.Tenant, transfer.Item is { } name ? [name] : [], [id], stop);
        if (items is not [var first, ..])
        {
            await store.Ask(notice.Tenant, ReconciliationCause.Asked, isFull: false, "webhook", stop);
            return (InboxOutcome.Passed, "of no item");
        }

        var item = items.FirstOrDefault(one => one.Transfer == id) ?? first;

        // What came back whole without ever being an item's changes none.
        if (item.Transfer is not null && item.Transfer != id && !transfer.IsLive) return (InboxOutcome.Passed, "it came back");
        var told = await news.Tell(notice.Tenant, item, transfer, stop);
        return (InboxOutcome.Followed, told.Status.ToString());
    }
}

/// <summary>A payout of a connected account to its bank failed: not ours, and something that the referrer will ask about.</summary>
internal sealed class ShownNotices : IFollowsNotices
{
    public IReadOnlyList<string> Types => ["payout.failed"];

    public bool Follows(string source, string type) => source == InboxWorker.Stripe && Types.Contains(type);

    public Task<(InboxOutcome Outcome, string? Detail)> Follow(InboxEvent notice, CancellationToken stop) =>
        Task.FromResult<(InboxOutcome, string?)>((InboxOutcome.Shown, null));
}
