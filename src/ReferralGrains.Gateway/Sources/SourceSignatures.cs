using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ReferralGrains.Gateway.Sources;

/// <summary>Whether a request was signed, over its body byte for byte. Comparisons take as long whatever is wrong.</summary>
internal static class SourceSignatures
{
    /// <summary>How old a signature may be, where it says how old it is.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>Shopify's: HMAC-SHA256 of the body, in base64. It says no time: what is sent again finds its id taken.</summary>
    public static bool IsShopifys(ReadOnlySpan<byte> body, string? header, ImmutableArray<string> secrets)
    {
        foreach (var secret in secrets)
            if (Same(Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body)), header)) return true;
        return false;
    }

    /// <summary>Standard Webhooks: HMAC-SHA256 of id, time and body, in base64, one or more after their version.</summary>
    public static bool IsStandard(ReadOnlySpan<byte> body, string? id, string? timestamp, string? signatures, ImmutableArray<string> secrets, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(id) || signatures is null || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var at)) return false;
        if (Math.Abs((decimal)now.ToUnixTimeSeconds() - at) > (decimal)Tolerance.TotalSeconds) return false;
        var signed = (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        foreach (var secret in secrets)
        {
            var expected = "v1," + Convert.ToBase64String(HMACSHA256.HashData(Key(secret), signed));
            foreach (var one in signatures.Split(' '))
                if (Same(expected, one)) return true;
        }

        return false;
    }

    /// <summary>The secret itself, for senders that cannot sign.</summary>
    public static bool IsBearer(string? authorization, ImmutableArray<string> secrets)
    {
        foreach (var secret in secrets)
            if (Same("Bearer " + secret, authorization)) return true;
        return false;
    }

    private static bool Same(string expected, string? sent) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(sent ?? ""));

    // By the standard a secret is base64 after whsec_; one that is not is taken as it is.
    private static byte[] Key(string secret)
    {
        const string Prefix = "whsec_";
        var text = secret.StartsWith(Prefix, StringComparison.Ordinal) ? secret[Prefix.Length..] : secret;
        var key = new byte[text.Length];
        return Convert.TryFromBase64String(text, key, out var length) ? key[..length] : Encoding.UTF8.GetBytes(secret);
    }
}
