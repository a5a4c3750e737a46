using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Gateway.Payouts;

/// <summary>Where Stripe tells what happened. It needs no key: what it sends is signed, and the signature is over the bytes that came.</summary>
internal sealed class StripeWebhookEndpoint(IStripeDoor door) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes) =>
        routes.Post("/webhooks/stripe/{tenant}", Take).NeedsNoKey().WithMetadata(new TakesAnyQuery())
            .WithSummary("For Stripe: an event, signed by the webhook secret of the tenant").Answers<WebhookAnswer>();

    // Whatever is wrong with it is one answer: who sends what Stripe did not learns nothing from it, not even whether there is such a tenant.
    private async Task<IResult> Take(HttpContext context, string tenant)
    {
        if (!CallerId.IsValid(tenant) || await Body.Bytes(context) is not { } payload) return new ProblemAnswer(Problem.WebhookNotBelieved);
        var told = await door.Take(new(tenant), payload, context.Request.Headers["Stripe-Signature"].ToString(), context.RequestAborted);
        return told == StripeTold.Taken ? Answers.Ok(new(true), GatewayJson.Default.WebhookAnswer) : new ProblemAnswer(Problem.WebhookNotBelieved);
    }
}

/// <summary>It is written down, and looked at soon.</summary>
internal sealed record WebhookAnswer(bool Received);
