using Microsoft.Extensions.Logging;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Referrals;
using Stripe;

namespace ReferralGrains.Payouts.Customers;

/// <summary>
/// Whether a customer is active, by the tenant's own account at Stripe (H15): one of its subscriptions runs or is on trial, or it never had
/// one and is still there. What cannot be read, and what is undecided at Stripe itself, nobody knows: for what is cancelled never comes back.
/// </summary>
internal sealed partial class StripeCustomers(IStripeAccounts accounts, TimeProvider time, ILogger<StripeCustomers> log) : ICustomerCheck
{
    private const int MostSubscriptions = 100;

    // A turn waits for it, and whoever asks that grain with it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async ValueTask<CustomerState> Look(int tenant, string stripeCustomerId)
    {
        if (string.IsNullOrWhiteSpace(stripeCustomerId)) return CustomerState.Unknown;
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            return (await accounts.Of(tenant, patience.Token)).Transfers is { } stripe ? await Look(stripe, stripeCustomerId, patience.Token) : CustomerState.Unknown;
        }
        catch (Exception exception) when (Classify.Failure(exception) is not null || exception is JournalUnavailableException)
        {
            LogUnknown(tenant, exception is StripeException refused ? $"an answer {(int)refused.HttpStatusCode}" : exception.GetType().Name);
            return CustomerState.Unknown;
        }
    }

    /// <summary>By the states of all subscriptions that a customer has had.</summary>
    /// <param name="areMore">There are others, which were not read.</param>
    internal static CustomerState Of(IReadOnlyCollection<string> subscriptions, bool areMore)
    {
        if (subscriptions.Count == 0 || subscriptions.Any(static state => state is "active" or "trialing")) return CustomerState.Active;

        // One that is past due or incomplete may be paid tomorrow; of one that we do not know nothing can be said.
        return !areMore && subscriptions.All(static state => state is "canceled" or "unpaid" or "incomplete_expired" or "paused")
            ? CustomerState.Inactive
            : CustomerState.Unknown;
    }

    // One that Stripe has never heard of may be another account's, or mistyped; one that was deleted it still knows.
    private static async Task<CustomerState> Look(StripeTransfers stripe, string id, CancellationToken stop)
    {
        await stripe.Admit("GET /v1/customers", stop);
        if ((await stripe.Client.V1.Customers.GetAsync(id, cancellationToken: stop)).Deleted == true) return CustomerState.Inactive;
        await stripe.Admit("GET /v1/subscriptions", stop);
        var page = await stripe.Client.V1.Subscriptions.ListAsync(new() { Customer = id, Status = "all", Limit = MostSubscriptions }, cancellationToken: stop);
        return Of([.. page.Data.Select(static subscription => subscription.Status)], page.HasMore);
    }

    [LoggerMessage(LogLevel.Warning, "Whether a customer of tenant {Tenant} is active cannot be asked at Stripe, so rewards that wait for it stay pending: {Reason}")]
    private partial void LogUnknown(int tenant, string reason);
}
