using System.Globalization;
using System.Text.Json;
using ReferralGrains.Gateway.Json;

namespace ReferralGrains.Gateway.Problems;

/// <summary>Writes a problem as <c>application/problem+json</c> (RFC 9457).</summary>
internal sealed class ProblemAnswer(Problem problem) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => Write(httpContext, problem);

    public static Task Write(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.ContentType = "application/problem+json";
        if (problem.RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (problem.Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
        var body = new ProblemBody(
            "docs/errors.md#" + problem.Code,
            problem.Code.Replace('_', ' '),
            problem.Status,
            problem.Code,
            problem.Param,
            problem.Detail,
            problem.Warnings.IsEmpty ? null : problem.Warnings,
            context.TraceIdentifier);
        return JsonSerializer.SerializeAsync(response.Body, body, GatewayJson.Default.ProblemBody, CancellationToken.None);
    }
}
