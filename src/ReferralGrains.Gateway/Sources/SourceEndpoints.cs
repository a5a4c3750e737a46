using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Sources;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Gateway.Sources;

/// <summary>
/// Other systems whose events become actions (X10): Stripe, Shopify, CloudEvents. What they send needs no key: it is signed over the bytes
/// that came, and its address names the tenant.
/// </summary>
internal sealed class SourceEndpoints(
    ISources sources, SourceIntake intake, IStripeDoor stripe, IFacts facts, ITenants tenants, IOptions<GatewayOptions> options, TimeProvider time) : IEndpoints
{
    /// <summary>Of a tenant: each program has a few.</summary>
    public const int MaxSources = 100;

    /// <summary>Of an event: an order of Shopify's with all that it allows has hundreds of lines, each with its taxes and discounts.</summary>
    public const int MaxEvent = 4 * 1024 * 1024;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/sources", Create).Needs(KeyRole.Admin)
            .WithSummary("Take events of Stripe, Shopify or CloudEvents as actions of a program, at an address of their own").Takes<NewSource>().Answers<SourceAnswer>(creates: true);
        routes.Get("/v1/sources", List).Needs(KeyRole.Read).WithSummary("The sources of the tenant").Answers<SourcesAnswer>();
        routes.Get("/v1/sources/{id}", Show).Needs(KeyRole.Read).WithSummary("One source").Answers<SourceAnswer>();
        routes.Patch("/v1/sources/{id}", Change).Needs(KeyRole.Admin)
            .WithSummary("Change where what a source sends from now on goes, what signs it, or how it is read; its address stays").Takes<SourceChange>().Answers<SourceAnswer>();
        routes.Delete("/v1/sources/{id}", Remove).Needs(KeyRole.Admin)
            .WithSummary("Take nothing more of a source; what it sent stays, and what still waits for its sale is dropped").Answers<SourceAnswer>();
        routes.Post("/v1/sources/{kind}/{source}", Take).NeedsNoKey().WithMetadata(new TakesAnyQuery())
            .WithSummary("For the other system: an event, signed by the secret of the source").Answers<EventAnswer>();
    }

    private async Task<IResult> Create(HttpContext context)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var body = await Body.Read(context, GatewayJson.Default.NewSource);
        if (!SourceKinds.All.Contains(body.Kind)) throw Problem.InvalidField("kind", "Expected is stripe, shopify or cloudevents.").AsException();
        var reference = Reference(body.SecretRef) ?? throw Problem.MissingField("secret_ref").AsException();
        await Check(tenant, body.ProgramId, reference, stop);
        var source = new Source(NewIds.Make("src_", context), tenant, body.Kind, body.ProgramId, reference, Written((body.Mapping ?? new()).Checked(), body.Kind));
        var earlier = await sources.Find(source.Id.Value, stop);
        if (earlier is not null && earlier != source) return new ProblemAnswer(Problem.KeyReused);
        if (earlier is null && !await sources.Create(source, MaxSources, stop))
            return new ProblemAnswer(new(409, "too_many_sources", null, $"A tenant has at most {MaxSources} sources."));
        return Answers.Created(context, SourceAnswer.Of(source), isNew: earlier is null, GatewayJson.Default.SourceAnswer, "sources", source.Id.Value);
    }

    private async Task<IResult> List(HttpContext context)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var waiting = await sources.AllWaiting(tenant, null, stop);
        var all = await sources.List(tenant, stop);
        return Answers.Ok(new SourcesAnswer([.. all.Select(source => SourceAnswer.Of(source, waiting.GetValueOrDefault(source.Id)))]), GatewayJson.Default.SourcesAnswer);
    }

    private async Task<IResult> Show(HttpContext context, string id) =>
        await Ok(await sources.Find(id, context.RequestAborted) is { } source && source.Tenant == context.Caller().Tenant ? source : null, context.RequestAborted);

    private async Task<IResult> Change(HttpContext context, string id)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var body = await Body.Read(context, GatewayJson.Default.SourceChange);

        var (reference, mapping) = (Reference(body.SecretRef), body.Mapping?.Checked());

        // What is not the tenant's is not there, whatever else is wrong.
        if (await sources.Find(id, stop) is not { } source || source.Tenant != tenant) return Missing;
        var change = new SourceEdit(body.ProgramId, reference, mapping is null ? null : Written(mapping, source.Kind));
        await Check(tenant, change.Program, change.SecretRef, stop);
        return await Ok(await sources.Change(tenant, id, change, stop), stop);
    }

    private async Task<IResult> Remove(HttpContext context, string id) =>
        await sources.Remove(context.Caller().Tenant, id, context.RequestAborted) is { } gone ? Answers.Ok(SourceAnswer.Of(gone), GatewayJson.Default.SourceAnswer) : Missing;

    private static ProblemAnswer Missing => new(Problem.NotFound("source", "id"));

    private async Task<IResult> Ok(Source? source, CancellationToken stop) => source is null
        ? Missing
        : Answers.Ok(SourceAnswer.Of(source, (await sources.AllWaiting(source.Tenant, source.Id, stop)).GetValueOrDefault(source.Id)), GatewayJson.Default.SourceAnswer);

    private static string? Reference(string? name) => Text.Of(name, "secret_ref", NewSource.LongestRef);

    private static string Written(SourceMapping mapping, string kind) => JsonSerializer.Serialize(mapping.Of(kind), GatewayJson.Default.SourceMapping);

    private async Task Check(int tenant, CallerId? program, string? reference, CancellationToken stop)
    {
        if (program is { } named && await facts.Program(tenant, named, stop) is null) throw Problem.NotFound("program", "program_id").AsException();
        if (reference is not null && options.Value.SourceSecrets.Of((await tenants.Get(tenant, stop)).Name, reference).IsEmpty)
            throw Problem.Unprocessable("secret_unknown", "secret_ref", "The server has no secret of this name for the tenant: see source-secrets in its configuration.").AsException();
    }

    // Whatever is wrong with it is one answer: who sends what the source did not learns nothing from it, not even whether there is such a source.
    private async Task<IResult> Take(HttpContext context, string kind, string source)
    {
        var known = await sources.Find(source, context.RequestAborted);

        // Only whoever has the address of a source may have as much kept before a signature is looked at.
        if (await Body.Bytes(context, known?.Kind == kind ? MaxEvent : Body.MaxBytes) is not { } payload || known?.Kind != kind) return NotBelieved;
        var tenant = await tenants.Get(known.Tenant, context.RequestAborted);
        var secrets = options.Value.SourceSecrets.Of(tenant.Name, known.SecretRef);
        if (!IsSigned(context.Request.Headers, kind, payload, secrets) || Parse(payload) is not { } body) return NotBelieved;
        var mapping = JsonSerializer.Deserialize(known.Mapping, GatewayJson.Default.SourceMapping)!;
        if (SourceReader.Read(kind, body, context.Request.Headers, mapping, tenant.Sandbox) is not { } told || !IsNames(told)) return NotBelieved;
        var outcome = await intake.Take(known, told, context.RequestAborted);
        return Answers.Ok(new(true, outcome.ToString().ToLowerInvariant()), GatewayJson.Default.EventAnswer);
    }

    private static ProblemAnswer NotBelieved => new(Problem.WebhookNotBelieved);

    private bool IsSigned(IHeaderDictionary headers, string kind, byte[] payload, ImmutableArray<string> secrets) => kind switch
    {
        SourceKinds.Stripe => stripe.IsSigned(payload, headers["Stripe-Signature"].ToString(), secrets),
        SourceKinds.Shopify => SourceSignatures.IsShopifys(payload, headers["X-Shopify-Hmac-Sha256"].ToString(), secrets),
        _ => headers.ContentType.ToString().StartsWith("application/cloudevents+json", StringComparison.OrdinalIgnoreCase)
            && (SourceSignatures.IsStandard(payload, headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString(), secrets, time.GetUtcNow())
                || SourceSignatures.IsBearer(headers.Authorization.ToString(), secrets)),
    };

    private static bool IsNames(SourceEvent told) =>
        new[] { told.Id, told.Type, told.Account }.All(static name => name.Length <= SourceReader.LongestName) && told.Id.Length > 0;

    // Two members of one name, or a name that is no Unicode, are no event; a text that is none may stand where nobody looks.
    private static JsonObject? Parse(byte[] payload)
    {
        try
        {
            return JsonNode.Parse(payload, documentOptions: new() { MaxDepth = Strict.MaxDepth, AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (Exception odd) when (odd is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>The kinds of sources there are.</summary>
internal static class SourceKinds
{
    public const string Stripe = "stripe";
    public const string Shopify = "shopify";
    public const string CloudEvents = "cloudevents";

    public static readonly ImmutableArray<string> All = [Stripe, Shopify, CloudEvents];
}

/// <summary>Another system whose events become actions of a program.</summary>
/// <param name="SecretRef">Names the secret that signs its events in the server's file of secrets: the secret itself is never sent here.</param>
[Example("""{"kind":"stripe","program_id":"friends","secret_ref":"stripe_live","mapping":{"code":"metadata.referral_code"}}""")]
internal sealed record NewSource(
    [property: OneOf("stripe", "shopify", "cloudevents")] string Kind,
    CallerId ProgramId,
    [property: AtMost(NewSource.LongestRef)] string SecretRef,
    SourceMapping? Mapping = null)
{
    public const int LongestRef = 100;
}

/// <summary>What is left out stays as it is.</summary>
/// <param name="ProgramId">Whose actions its events become from now on. A refund or dispute of a sale that came before goes where that sale is.</param>
/// <param name="SecretRef">Names the secret that signs its events from now on.</param>
/// <param name="Mapping">The whole of it: a member that it leaves out is again as that kind of source has it.</param>
[Example("""{"secret_ref":"stripe_live_2027","mapping":{"code":"metadata.partner"}}""")]
internal sealed record SourceChange(CallerId? ProgramId = null, [property: AtMost(NewSource.LongestRef)] string? SecretRef = null, SourceMapping? Mapping = null);

/// <summary>Where in its objects a source says what: names joined by dots. What is left out is as that kind of source has it.</summary>
/// <param name="RefereeId">Whose a sale is: the customer of Stripe's invoice, of Shopify's order; referee_id of a CloudEvent's data.</param>
/// <param name="Code">What may be a referrer's code: metadata.referral_code of Stripe's invoice, the discount codes of Shopify's order, code of a CloudEvent's data.</param>
/// <param name="SaleId">Of a refund or dispute: the sale's id, where it does not name the payment; refund_of or chargeback_of of a CloudEvent's data. Not for Shopify, whose refunds name their order.</param>
internal sealed record SourceMapping(
    [property: AtMost(SourceMapping.Longest)] string? RefereeId = null,
    [property: AtMost(SourceMapping.Longest)] string? Code = null,
    [property: AtMost(SourceMapping.Longest)] string? SaleId = null)
{
    public const int Longest = 200;

    public SourceMapping Checked() => new(Text.Of(RefereeId, "mapping.referee_id", Longest), Text.Of(Code, "mapping.code", Longest), Text.Of(SaleId, "mapping.sale_id", Longest));

    /// <summary>This one, where a kind of source reads all that it names.</summary>
    public SourceMapping Of(string kind) => kind == SourceKinds.Shopify && SaleId is not null
        ? throw Problem.InvalidField("mapping.sale_id", "Shopify's refunds name their order: there is nothing to map.").AsException()
        : this;
}

/// <param name="Url">Where the other system sends its events, after the address of this server.</param>
/// <param name="Waiting">Events that name sales of which nothing is known; left out where none waits.</param>
internal sealed record SourceAnswer(
    CallerId Id,
    string Kind,
    CallerId ProgramId,
    string SecretRef,
    SourceMapping Mapping,
    string Url,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] WaitingEventsAnswer? Waiting = null)
{
    public static SourceAnswer Of(Source source, WaitingEvents? waiting = null) => new(
        source.Id, source.Kind, source.Program, source.SecretRef, JsonSerializer.Deserialize(source.Mapping, GatewayJson.Default.SourceMapping)!, $"/v1/sources/{source.Kind}/{source.Id}",
        waiting is null ? null : new(waiting.Count, waiting.Since, waiting.Event, [.. waiting.Objects]));
}

/// <summary>Refunds and disputes, and names of payments, whose sale is not known. Each takes effect by itself once what names its sale comes, which may be never.</summary>
/// <param name="Since">When the first of them came.</param>
/// <param name="EventId">That one's id in the other system.</param>
/// <param name="Names">What that one names.</param>
internal sealed record WaitingEventsAnswer(long Events, DateTimeOffset Since, string EventId, ImmutableArray<string> Names);

internal sealed record SourcesAnswer(ImmutableArray<SourceAnswer> Data);

/// <param name="Outcome">recorded, waiting, duplicate or ignored; an event that says nothing to us is taken all the same.</param>
internal sealed record EventAnswer(bool Received, [property: OneOf("recorded", "waiting", "duplicate", "ignored")] string Outcome);
