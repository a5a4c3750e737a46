using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Tenants;

/// <summary>Tenants and their keys: an operator's.</summary>
internal sealed class TenantEndpoints(ITenants tenants)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/tenants", Create).Needs(KeyRole.Operator)
            .WithSummary("Make a tenant").Takes<NewTenant>().Answers<TenantAnswer>(creates: true);
        routes.Post("/v1/api_keys", CreateKey).Needs(KeyRole.Operator)
            .WithSummary("Make a key; it is shown this once").Takes<NewKey>().Answers<NewKeyAnswer>(creates: true);
        routes.Delete("/v1/api_keys/{id}", Revoke).Needs(KeyRole.Operator)
            .WithSummary("End a key for good").Answers<RevokedKeyAnswer>();
    }

    private async Task<IResult> Create(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.NewTenant);
        var sandbox = body.Sandbox ?? false;
        if (!sandbox && body.ClockAt is not null) throw Problem.InvalidField("clock_at", "Only a sandbox has a clock of its own.").AsException();
        return await tenants.Create(body.Id, sandbox, body.ClockAt, context.RequestAborted) switch
        {
            TenantCreation.Created made => Answers.Created(Answer(made.Tenant), isNew: true, GatewayJson.Default.TenantAnswer),
            TenantCreation.Repeated there => Answers.Created(Answer(there.Tenant) with { Duplicate = true }, isNew: false, GatewayJson.Default.TenantAnswer),
            TenantCreation.Conflict => new ProblemAnswer(Problem.Conflict("id", "This tenant exists with other content.")),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private async Task<IResult> CreateKey(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.NewKey);
        var role = Policies.Parse(body.Role) ?? throw Problem.InvalidField("role", "Expected is one of ingest, read, admin, finance, operator.").AsException();
        var tenant = await Find(body.Tenant, context) ?? throw Problem.NotFound("tenant", "tenant").AsException();
        var secret = (tenant.Sandbox ? "rg_test_" : "rg_live_") + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var key = await tenants.AddKey(tenant.Number, role, secret, body.ExpiresAt, context.RequestAborted);
        return Answers.Created(new(new KeyName(key.Id).ToString(), secret, body.Role, tenant.Name, key.ExpiresAt), isNew: true, GatewayJson.Default.NewKeyAnswer);
    }

    private async Task<IResult> Revoke(HttpContext context, string id)
    {
        var revoked = KeyName.Parse(id) is { } key ? await tenants.RevokeKey(key.Number, tenant: null, context.RequestAborted) : null;
        return revoked is null
            ? new ProblemAnswer(Problem.NotFound("api_key", "id"))
            : Answers.Ok(new(new KeyName(revoked.Id).ToString(), revoked.Role.ToWire(), revoked.RevokedAt!.Value), GatewayJson.Default.RevokedKeyAnswer);
    }

    private async ValueTask<Tenant?> Find(CallerId? name, HttpContext context)
    {
        if (name is { } named) return await tenants.Find(named, context.RequestAborted);
        if (context.Caller().Tenant is var own and > 0) return await tenants.Get(own, context.RequestAborted);
        throw Problem.MissingField("tenant").AsException();
    }

    private static TenantAnswer Answer(Tenant tenant) => new(tenant.Name, tenant.Sandbox, tenant.ClockAt);
}

/// <param name="Sandbox">For trying things out: it has a clock of its own.</param>
/// <param name="ClockAt">Where a sandbox's clock stands at first; the real time when it is left out.</param>
internal sealed record NewTenant(CallerId Id, bool? Sandbox = null, DateTimeOffset? ClockAt = null);

internal sealed record TenantAnswer(
    CallerId Id,
    bool Sandbox,
    DateTimeOffset? ClockAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

/// <param name="Role">ingest, read, admin, finance or operator.</param>
/// <param name="Tenant">The caller's own when it is left out.</param>
/// <param name="ExpiresAt">From then on it opens nothing; never when it is left out.</param>
internal sealed record NewKey(string Role, CallerId? Tenant = null, DateTimeOffset? ExpiresAt = null);

/// <param name="Key">Shown this once: only its hash is kept.</param>
internal sealed record NewKeyAnswer(string Id, string Key, string Role, CallerId? Tenant, DateTimeOffset? ExpiresAt);

internal sealed record RevokedKeyAnswer(string Id, string Role, DateTimeOffset RevokedAt);
