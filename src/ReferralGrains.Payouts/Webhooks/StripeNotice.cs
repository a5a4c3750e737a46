using System.Collections.Immutable;
using System.Text.Json;
using Stripe;

namespace ReferralGrains.Payouts.Webhooks;

/// <summary>
/// What a webhook of Stripe's tells: that something happened to an object. It is a hint: what is so is asked of Stripe afterwards, for what
/// is told may be old, twice, out of order, or missing.
/// </summary>
/// <param name="Id">Of the event, by which a repeat is known.</param>
/// <param name="Account">The connected account that it is about, where it is about one.</param>
/// <param name="About">The object that it is about; null where the event names none.</param>
public sealed record StripeNotice(string Id, string Type, string? Account, bool IsLive, string? About)
{
    /// <summary>How old a signature may be: whoever caught a request cannot send it again later.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>Reads a request, if it is Stripe's.</summary>
    /// <param name="payload">The body as it came, byte for byte: the signature is over that.</param>
    /// <param name="signature">The header <c>Stripe-Signature</c>.</param>
    /// <param name="secrets">Any of these may have signed it.</param>
    /// <param name="isLive">Whether the tenant moves live money: a test event in live, or the reverse, is no event of this tenant.</param>
    /// <returns>Null for a request that is not Stripe's, or not for this tenant: nothing of it is believed.</returns>
    public static StripeNotice? Read(string payload, string? signature, ImmutableArray<string> secrets, bool isLive, DateTimeOffset now)
    {
        if (!IsSigned(payload, signature, secrets, now)) return null;
        return Parse(payload) is { } notice && notice.IsLive == isLive ? notice : null;
    }

    /// <summary>Whether one of some secrets signed it, within the tolerance.</summary>
    public static bool IsSigned(string payload, string? signature, ImmutableArray<string> secrets, DateTimeOffset now) =>
        !string.IsNullOrEmpty(signature) && secrets.Any(secret => IsSigned(payload, signature, secret, now));

    // The library throws what it happens to meet in a header that nobody who means well would send.
    private static bool IsSigned(string payload, string signature, string secret, DateTimeOffset now)
    {
        try
        {
            EventUtility.ValidateSignature(payload, signature, secret, (long)Tolerance.TotalSeconds, now.ToUnixTimeSeconds());
            return true;
        }
        catch (Exception exception) when (exception is StripeException or NullReferenceException or ArithmeticException or FormatException or ArgumentException
            or InvalidOperationException or IndexOutOfRangeException or KeyNotFoundException)
        {
            return false;
        }
    }

    // By hand: an event that the library of today does not know is told all the same, and so is a thin one.
    private static StripeNotice? Parse(string payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "id") is not { } id || Text(root, "type") is not { } type) return null;
            if (!root.TryGetProperty("livemode", out var live) || live.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) return null;
            var about = Object(root, "related_object") is { } related ? Text(related, "id")
                : Object(root, "data") is { } data && Object(data, "object") is { } whole ? Text(whole, "id")
                : null;
            return new(id, type, Text(root, "account") ?? Text(root, "context"), live.GetBoolean(), about);
        }
        catch (Exception odd) when (odd is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static JsonElement? Object(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
