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

/// <summary>Tenants, which are an operator's, and keys: a key_admin's in its own tenant, an operator's in all.</summary>
internal sealed class TenantEndpoints(ITenants tenants) : IEndpoints
{
    private static readonly Words<KeyState> States = new(("active", KeyState.Active), ("expired", KeyState.Expired), ("revoked", KeyState.Revoked));

    private static readonly Listing<TenantAnswer> Listed = new(GatewayJson.Default.PageAnswerTenantAnswer, static id => CallerId.IsValid(id), [], Filters.Prefix);

    private static readonly Listing<KeyAnswer> Keys = new(
        GatewayJson.Default.PageAnswerKeyAnswer, text => KeyName.Parse(text) is not null, States.Known, Filters.State);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/tenants", Create).Needs(KeyRole.Operator)
            .WithSummary("Make a tenant").Takes<NewTenant>().Answers<TenantAnswer>(creates: true);
        routes.Post("/v1/api_keys", CreateKey).Needs(KeyRole.KeyAdmin)
            .WithSummary("Make a key; it is shown this once").Takes<NewKey>().Answers<NewKeyAnswer>(creates: true);
        routes.Get("/v1/tenants", List).Needs(KeyRole.Operator)
            .WithSummary("All tenants").Lists(Listed);
        routes.Get("/v1/api_keys", ListKeys).Needs(KeyRole.KeyAdmin)
            .WithSummary("All keys of the tenant, in the order in which they were made; to an operator those of the installation. Not the keys themselves").Lists(Keys);
        routes.Delete("/v1/api_keys/{id}", Revoke).Needs(KeyRole.KeyAdmin)
            .WithSummary("End a key for good").Answers<RevokedKeyAnswer>();
    }

    private async Task<IResult> List(HttpContext context)
    {
        var (filter, _) = Listed.Read(context);
        var page = await tenants.List(filter, context.RequestAborted);
        return Listed.Answer(context, page.Items.Select(Answer), page.HasMore, tenant => tenant.Id.Value);
    }

    private async Task<IResult> ListKeys(HttpContext context)
    {
        var (filter, state) = Keys.Read(context);
        int? within = context.Caller().Has(KeyRole.Operator) ? null : context.Caller().Tenant;
        var page = await tenants.ListKeys(filter, within, state is null ? null : States.Find(state), context.RequestAborted);
        return Keys.Answer(
            context,
            page.Items.Select(item => new KeyAnswer(
                new KeyName(item.Key.Id).ToString(), item.Key.Role == KeyRole.All ? "all" : Roles.Words.Of(item.Key.Role), item.Tenant, States.Of(item.State), item.Key.CreatedAt,
                item.Key.ExpiresAt, item.Key.RevokedAt)),
            page.HasMore, key => key.Id);
    }

    private async Task<IResult> Create(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.NewTenant);
        var sandbox = body.Sandbox ?? false;
        if (!sandbox && body.ClockAt is not null) throw Problem.InvalidField("clock_at", "Only a sandbox has a clock of its own.").AsException();
        ClockLimits.Check(body.ClockAt, "clock_at");
        return await tenants.Create(body.Id, sandbox, body.ClockAt, context.RequestAborted) switch
        {
            TenantCreation.Created made => Answers.Created(context, Answer(made.Tenant), isNew: true, GatewayJson.Default.TenantAnswer, "tenants", body.Id.Value),
            TenantCreation.Repeated there => Answers.Ok(Answer(there.Tenant) with { Duplicate = true }, GatewayJson.Default.TenantAnswer),
            TenantCreation.Conflict => new ProblemAnswer(Problem.Conflict("id", "This tenant exists with other content.")),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private async Task<IResult> CreateKey(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.NewKey);
        var role = Roles.Words.Parse(body.Role, default, "role");
        var tenant = role == KeyRole.Operator ? null : await Find(body.Tenant, context) ?? throw Problem.NotFound("tenant", "tenant").AsException();
        if (role == KeyRole.Operator) RefuseOperatorOf(body.Tenant, context.Caller());
        var secret = (tenant is { Sandbox: true } ? "rg_test_" : "rg_live_") + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var (key, isNew) = RequestKey.NameOf(context) is { } request
            ? await tenants.AddKeyOnce(tenant?.Number, role, secret, body.ExpiresAt, request, context.RequestAborted)
            : (await tenants.AddKey(tenant?.Number, role, secret, body.ExpiresAt, context.RequestAborted), true);
        // It makes one key for ever: what was asked for then is longer on record than the answer.
        if (!isNew && (key.Role != role || key.Tenant != tenant?.Number)) throw Problem.KeyReused.AsException();
        var name = new KeyName(key.Id).ToString();
        var answer = new NewKeyAnswer(name, isNew ? secret : null, body.Role, tenant?.Name, key.ExpiresAt);
        Idempotency.AnswerRepeatsWith(context, answer with { Key = null }, GatewayJson.Default.NewKeyAnswer);
        return Answers.Created(context, answer, isNew: true, GatewayJson.Default.NewKeyAnswer, "api_keys", name);
    }

    // An operator's key opens every tenant's door, so a tenant's key must not make one; and it is of no tenant.
    private static void RefuseOperatorOf(CallerId? tenant, Caller caller)
    {
        if (!caller.Has(KeyRole.Operator)) throw Problem.Forbidden(Roles.Words.Of(KeyRole.Operator)).AsException();
        if (tenant is not null) throw Problem.InvalidField("tenant", "An operator is the installation's and speaks for no tenant: leave it out.").AsException();
    }

    private async Task<IResult> Revoke(HttpContext context, string id)
    {
        int? within = context.Caller().Has(KeyRole.Operator) ? null : context.Caller().Tenant;
        var revoked = KeyName.Parse(id) is { } key ? await tenants.RevokeKey(key.Number, within, context.RequestAborted) : null;
        if (revoked is null) return new ProblemAnswer(Problem.NotFound("api_key", "id"));
        if (revoked.RevokedAt is not { } at) return new ProblemAnswer(Problem.Forbidden(Roles.Words.Of(KeyRole.Operator)));
        return Answers.Ok(new(new KeyName(revoked.Id).ToString(), revoked.Role == KeyRole.All ? "all" : Roles.Words.Of(revoked.Role), at), GatewayJson.Default.RevokedKeyAnswer);
    }

    // Another tenant's name is answered to a tenant's key like one that nobody has.
    private async ValueTask<Tenant?> Find(CallerId? name, HttpContext context)
    {
        var caller = context.Caller();
        if (name is null && caller.Tenant == 0) throw Problem.MissingField("tenant").AsException();
        var tenant = name is { } named ? await tenants.Find(named, context.RequestAborted) : await tenants.Get(caller.Tenant, context.RequestAborted);
        return tenant is not null && (tenant.Number == caller.Tenant || caller.Has(KeyRole.Operator)) ? tenant : null;
    }

    private static TenantAnswer Answer(Tenant tenant) => new(tenant.Name, tenant.Sandbox, tenant.ClockAt);
}

/// <param name="Sandbox">For trying things out: it has a clock of its own.</param>
/// <param name="ClockAt">Where a sandbox's clock stands at first; the real time when it is left out.</param>
[Example("""{"id":"acme_sandbox","sandbox":true,"clock_at":"2026-01-01T00:00:00Z"}""")]
internal sealed record NewTenant(CallerId Id, bool? Sandbox = null, DateTimeOffset? ClockAt = null);

internal sealed record TenantAnswer(
    CallerId Id,
    bool Sandbox,
    DateTimeOffset? ClockAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

/// <param name="Tenant">The caller's own when it is left out; none for an operator's key, which speaks for no tenant.</param>
/// <param name="ExpiresAt">From then on it opens nothing; never when it is left out.</param>
[Example("""{"role":"ingest","expires_at":"2036-01-01T00:00:00Z"}""")]
internal sealed record NewKey([property: OneOf(typeof(Roles), nameof(Roles.Words))] string Role, CallerId? Tenant = null, DateTimeOffset? ExpiresAt = null);

/// <param name="Key">Shown this once, and not to a repeat: only its hash is kept.</param>
internal sealed record NewKeyAnswer(
    string Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key,
    string Role,
    CallerId? Tenant,
    DateTimeOffset? ExpiresAt);

internal sealed record RevokedKeyAnswer(string Id, string Role, DateTimeOffset RevokedAt);

/// <param name="Id">Not the key itself, which nobody has any more.</param>
/// <param name="Tenant">Null for an operator's, which speaks for none.</param>
internal sealed record KeyAnswer(
    string Id,
    string Role,
    CallerId? Tenant,
    [property: OneOf("active", "expired", "revoked")] string State,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt);
