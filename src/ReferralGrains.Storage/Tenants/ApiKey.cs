using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Storage.Tenants;

/// <summary>What a key may do. Which role includes which is for the gateway to say.</summary>
public enum KeyRole
{
    Ingest = 1,
    Read = 2,
    Admin = 3,
    Finance = 4,
    Operator = 5,
    KeyAdmin = 6,

    /// <summary>Of the first key, which the operator chose.</summary>
    All = 7,

    /// <summary>Of a link to the portal: it opens what one referrer may see and do, and nothing else.</summary>
    Portal = 8,
}

/// <summary>A key as it is on record; its secret is not.</summary>
/// <param name="Tenant">The number of the tenant that it speaks for; null for an operator's key that speaks for none.</param>
/// <param name="Referrer">Of a link to the portal: for whom it is; null for every other key.</param>
public sealed record ApiKey(
    long Id, int? Tenant, KeyRole Role, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, CallerId? Referrer = null);

/// <summary>What a key is good for now.</summary>
public enum KeyState
{
    Active = 1,
    Expired = 2,
    Revoked = 3,
}

/// <summary>A key as lists show it.</summary>
public sealed record ListedKey(ApiKey Key, CallerId? Tenant, KeyState State);

/// <summary>
/// The secret of a key: 256 random bits, so there is nothing to guess and a plain SHA-256 on record is enough.
/// </summary>
public static class ApiKeySecret
{
    private const string Prefix = "rg_";

    /// <summary>A new secret, to be shown once.</summary>
    public static string Create() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
