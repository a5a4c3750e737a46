using Microsoft.Extensions.Diagnostics.HealthChecks;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;

namespace ReferralGrains.Gateway;

/// <summary>For those who watch and restart: is the process alive, and may it be sent work.</summary>
internal sealed class HealthEndpoints(HealthCheckService checks)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/health/live", () => TypedResults.Text("live")).NeedsNoKey().WithSummary("The process is alive").AnswersText();
        routes.Get("/health/ready", Ready).NeedsNoKey().WithSummary("It may be sent work").AnswersText();
    }

    // Says that it is not ready, but not why: nobody has shown a key.
    private async Task<IResult> Ready(HttpContext context)
    {
        var report = await checks.CheckHealthAsync(context.RequestAborted);
        if (report.Status != HealthStatus.Unhealthy) return TypedResults.Text("ready");
        context.Response.Headers.RetryAfter = "1";
        return TypedResults.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
