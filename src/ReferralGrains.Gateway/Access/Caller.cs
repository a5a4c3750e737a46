using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Access;

/// <summary>
/// Who asks: the tenant and the roles come from the key alone. It is the request's principal as well, so that nothing is looked up in
/// claims on the way of an action.
/// </summary>
internal sealed class Caller : ClaimsPrincipal
{
    public Caller(ApiKey key)
        : base(new ClaimsIdentity(ApiKeyHandler.SchemeName))
    {
        // An operator is of the installation: it speaks for no tenant, whatever its key's row says.
        Tenant = key.Role == KeyRole.Operator ? 0 : key.Tenant ?? 0;
        Role = key.Role;
        Referrer = key.Role == KeyRole.Portal ? key.Referrer : null;
        By = key.Role switch
        {
            KeyRole.All => "admin_key",
            KeyRole.Portal => string.Create(CultureInfo.InvariantCulture, $"plk_{key.Id}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"key_{key.Id}"),
        };
        Result = AuthenticateResult.Success(new(this, ApiKeyHandler.SchemeName));
    }

    /// <summary>0, which is nobody, for an operator.</summary>
    public int Tenant { get; }

    public KeyRole Role { get; }

    /// <summary>For whom a link to the portal is; null for every other key.</summary>
    public CallerId? Referrer { get; }

    /// <summary>As the journal names who did something.</summary>
    public string By { get; }

    public AuthenticateResult Result { get; }

    public bool Has(KeyRole role) => Role == role || Role switch
    {
        KeyRole.All => role != KeyRole.Portal, // It is no referrer's.
        KeyRole.Admin => role is KeyRole.Ingest or KeyRole.Read,
        KeyRole.Operator => role == KeyRole.KeyAdmin,
        _ => false,
    };
}

/// <summary>Finds who asks by the key that a request shows. A key never changes whom it speaks for, so one caller a key is enough.</summary>
internal sealed class Callers(ITenants tenants, FairShares shares, IOptions<GatewayOptions> options)
{
    private const int MaxKeyLength = 512;
    private const int MaxKept = 10_000;

    private readonly ConcurrentDictionary<long, Caller> kept = new();

    /// <summary>Null when no valid key was shown.</summary>
    public async ValueTask<Caller?> Find(HttpContext context)
    {
        if (await KeyOf(context) is not { Length: > 0 and <= MaxKeyLength } secret || await tenants.Authenticate(secret, context.RequestAborted) is not { } key) return null;
        if (!kept.TryGetValue(key.Id, out var caller))
        {
            if (kept.Count >= MaxKept) kept.Clear();
            kept[key.Id] = caller = new(key);
        }

        shares.Called(caller.Tenant);
        return caller;
    }

    private async ValueTask<string?> KeyOf(HttpContext context)
    {
        const string scheme = "Bearer ";
        string? authorization = context.Request.Headers.Authorization;
        if (authorization is not null) return authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? authorization[scheme.Length..].Trim(' ') : null;
        var mayBeSession = context.GetEndpoint()?.Metadata.GetMetadata<AlsoBySession>() is not null;
        return mayBeSession && options.Value.KeyOfSession is { } find ? await find(context) : null;
    }
}

internal static class CallerOfRequest
{
    /// <summary>Whoever may use a route that needs a role.</summary>
    public static Caller Caller(this HttpContext context) => (Caller)context.User;
}
