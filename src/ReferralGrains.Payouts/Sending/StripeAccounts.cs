using System.Collections.Concurrent;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Payouts.Sending;

/// <summary>A tenant's Stripe account, or why nothing can be sent for it.</summary>
public readonly record struct StripeAccount(StripeTransfers? Transfers, string? WhyNot);

/// <summary>The Stripe account of each tenant.</summary>
public interface IStripeAccounts
{
    ValueTask<StripeAccount> Of(int tenant, CancellationToken stop);
}

/// <summary>
/// By the file of keys. A live key of a sandbox, or a test key of a tenant that is none, is somebody's mistake: nothing is sent. A sandbox
/// without a key pays the stand-in.
/// </summary>
public sealed class StripeAccounts(ITenants tenants, StripeKeys keys, PayoutOptions options, HostedStandin standin, TimeProvider time) : IStripeAccounts, IDisposable
{
    // One for each key, and with it one limit.
    private readonly ConcurrentDictionary<string, Lazy<StripeTransfers>> bySecret = new(StringComparer.Ordinal);

    public async ValueTask<StripeAccount> Of(int tenant, CancellationToken stop)
    {
        var known = await tenants.Get(tenant, stop);
        var perEndpoint = options.PerEndpoint;
        if (keys.Of(known.Name) is not { } key)
        {
            if (!known.Sandbox) return new(null, "no_stripe_key");
            // It refuses nobody for asking too often.
            perEndpoint = options.InAll;
            key = new(HostedStandin.KeyOf(tenant), await standin.Address(), []);
        }

        if (key.IsLive && options.Waits.Dangers() is [var danger, ..]) return new(null, "waits_too_short_for_live_money: " + danger);
        if (key.IsLive == known.Sandbox) return new(null, key.IsLive ? "live_key_of_a_sandbox" : "test_key_of_a_live_tenant");
        return new(bySecret.GetOrAdd(key.SecretKey, _ => new(() => Open(key, perEndpoint))).Value, null);
    }

    public void Dispose()
    {
        foreach (var opened in bySecret.Values.Where(static opened => opened.IsValueCreated)) opened.Value.Dispose();
    }

    private StripeTransfers Open(StripeKey key, int perEndpoint) =>
        new(key.SecretKey, key.ApiBase, new(time, perEndpoint, options.InAll), options.Waits, time);
}
