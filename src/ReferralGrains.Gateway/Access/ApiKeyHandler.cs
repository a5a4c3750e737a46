using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Access;

/// <summary>Authenticates a request by its key: <c>Authorization: Bearer KEY</c>.</summary>
internal sealed class ApiKeyHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder, Callers callers)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    public const string SchemeName = "ApiKey";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // What needs no key must answer while keys cannot be looked up: health, above all.
        if (Context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null) return AuthenticateResult.NoResult();
        return (await callers.Find(Context))?.Result ?? AuthenticateResult.NoResult();
    }
}

/// <summary>
/// Puts the first key on record when the server starts, so that every gateway on the same database knows it: with every role, in the
/// tenant <c>default</c>. An earlier first key opens until it is revoked, for another process may still have it.
/// </summary>
internal sealed class FirstKey(ITenants tenants, IOptions<GatewayOptions> options) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.AdminKey is not { Length: > 0 } secret) return;
        var tenant = await tenants.EnsureDefault(cancellationToken);
        var key = await tenants.AddKey(tenant.Number, KeyRole.All, secret, null, cancellationToken);
        if (key.RevokedAt is not null) throw new InvalidOperationException("The admin key was revoked: choose another GRAINS_ADMIN_KEY, or remove admin.key to get a new one.");
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
