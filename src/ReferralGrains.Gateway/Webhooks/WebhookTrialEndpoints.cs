using System.Text.Json.Serialization;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns.Webhooks;

namespace ReferralGrains.Gateway.Webhooks;

/// <summary>What was sent to an endpoint, and sending out of turn while somebody waits.</summary>
internal sealed class WebhookTrialEndpoints(IWebhookTargets targets, IWebhookFeed feed, IWebhookTrials trials, TimeProvider time) : IEndpoints
{
    private static readonly TimeSpan Recent = TimeSpan.FromHours(24);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/webhook_endpoints/{id}/figures", Figures).Needs(KeyRole.Read)
            .WithSummary("What an endpoint took and did not take within 24 hours, and what it is still to be told").Answers<WebhookFiguresAnswer>();
        routes.Get("/v1/webhook_endpoints/{id}/deliveries", List).Needs(KeyRole.Read)
            .WithSummary("Each attempt to tell an endpoint something, the newest first; kept for 30 days").Pages<PageAnswer<WebhookDeliveryAnswer>>();
        routes.Post("/v1/webhook_endpoints/{id}/deliveries/{delivery}/resend", Resend).Needs(KeyRole.Admin)
            .WithSummary("Send what an attempt sent once more, now and out of turn; answers what the endpoint said").Answers<WebhookDeliveryAnswer>();
        routes.Post("/v1/webhook_endpoints/{id}/test", Test).Needs(KeyRole.Admin)
            .WithSummary("Send an event that is made up to one endpoint, now; answers what the endpoint said").Takes<WebhookTest>(mayBeAbsent: true).Answers<WebhookDeliveryAnswer>();
    }

    private async Task<IResult> Figures(HttpContext context, string id)
    {
        var target = await WebhookEndpoints.Find(targets, context, id);
        var now = await targets.Figures(target, time.GetUtcNow() - Recent, context.RequestAborted);
        return Answers.Ok(
            new(WebhookNames.Endpoint(target.Id), now.Taken, now.Failed, now.Waiting, now.OldestWaitingAt), GatewayJson.Default.WebhookFiguresAnswer);
    }

    private async Task<IResult> List(HttpContext context, string id)
    {
        var target = await WebhookEndpoints.Find(targets, context, id);
        var paging = Paging.Of(context, static text => WebhookNames.Delivery(text) is not null);
        var page = await targets.Deliveries(target.Tenant, target.Id, paging.After is { } after ? WebhookNames.Delivery(after) : null, paging.Limit, context.RequestAborted);
        return Answers.Ok(new([.. page.Items.Select(Answer)], page.HasMore), GatewayJson.Default.PageAnswerWebhookDeliveryAnswer);
    }

    private async Task<IResult> Resend(HttpContext context, string id, string delivery)
    {
        var target = await WebhookEndpoints.Find(targets, context, id);
        var earlier = WebhookNames.Delivery(delivery) is { } number ? await targets.Delivery(target.Tenant, target.Id, number, context.RequestAborted) : null;
        if (earlier is null) return new ProblemAnswer(Problem.NotFound("delivery", "delivery"));
        var message = WebhookEventName.Parse(earlier.Event) is { } name ? await feed.Find(target.Tenant, name, context.RequestAborted) : null;
        return message is null ? new ProblemAnswer(Problem.NotFound("event", "delivery")) : await Send(context, target, message, WebhookCause.Resend);
    }

    private async Task<IResult> Test(HttpContext context, string id)
    {
        var target = await WebhookEndpoints.Find(targets, context, id);
        var body = await Body.ReadOr(context, GatewayJson.Default.WebhookTest, new());
        var type = body.Type is { } word ? WebhookWords.Type(word, "type") : WebhookEventType.Test;
        return await Send(context, target, WebhookSamples.Message(type, time.GetUtcNow()), WebhookCause.Test);
    }

    private async Task<IResult> Send(HttpContext context, WebhookTarget target, WebhookMessage message, WebhookCause cause) =>
        Answers.Ok(Answer(await trials.Send(target, message, cause, context.RequestAborted)), GatewayJson.Default.WebhookDeliveryAnswer);

    private static WebhookDeliveryAnswer Answer(WebhookDelivery delivery) => new(
        WebhookNames.Delivery(delivery.Id), delivery.Event, delivery.Type.ToWord(), WebhookWords.Causes.Of(delivery.Cause), delivery.Attempt, delivery.At,
        (long)delivery.Took.TotalMilliseconds, delivery.Failure is null, delivery.Status, delivery.Failure);
}

/// <summary>How an endpoint does. Nothing is counted beyond 10,000.</summary>
/// <param name="Delivered">Attempts of the last 24 hours that it took, tests left out.</param>
/// <param name="Failed">Attempts of the last 24 hours that it did not take; what they were of may have been taken later.</param>
/// <param name="Waiting">Events of its types that it has not taken yet, also while it is switched off.</param>
/// <param name="OldestWaitingAt">Since when the first of them waits.</param>
internal sealed record WebhookFiguresAnswer(
    string EndpointId, long Delivered, long Failed, long Waiting,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? OldestWaitingAt);

/// <param name="Type">Of the event that is made up; webhook.test when it is left out.</param>
[Example("""{"type":"reward.payable"}""")]
internal sealed record WebhookTest([property: OneOf(typeof(WebhookWords), nameof(WebhookWords.Types))] string? Type = null);

/// <param name="EventId">The same for all attempts: <c>webhook-id</c>.</param>
/// <param name="Cause">turn: in the order of events; resend and test: somebody asked for it.</param>
/// <param name="Attempt">Counts from 1 for each event.</param>
/// <param name="Taken">It answered with a status from 200 to 299.</param>
/// <param name="Status">What it answered, where it answered.</param>
/// <param name="Failure">status, redirected (nobody is followed), gone, timeout, connection, tls, unknown_host or address_refused.</param>
internal sealed record WebhookDeliveryAnswer(
    string Id,
    string EventId,
    string Type,
    [property: OneOf(typeof(WebhookWords), nameof(WebhookWords.Causes))] string Cause,
    int Attempt,
    DateTimeOffset At,
    long Milliseconds,
    bool Taken,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Failure);
