using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;
using Stripe;
using Capability = ReferralGrains.Domain.Payouts.Capability;

namespace ReferralGrains.Payouts.Accounts;

/// <inheritdoc cref="IConnectedAccounts"/>
public sealed class ConnectedAccounts(IGrainRouter router, IPayoutReports reports, IStripeAccounts accounts, ISenderTurn installation, PayoutOptions options) : IConnectedAccounts
{
    public int PerSecond => options.PerEndpoint;

    public Task<AccountAnswer> Onboard(int tenant, CallerId referrer, OnboardingAsked asked, CancellationToken stop) => Answer(tenant, async stripe =>
    {
        var linked = await reports.Account(tenant, referrer, stop);
        if (linked is null)
        {
            var made = await stripe.Create(asked.Email, asked.Country, await KeyOf("account", tenant, referrer, stop), stop);
            var reply = await Ask(tenant, referrer, new PayoutAccountCommand.Link(made.Id, asked.By, Instead: false), stop);
            if (reply.Refusal is { } refusal) return new AccountAnswer.Refused(refusal);
        }

        var shown = await Seen(stripe, tenant, referrer, stop);
        if (shown is not AccountAnswer.Shown { Account.Account: { } account } there) return shown;
        var (url, expiresAt) = await stripe.Link(account, asked.ReturnUrl, asked.RefreshUrl, stop);
        return there with { Url = url, ExpiresAt = expiresAt };
    }, stop);

    public Task<AccountAnswer> Link(int tenant, CallerId referrer, string account, string by, CancellationToken stop) => Answer(tenant, async stripe =>
    {
        if (await stripe.Find(account, stop) is not { } found)
            return new AccountAnswer.Refused(new(RefusalKind.Senseless, "stripe_account_not_found", Field.StripeAccountId, "Stripe shows no such account to this tenant's key."));
        var reply = await Ask(tenant, referrer, new PayoutAccountCommand.Link(found.Id, by, Instead: true), stop);
        if (reply.Refusal is { } refusal) return new AccountAnswer.Refused(refusal);
        reply = await Ask(tenant, referrer, new PayoutAccountCommand.See(found.Id, found.Transfers, found.PaysOut), stop);
        return new AccountAnswer.Shown(reply.Account);
    }, stop);

    public Task<AccountAnswer> LinkCustomer(int tenant, CallerId referrer, string customer, string by, CancellationToken stop) => Answer(tenant, async stripe =>
        await stripe.HasCustomer(customer, stop)
            ? Linked(await Ask(tenant, referrer, new PayoutAccountCommand.LinkCustomer(customer, by, Instead: true), stop))
            : new AccountAnswer.Refused(new(RefusalKind.Senseless, "stripe_customer_not_found", Field.StripeCustomerId, "Stripe shows no such customer to this tenant's key.")), stop);

    public Task<AccountAnswer> MakeCustomer(int tenant, CallerId referrer, string? email, string? name, string by, CancellationToken stop) => Answer(tenant, async stripe =>
    {
        var customer = (await reports.Customer(tenant, referrer, stop))?.Customer ?? await stripe.CreateCustomer(email, name, await KeyOf("customer", tenant, referrer, stop), stop);
        return Linked(await Ask(tenant, referrer, new PayoutAccountCommand.LinkCustomer(customer, by, Instead: false), stop));
    }, stop);

    public async Task<bool> LookAgain(int tenant, UnreadyAccounts unready, CancellationToken stop)
    {
        var ready = false;
        foreach (var referrer in unready.Some)
        {
            var answer = await Answer(tenant, stripe => Seen(stripe, tenant, referrer, stop), stop);
            if (answer is not AccountAnswer.Shown { Account: var account }) break;
            ready |= account.IsReady;
        }

        return ready;
    }

    private static AccountAnswer Linked(PayoutAccountReply reply) => reply.Refusal is { } refusal ? new AccountAnswer.Refused(refusal) : new AccountAnswer.Shown(reply.Account);

    // What is linked by now, whoever linked it.
    private async Task<AccountAnswer> Seen(StripeConnect stripe, int tenant, CallerId referrer, CancellationToken stop)
    {
        if (await reports.Account(tenant, referrer, stop) is not { } linked) return NoAccount;
        var found = await stripe.Find(linked.Account, stop) ?? new(linked.Account, Capability.Inactive, false);
        var reply = await Ask(tenant, referrer, new PayoutAccountCommand.See(linked.Account, found.Transfers, found.PaysOut), stop);
        return reply.Refusal is { } refusal ? new AccountAnswer.Refused(refusal) : new AccountAnswer.Shown(reply.Account);
    }

    private async Task<AccountAnswer> Answer(int tenant, Func<StripeConnect, Task<AccountAnswer>> ask, CancellationToken stop)
    {
        var account = await accounts.Of(tenant, stop);
        if (account.Transfers is not { } stripe) return new AccountAnswer.Refused(new(RefusalKind.Senseless, "stripe_not_available", null, WhyNot(account.WhyNot!)));
        try
        {
            return await ask(new(stripe));
        }

        // By the status alone: no money is in doubt here, and an error of v2 is not read as one of v1 is.
        catch (StripeException refused) when ((int)refused.HttpStatusCode is 401 or 403)
        {
            return new AccountAnswer.Refused(new(RefusalKind.Senseless, "stripe_not_available", null, "Stripe refuses this tenant's key, or the key may not see accounts."));
        }
        catch (StripeException refused) when ((int)refused.HttpStatusCode is >= 400 and < 500 and not (409 or 429))
        {
            return new AccountAnswer.Refused(new(RefusalKind.Senseless, "stripe_refused", null, $"Stripe refuses: {refused.StripeError?.Code ?? refused.StripeError?.Type ?? "without a code"}."));
        }
        catch (Exception unreachable) when (Classify.Failure(unreachable) is not null && !stop.IsCancellationRequested)
        {
            return new AccountAnswer.Unreachable();
        }
    }

    private Task<PayoutAccountReply> Ask(int tenant, CallerId referrer, PayoutAccountCommand command, CancellationToken stop) =>
        router.Ask(GrainAddress.PayoutAccount(tenant, referrer), new AskPayoutAccount(command), stop);

    // Who asks twice at once, or again because the answer was lost, is given one.
    private async Task<string> KeyOf(string what, int tenant, CallerId referrer, CancellationToken stop)
    {
        var name = await installation.Installation(stop);
        return $"rg1_{what}_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name}|{tenant}|{referrer}"))));
    }

    private static readonly AccountAnswer NoAccount =
        new AccountAnswer.Refused(new(RefusalKind.NotFound, "payout_account_not_found", Field.ReferrerId, "This referrer has no connected account."));

    private static string WhyNot(string code) => code switch
    {
        "no_stripe_key" => "This tenant has no Stripe key; see --stripe-keys.",
        "live_key_of_a_sandbox" => "This tenant is a sandbox, and its Stripe key is a live one: it is not used.",
        "test_key_of_a_live_tenant" => "This tenant is no sandbox, and its Stripe key is a test key: it is not used.",
        _ => "Nothing is asked of Stripe for this tenant.",
    };
}
