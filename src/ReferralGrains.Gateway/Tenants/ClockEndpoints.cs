using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;

namespace ReferralGrains.Gateway.Tenants;

/// <param name="To">Not before where the clock stands.</param>
[Example("""{"to":"2026-03-01T00:00:00Z"}""")]
internal sealed record ClockAdvance(DateTimeOffset To);

/// <param name="Now">Where the clock stands; everything due by then is settled.</param>
internal sealed record ClockAnswer(DateTimeOffset Now);

/// <summary>The test clock of a sandbox tenant.</summary>
internal sealed class ClockEndpoints(ITestClock clock) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes) =>
        routes.Post("/v1/test_clock/advance", Advance).Needs(KeyRole.Admin)
            .WithSummary("Move a sandbox's clock on; answers when everything due by then is settled").Takes<ClockAdvance>().Answers<ClockAnswer>();

    private async Task<IResult> Advance(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.ClockAdvance);
        ClockLimits.Check(body.To, "to");
        var refusal = await clock.Advance(context.Caller().Tenant, body.To, context.RequestAborted);
        return refusal is null ? Answers.Ok(new(body.To), GatewayJson.Default.ClockAnswer) : new ProblemAnswer(Problem.Of(refusal));
    }
}
