using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Tenants;

/// <param name="KeyId">As whatever the key changes names who did it.</param>
/// <param name="Role">all for the first key, which has every role.</param>
/// <param name="Tenant">Null for an operator's key, which speaks for none.</param>
/// <param name="Now">The time that counts for the tenant: its test clock's, if that was ever set, else the real one.</param>
internal sealed record SessionAnswer(
    string KeyId,
    [property: OneOf("ingest", "read", "admin", "finance", "key_admin", "operator", "all")] string Role,
    CallerId? Tenant,
    bool Sandbox,
    DateTimeOffset Now);

/// <summary>Says to a key what it is.</summary>
internal sealed class SessionEndpoint(ITenants tenants, TimeProvider time) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes) => routes.Get("/v1/session", Show).NeedsAnyKey()
        .WithSummary("What the key that asks is: its role, its tenant and the time there").Answers<SessionAnswer>();

    private async Task<IResult> Show(HttpContext context)
    {
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var role = caller.Role == KeyRole.All ? "all" : Roles.Words.Of(caller.Role);
        if (caller.Tenant == 0) return Answers.Ok(new(caller.By, role, null, Sandbox: false, time.GetUtcNow()), GatewayJson.Default.SessionAnswer);
        var tenant = await tenants.Get(caller.Tenant, stop);
        return Answers.Ok(new(caller.By, role, tenant.Name, tenant.Sandbox, await tenants.Now(caller.Tenant, stop)), GatewayJson.Default.SessionAnswer);
    }
}
