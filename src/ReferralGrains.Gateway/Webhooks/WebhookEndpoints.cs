using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns.Webhooks;

namespace ReferralGrains.Gateway.Webhooks;

/// <summary>Where a tenant wants to be told of what happens.</summary>
internal sealed class WebhookEndpoints(IWebhookTargets targets, IWebhookTrials trials, ITenants tenants, TimeProvider time) : IEndpoints
{
    /// <summary>Of one tenant: each costs as much as all the others together.</summary>
    public const int Most = 16;

    private const int SecretBytes = 32;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/webhook_endpoints", Create).Needs(KeyRole.Admin)
            .WithSummary("Be told of what happens, at an address; the secret that signs it is shown this once").Takes<NewWebhookEndpoint>().Answers<WebhookEndpointAnswer>(creates: true);
        routes.Get("/v1/webhook_endpoints", List).Needs(KeyRole.Read)
            .WithSummary("The webhook endpoints of the tenant, and how far each is").Pages<PageAnswer<WebhookEndpointAnswer>>();
        routes.Get("/v1/webhook_endpoints/{id}", Show).Needs(KeyRole.Read)
            .WithSummary("One webhook endpoint").Answers<WebhookEndpointAnswer>();
        routes.Patch("/v1/webhook_endpoints/{id}", Change).Needs(KeyRole.Admin)
            .WithSummary("Change a webhook endpoint, or switch it off or on; what it has not been told waits").Takes<WebhookEndpointChange>().Answers<WebhookEndpointAnswer>();
        routes.Delete("/v1/webhook_endpoints/{id}", Remove).Needs(KeyRole.Admin)
            .WithSummary("Tell a webhook endpoint nothing more, and forget it").Answers<WebhookEndpointAnswer>();
        routes.Post("/v1/webhook_endpoints/{id}/rotate_secret", Rotate).Needs(KeyRole.Admin)
            .WithSummary("Sign with a new secret, shown this once, and for a while with the old one as well")
            .Takes<SecretRotation>(mayBeAbsent: true).Answers<WebhookEndpointAnswer>();
        routes.Post("/v1/webhook_endpoints/{id}/resume", Resume).Needs(KeyRole.Admin)
            .WithSummary("Try again now; a disabled endpoint is enabled and goes on from where it stood").Takes<WebhookResumption>(mayBeAbsent: true).Answers<WebhookEndpointAnswer>();
    }

    private async Task<IResult> Create(HttpContext context)
    {
        var (tenant, body) = (context.Caller().Tenant, await Body.Read(context, GatewayJson.Default.NewWebhookEndpoint));
        var url = await Url(tenant, body.Url, context.RequestAborted);
        var secret = NewSecret();
        var added = await targets.Add(
            tenant, url, Text.Of(body.Description, "description", Text.MaxName), Types(body.Events) ?? [], secret, RequestKey.NameOf(context), Most, context.RequestAborted);
        if (added is not var (target, isNew)) return new ProblemAnswer(Problem.Unprocessable("too_many_webhook_endpoints", "url", $"A tenant has {Most} webhook endpoints at most. Remove one first."));
        var answer = Answer(target, time.GetUtcNow());
        Idempotency.AnswerRepeatsWith(context, answer, GatewayJson.Default.WebhookEndpointAnswer);
        return Answers.Created(context, isNew ? answer with { Secret = secret } : answer, isNew: true, GatewayJson.Default.WebhookEndpointAnswer, "webhook_endpoints", answer.Id);
    }

    private async Task<IResult> List(HttpContext context)
    {
        var paging = Paging.Of(context, static id => WebhookNames.Endpoint(id) is not null);
        var page = await targets.List(context.Caller().Tenant, paging.After is { } after ? WebhookNames.Endpoint(after)!.Value : 0, paging.Limit, context.RequestAborted);
        return Answers.Ok(new([.. page.Items.Select(target => Answer(target, time.GetUtcNow()))], page.HasMore), GatewayJson.Default.PageAnswerWebhookEndpointAnswer);
    }

    private async Task<IResult> Show(HttpContext context, string id) => Ok(await Find(targets, context, id));

    private async Task<IResult> Change(HttpContext context, string id)
    {
        var target = await Find(targets, context, id);
        var body = await Body.Read(context, GatewayJson.Default.WebhookEndpointChange);
        var url = body.Url is null ? null : await Url(target.Tenant, body.Url, context.RequestAborted);
        var change = new WebhookChange(url, body.Description is { } given ? Text.Of(given, "description", Text.MaxName) ?? "" : null, Types(body.Events), body.Enabled);
        return Ok(await targets.Change(target.Tenant, target.Id, change, context.RequestAborted));
    }

    private async Task<IResult> Remove(HttpContext context, string id)
    {
        var target = await Find(targets, context, id);
        await targets.Remove(target.Tenant, target.Id, context.RequestAborted);
        return Ok(target);
    }

    private async Task<IResult> Rotate(HttpContext context, string id)
    {
        var target = await Find(targets, context, id);
        var body = await Body.ReadOr(context, GatewayJson.Default.SecretRotation, new());
        var keep = AmountLimits.Range(body.KeepOldForHours, 0, SecretRotation.Most, "keep_old_for_hours") ?? SecretRotation.Usual;
        var secret = NewSecret();
        var rotated = await targets.Rotate(target.Tenant, target.Id, secret, time.GetUtcNow() + TimeSpan.FromHours(keep), context.RequestAborted) ?? throw Missing();
        var answer = Answer(rotated, time.GetUtcNow());
        Idempotency.AnswerRepeatsWith(context, answer, GatewayJson.Default.WebhookEndpointAnswer);
        return Answers.Ok(answer with { Secret = secret }, GatewayJson.Default.WebhookEndpointAnswer);
    }

    private async Task<IResult> Resume(HttpContext context, string id)
    {
        var target = await Find(targets, context, id);
        var body = await Body.ReadOr(context, GatewayJson.Default.WebhookResumption, new());
        var fromNow = WebhookResumption.Froms.Parse(body.From, false, "from");
        return Ok(await targets.Resume(target.Tenant, target.Id, fromNow, context.RequestAborted));
    }

    /// <summary>The same answer for what is not there and for what is another tenant's.</summary>
    public static async Task<WebhookTarget> Find(IWebhookTargets targets, HttpContext context, string id) =>
        WebhookNames.Endpoint(id) is { } number && await targets.Find(context.Caller().Tenant, number, context.RequestAborted) is { } target ? target : throw Missing();

    private static ProblemException Missing() => Problem.NotFound("webhook_endpoint", "id").AsException();

    private static string NewSecret() => "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes));

    private async Task<string> Url(int tenant, string text, CancellationToken stop)
    {
        if (!WebhookNames.Address().IsMatch(text) || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0)
            throw Problem.InvalidField("url", "An address like https://shop.example/hooks is expected.").AsException();
        if (url.Fragment.Length > 0) throw Problem.InvalidField("url", "An address without a # is expected.").AsException();
        if (await trials.Refuses(url, (await tenants.Get(tenant, stop)).Sandbox, stop) is { } why) throw Problem.Unprocessable("webhook_address_refused", "url", why).AsException();
        return text;
    }

    private static ImmutableArray<WebhookEventType>? Types(ImmutableArray<string>? words)
    {
        if (words is not { } given) return null;
        if (given.Length > NewWebhookEndpoint.MostEvents) throw Problem.InvalidField("events", $"At most {NewWebhookEndpoint.MostEvents} types are expected.").AsException();
        return [.. given.Select(static (word, i) => WebhookWords.Type(word, string.Create(CultureInfo.InvariantCulture, $"events[{i}]"))).Distinct().Order()];
    }

    private IResult Ok(WebhookTarget? target) =>
        target is null ? throw Missing() : Answers.Ok(Answer(target, time.GetUtcNow()), GatewayJson.Default.WebhookEndpointAnswer);

    private static WebhookEndpointAnswer Answer(WebhookTarget target, DateTimeOffset now) => new(
        WebhookNames.Endpoint(target.Id), target.Url, target.Description, [.. target.Events.Select(static type => type.ToWord())], WebhookWords.States.Of(target.State), target.Why,
        target.Attempts, target.FailingSince, target is { State: WebhookState.Enabled, Attempts: > 0 } ? target.NextAt : null,
        target.RotatesUntil(now), target.CreatedAt, null);
}

/// <summary>Endpoints and attempts as the outside names them.</summary>
internal static partial class WebhookNames
{
    public const string AddressForm = "^https?://[!-~]{1,1990}$";

    public static string Endpoint(long id) => string.Create(CultureInfo.InvariantCulture, $"we_{id}");

    public static long? Endpoint(string id) => Number(id, "we_");

    public static string Delivery(long id) => string.Create(CultureInfo.InvariantCulture, $"wd_{id}");

    public static long? Delivery(string id) => Number(id, "wd_");

    [System.Text.RegularExpressions.GeneratedRegex(@"^https?://[!-~]{1,1990}\z")]
    public static partial System.Text.RegularExpressions.Regex Address();

    private static long? Number(string id, string prefix) =>
        id.StartsWith(prefix, StringComparison.Ordinal) && long.TryParse(id.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <param name="Url">https, and to a public address; in a sandbox http will do.</param>
/// <param name="Description">For whoever looks at the list.</param>
/// <param name="Events">Only these types; all when it is left out or empty.</param>
[Example("""{"url":"https://shop.example/hooks","description":"the shop","events":["reward.payable","payout_item.paid"]}""")]
internal sealed record NewWebhookEndpoint(
    [property: Form(WebhookNames.AddressForm)] string Url,
    [property: AtMost(Text.MaxName)] string? Description = null,
    [property: AtMost(NewWebhookEndpoint.MostEvents, Each = NewWebhookEndpoint.LongestType)] ImmutableArray<string>? Events = null)
{
    public const int MostEvents = 100;
    public const int LongestType = 60;
}

/// <summary>What is left out stays; a description that is empty is taken away.</summary>
/// <param name="Events">Only these types from now on; an empty list is all.</param>
/// <param name="Enabled">false tells it nothing until it is true again; what happens meanwhile waits, for 30 days.</param>
[Example("""{"url":"https://shop.example/hooks","description":"the shop","events":["reward.payable"],"enabled":true}""")]
internal sealed record WebhookEndpointChange(
    [property: Form(WebhookNames.AddressForm)] string? Url = null,
    [property: AtMost(Text.MaxName)] string? Description = null,
    [property: AtMost(NewWebhookEndpoint.MostEvents, Each = NewWebhookEndpoint.LongestType)] ImmutableArray<string>? Events = null,
    bool? Enabled = null);

/// <param name="KeepOldForHours">How long the old secret signs as well; 24 when it is left out, 0 ends it at once.</param>
[Example("""{"keep_old_for_hours":48}""")]
internal sealed record SecretRotation([property: Whole(0, SecretRotation.Most)] long? KeepOldForHours = null)
{
    public const int Usual = 24;
    public const int Most = 168;
}

/// <param name="From">where_it_stood, which misses nothing, when it is left out; now leaves out what it was not told.</param>
[Example("""{"from":"where_it_stood"}""")]
internal sealed record WebhookResumption([property: OneOf(typeof(WebhookResumption), nameof(WebhookResumption.Froms))] string? From = null)
{
    public static readonly Words<bool> Froms = new(("where_it_stood", false), ("now", true));
}

/// <param name="Events">The types that it is told; empty for all.</param>
/// <param name="State">failed: it took nothing for three days; gone: it answered 410. Either way it is told nothing until it is resumed.</param>
/// <param name="Why">The last attempt failed, as the attempts have it.</param>
/// <param name="Attempts">That failed one after the other, of the event that it is told next.</param>
/// <param name="NextAttemptAt">When that is tried again.</param>
/// <param name="OldSecretUntil">While an earlier secret signs beside the new one.</param>
/// <param name="Secret">Shown this once, and not to a repeat.</param>
internal sealed record WebhookEndpointAnswer(
    string Id,
    string Url,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description,
    ImmutableArray<string> Events,
    [property: OneOf(typeof(WebhookWords), nameof(WebhookWords.States))] string State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Why,
    int Attempts,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? FailingSince,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? NextAttemptAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? OldSecretUntil,
    DateTimeOffset CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Secret);
