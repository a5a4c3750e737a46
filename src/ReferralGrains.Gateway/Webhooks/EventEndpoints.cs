using System.Text.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Storage.Webhooks;

namespace ReferralGrains.Gateway.Webhooks;

/// <summary>What tenants are told, as a list: for whoever cannot be called, or wants to look again.</summary>
internal sealed class EventEndpoints(IWebhookFeed feed, ITenants tenants) : IEndpoints
{
    private static readonly QueryParameter Latest = new("latest", "boolean", "true answers the last events instead of the first: where to begin if what was before does not matter.");

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/events", List).Needs(KeyRole.Read)
            .WithSummary("What has happened, in its order: what webhooks tell. Events are gathered from the first endpoint or the first look at this list on, and kept for 30 days")
            .Pages<PageAnswer<ToldEventAnswer>>(Latest);
        routes.Post("/v1/events", MakeUp).Needs(KeyRole.Admin)
            .WithSummary("In a sandbox: tell an event that is made up, to try a receiver").Takes<NewEvent>().Answers<MadeEventAnswer>();
    }

    private async Task<IResult> List(HttpContext context)
    {
        var paging = Paging.Of(context, static id => WebhookEventName.Parse(id) is not null);
        var page = await feed.Page(
            context.Caller().Tenant, paging.After is { } after ? WebhookEventName.Parse(after) : null, context.Flag("latest"), paging.Limit, context.RequestAborted);
        return page is null
            ? new ProblemAnswer(Problem.NotFound("event", "starting_after"))
            : Answers.Ok(new([.. page.Items.Select(Answer)], page.HasMore), GatewayJson.Default.PageAnswerToldEventAnswer);
    }

    private async Task<IResult> MakeUp(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.NewEvent);
        var type = WebhookWords.Type(body.Type, "type");
        var tenant = await tenants.Get(context.Caller().Tenant, context.RequestAborted);
        if (!tenant.Sandbox) return new ProblemAnswer(Problem.Unprocessable("not_a_sandbox", "type", "Only in a sandbox events are made up."));
        var at = await tenants.Now(tenant.Number, context.RequestAborted);
        return Answers.Ok(new(await feed.MakeUp(tenant.Number, type, at, context.RequestAborted), body.Type), GatewayJson.Default.MadeEventAnswer);
    }

    private static ToldEventAnswer Answer(WebhookMessage message) =>
        new(message.Id, message.Type.ToWord(), message.At, JsonNode.Parse(message.Body.Span)!["data"]!.Deserialize(GatewayJson.Default.JsonObject)!);
}

/// <summary>Something that happened.</summary>
/// <param name="Id">Of the event, wherever it is told: <c>webhook-id</c> of a delivery.</param>
/// <param name="Data">What it is about; docs/webhooks.md has it for each type.</param>
internal sealed record ToldEventAnswer(string Id, [property: OneOf(typeof(WebhookWords), nameof(WebhookWords.Types))] string Type, DateTimeOffset Timestamp, JsonObject Data);

/// <param name="Type">Of the event that is made up.</param>
[Example("""{"type":"reward.payable"}""")]
internal sealed record NewEvent([property: OneOf(typeof(WebhookWords), nameof(WebhookWords.Types))] string Type);

internal sealed record MadeEventAnswer(string Id, string Type);

internal static class WebhookWords
{
    public static readonly Words<WebhookEventType> Types = new([.. WebhookEventTypes.Words.Select(static word => (word, WebhookEventTypes.Find(word)!.Value))]);

    public static readonly Words<WebhookState> States = new(
        ("enabled", WebhookState.Enabled), ("disabled", WebhookState.Disabled), ("failed", WebhookState.Failed), ("gone", WebhookState.Gone));

    public static readonly Words<WebhookCause> Causes = new(("turn", WebhookCause.Turn), ("resend", WebhookCause.Resend), ("test", WebhookCause.Test));

    public static WebhookEventType Type(string word, string param) => Types.Parse(word, default, param);
}
