using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Payouts.Webhooks;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;
using Stripe;
using Capability = ReferralGrains.Domain.Payouts.Capability;

namespace ReferralGrains.Payouts.Accounts;

/// <summary>
/// Follows what Stripe tells of connected accounts: how an account is by now is asked of Stripe, and told to each referrer who is paid there.
/// One that is gone can receive nothing.
/// </summary>
internal sealed class AccountNotices(IStripeAccounts accounts, IPayoutReports reports, IGrainRouter router) : IFollowsNotices
{
    private const string Gone = "account.application.deauthorized";

    public IReadOnlyList<string> Types => ["account.updated", Gone];

    public bool Follows(string source, string type) =>
        source == InboxWorker.Stripe && (Types.Contains(type) || type.StartsWith("v2.core.account", StringComparison.Ordinal));

    public async Task<(InboxOutcome Outcome, string? Detail)> Follow(InboxEvent notice, CancellationToken stop)
    {
        // What was cut off is an application; whose, the event's account tells.
        var account = notice.Type == Gone || notice.About is not { } about || !about.StartsWith("acct_", StringComparison.Ordinal) ? notice.Account : about;
        var referrers = await reports.ReferrersOf(notice.Tenant, account, stop);
        if (referrers.Count == 0) return (InboxOutcome.Passed, "of no referrer");
        if ((await accounts.Of(notice.Tenant, stop)).Transfers is not { } stripe) return (InboxOutcome.Passed, "no key");
        var shown = await Shown(new(stripe), account, stop);
        foreach (var referrer in referrers)
            await router.Ask(
                GrainAddress.PayoutAccount(notice.Tenant, referrer), new AskPayoutAccount(new PayoutAccountCommand.See(account, shown.Transfers, shown.PaysOut)), stop);
        return (InboxOutcome.Followed, shown.Transfers.ToString());
    }

    private static async Task<AccountShown> Shown(StripeConnect stripe, string account, CancellationToken stop)
    {
        try
        {
            return await stripe.Find(account, stop) ?? new(account, Capability.Inactive, false);
        }
        catch (StripeException refused) when (refused.StripeError?.Code == "account_invalid")
        {
            // Its owner has cut it off: it is there, and not for us.
            return new(account, Capability.Inactive, false);
        }
        catch (Exception exception) when (!stop.IsCancellationRequested && Classify.Failure(exception) is { } why)
        {
            throw new StripeAwayException(why.GetType().Name, why is TransferAnswer.AccessRefused, exception);
        }
    }
}

/// <summary>Follows what Stripe tells of customers: one that was deleted is credited nothing more, and what was not sent yet drops out.</summary>
internal sealed class CustomerNotices(IStripeAccounts accounts, IPayoutReports reports, IGrainRouter router) : IFollowsNotices
{
    public IReadOnlyList<string> Types => ["customer.deleted"];

    public bool Follows(string source, string type) => source == InboxWorker.Stripe && Types.Contains(type);

    public async Task<(InboxOutcome Outcome, string? Detail)> Follow(InboxEvent notice, CancellationToken stop)
    {
        if (notice.About is not { } customer) return (InboxOutcome.Passed, "it names no customer");
        var referrers = await reports.ReferrersOfCustomer(notice.Tenant, customer, stop);
        if (referrers.Count == 0) return (InboxOutcome.Passed, "of no referrer");
        if ((await accounts.Of(notice.Tenant, stop)).Transfers is not { } stripe) return (InboxOutcome.Passed, "no key");
        if (!await stripe.IsDeleted(customer, stop)) return (InboxOutcome.Passed, "Stripe shows it");
        foreach (var referrer in referrers)
            await router.Ask(GrainAddress.PayoutAccount(notice.Tenant, referrer), new AskPayoutAccount(new PayoutAccountCommand.LoseCustomer(customer)), stop);
        return (InboxOutcome.Followed, "gone");
    }
}
