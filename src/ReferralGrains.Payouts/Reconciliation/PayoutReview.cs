using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Payouts.Reconciliation;

/// <inheritdoc cref="IPayoutReview"/>
internal sealed class PayoutReview(IGrainRouter router, IStripeAccounts accounts, TimeProvider time) : IPayoutReview
{
    public async Task<PayoutItemReply?> Resolve(ReviewFinding finding, CancellationToken stop)
    {
        if ((await accounts.Of(finding.Tenant, stop)).Transfers is not { } stripe) return null;
        var askedAt = time.GetUtcNow();
        try
        {
            var transfer = finding.Transfer is { } id ? await stripe.Find(id, stop) : null;
            if (await stripe.LookUp(finding.Item.Value, stop) is not { } shown) return null;
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
