using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Payouts.Sending;

/// <summary>What opens a tenant's Stripe account.</summary>
/// <param name="ApiBase">Only for a test key: where the stand-in is. A live key goes to Stripe and nowhere else.</param>
/// <param name="WebhookSecrets">With which Stripe signs what it tells; several while one is being replaced.</param>
public sealed record StripeKey(string SecretKey, Uri? ApiBase, ImmutableArray<string> WebhookSecrets)
{
    public bool IsLive => !SecretKey.StartsWith("sk_test_", StringComparison.Ordinal) && !SecretKey.StartsWith("rk_test_", StringComparison.Ordinal);

    // A secret is never written anywhere by accident.
    public override string ToString() => IsLive ? "a live key" : "a test key";
}

/// <summary>
/// The Stripe keys of tenants, from a file: <c>{"TENANT": {"secret_key": "sk_live_…", "webhook_secrets": ["whsec_…"]}}</c>. They are in no
/// database and in no log.
/// </summary>
public sealed class StripeKeys(ImmutableDictionary<CallerId, StripeKey> keys)
{
    public static StripeKeys None { get; } = new(ImmutableDictionary<CallerId, StripeKey>.Empty);

    public StripeKey? Of(CallerId tenant) => keys.GetValueOrDefault(tenant);

    /// <exception cref="FormatException">Says what is wrong, and repeats no secret.</exception>
    public static StripeKeys Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var keys = ImmutableDictionary.CreateBuilder<CallerId, StripeKey>();
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                if (!CallerId.IsValid(entry.Name)) throw new FormatException("holds a name that is no tenant's");
                var key = Parse(entry.Name, entry.Value);

                // Each compares the whole account with its own books: what the other pays would be a break, and shut its gate.
                if (keys.FirstOrDefault(one => one.Value.SecretKey == key.SecretKey).Key is { Value: { } other })
                    throw new FormatException($"has one secret_key for the tenants '{other}' and '{entry.Name}', but each needs a Stripe account of its own");
                keys.Add(new(entry.Name), key);
            }

            return new(keys.ToImmutable());
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("is not of the form {\"TENANT\": {\"secret_key\": \"sk_…\", \"webhook_secrets\": [\"whsec_…\"]}}");
        }
    }

    private static StripeKey Parse(string tenant, JsonElement entry)
    {
        string? secret = null;
        Uri? apiBase = null;
        ImmutableArray<string> webhooks = [];
        foreach (var field in entry.EnumerateObject())
        {
            if (field.Name == "secret_key") secret = field.Value.GetString();
            else if (field.Name == "api_base" && Uri.TryCreate(field.Value.GetString(), UriKind.Absolute, out var uri) && uri.Scheme.StartsWith("http", StringComparison.Ordinal)) apiBase = uri;
            else if (field.Name == "webhook_secrets") webhooks = [.. field.Value.EnumerateArray().Select(static one => one.GetString()!)];
            else throw new FormatException($"has for tenant '{tenant}' a field that is not known, or is no URL: {field.Name}");
        }

        if (secret is null || !secret.StartsWith("sk_", StringComparison.Ordinal) && !secret.StartsWith("rk_", StringComparison.Ordinal))
            throw new FormatException($"has for tenant '{tenant}' no secret_key that begins with sk_ or rk_");
        var key = new StripeKey(secret, apiBase, webhooks);
        return key.IsLive && apiBase is not null ? throw new FormatException($"has for tenant '{tenant}' a live key and an api_base, but a live key goes to Stripe and nowhere else") : key;
    }
}
