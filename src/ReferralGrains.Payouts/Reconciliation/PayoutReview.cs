using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Payouts.Reconciliation;

/// <inheritdoc cref="IPayoutReview"/>
internal sealed class PayoutReview(IGrainRouter router, IStripeAccounts accounts, ISiloLease lease) : IPayoutReview
{
    public async Task<PayoutItemReply?> Resolve(ReviewFinding finding, CancellationToken stop)
    {
        if ((await accounts.Of(finding.Tenant, stop)).Transfers is not { } stripe) return null;
        var askedAt = lease.Time.GetUtcNow();
        try
        {
            var (item, customer) = (finding.Item.Value, finding.Customer);
            var transfer = finding.Transfer is not { } id ? null : customer is null ? await stripe.Find(id, stop) : await stripe.FindCredit(customer, id, stop);
            if (await (customer is null ? stripe.LookUp(item, stop) : stripe.LookUpCredit(customer, item, stop)) is not { } shown) return null;
            return await router.Ask(
                GrainAddress.PayoutItem(finding.Tenant, finding.Item),
                new AskPayoutItem(new PayoutItemCommand.Resolve(finding.Answer, finding.Why, finding.By, transfer?.Seen, shown, askedAt)), stop);
        }
        catch (StripeAwayException)
        {
            return null;
        }
    }
}
