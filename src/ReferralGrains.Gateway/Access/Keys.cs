using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Access;

/// <summary>Whose a key is. The first key comes from the operator; every other is on record as its hash.</summary>
internal sealed class Keys(ITenants tenants, IOptions<GatewayOptions> options)
{
    private const int MaxKeyLength = 512;

    private readonly byte[]? adminHash = options.Value.AdminKey is { Length: > 0 } key ? ApiKeySecret.Hash(key) : null;
    private Caller? admin;

    /// <summary>Null when no valid key was shown.</summary>
    public async ValueTask<Caller?> Find(string? authorization, CancellationToken stop)
    {
        const string scheme = "Bearer ";
        if (authorization is null || !authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) return null;
        var key = authorization[scheme.Length..].Trim(' ');
        if (key.Length is 0 or > MaxKeyLength) return null;

        // Hashes, so that comparing takes the same time however much of a guess is right.
        if (adminHash is not null && CryptographicOperations.FixedTimeEquals(adminHash, ApiKeySecret.Hash(key)))
            return admin ??= new((await tenants.EnsureDefault(stop)).Number, null, 0);
        return await tenants.Authenticate(key, stop) is { } known ? new(known.Tenant ?? 0, known.Role, known.Id) : null;
    }
}
