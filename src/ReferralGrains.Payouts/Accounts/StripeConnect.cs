using ReferralGrains.Payouts.Sending;
using Stripe;
using Capability = ReferralGrains.Domain.Payouts.Capability;

namespace ReferralGrains.Payouts.Accounts;

/// <summary>What Stripe shows of a connected account.</summary>
internal sealed record AccountShown(string Id, Capability Transfers, bool PaysOut);

/// <summary>
/// Connected accounts of one Stripe account. New ones are v2 accounts with the configuration of a recipient; those that v1 made are read as
/// v1 shows them.
/// </summary>
internal sealed class StripeConnect(StripeTransfers stripe)
{
    private const string Recipient = "configuration.recipient";

    /// <param name="key">The same makes one account, however often it is asked.</param>
    public async Task<AccountShown> Create(string? email, string? country, string key, CancellationToken stop)
    {
        await stripe.Admit("POST /v2/core/accounts", stop);
        var made = await stripe.Client.V2.Core.Accounts.CreateAsync(
            new()
            {
                ContactEmail = email,
                Dashboard = "express",
                Identity = country is null ? null : new() { Country = country.ToLowerInvariant() },
                Configuration = new() { Recipient = new() { Capabilities = new() { StripeBalance = new() { StripeTransfers = new() { Requested = true } } } } },
                Defaults = new() { Responsibilities = new() { FeesCollector = "application", LossesCollector = "application" } },
                Include = [Recipient],
            },
            new() { IdempotencyKey = key }, stop);
        return Shown(made) ?? new(made.Id, Capability.Inactive, false);
    }

    /// <summary>Null when there is no such account.</summary>
    public async Task<AccountShown?> Find(string account, CancellationToken stop)
    {
        try
        {
            await stripe.Admit("GET /v2/core/accounts", stop);
            if (Shown(await stripe.Client.V2.Core.Accounts.GetAsync(account, new() { Include = [Recipient] }, cancellationToken: stop)) is { } recipient) return recipient;
        }
        catch (StripeException refused) when (IsOfOtherVersion(refused))
        {
            // As v1 shows it, or not at all.
        }

        try
        {
            await stripe.Admit("GET /v1/accounts", stop);
            var older = await stripe.Client.V1.Accounts.GetAsync(account, cancellationToken: stop);
            return new(older.Id, Of(older.Capabilities?.Transfers), older.PayoutsEnabled);
        }
        catch (StripeException refused) when (IsMissing(refused))
        {
            return null;
        }
    }

    /// <param name="key">The same makes one customer, however often it is asked.</param>
    /// <returns>Its id.</returns>
    public async Task<string> CreateCustomer(string? email, string? name, string key, CancellationToken stop)
    {
        await stripe.Admit("POST /v1/customers", stop);
        return (await stripe.Client.V1.Customers.CreateAsync(new() { Email = email, Name = name }, new() { IdempotencyKey = key }, stop)).Id;
    }

    /// <summary>Whether there is such a customer, who was not deleted.</summary>
    public async Task<bool> HasCustomer(string customer, CancellationToken stop)
    {
        try
        {
            await stripe.Admit("GET /v1/customers", stop);
            return (await stripe.Client.V1.Customers.GetAsync(customer, cancellationToken: stop)).Deleted != true;
        }
        catch (StripeException refused) when ((int)refused.HttpStatusCode == 404)
        {
            return false;
        }
    }

    public async Task<(string Url, DateTimeOffset ExpiresAt)> Link(string account, string returnUrl, string refreshUrl, CancellationToken stop)
    {
        await stripe.Admit("POST /v2/core/account_links", stop);
        var link = await stripe.Client.V2.Core.AccountLinks.CreateAsync(
            new()
            {
                Account = account,
                UseCase = new()
                {
                    Type = "account_onboarding",
                    AccountOnboarding = new() { ReturnUrl = returnUrl, RefreshUrl = refreshUrl },
                },
            },
            cancellationToken: stop);
        return (link.Url, new(DateTime.SpecifyKind(link.ExpiresAt, DateTimeKind.Utc)));
    }

    private static AccountShown? Shown(Stripe.V2.Core.Account account) => account.Configuration?.Recipient?.Capabilities?.StripeBalance is { } balance
        ? new(account.Id, Of(balance.StripeTransfers?.Status), balance.Payouts?.Status == "active")
        : null;

    private static Capability Of(string? status) => status switch
    {
        "active" => Capability.Active,
        "pending" => Capability.Pending,
        _ => Capability.Inactive,
    };

    private static bool IsMissing(StripeException refused) => (int)refused.HttpStatusCode is 403 or 404;

    private static bool IsOfOtherVersion(StripeException refused) => (int)refused.HttpStatusCode is 400 or 403 or 404;
}
