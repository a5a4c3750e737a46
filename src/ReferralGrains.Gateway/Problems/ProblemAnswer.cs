using System.Globalization;
using System.Text.Json;

namespace ReferralGrains.Gateway.Problems;

/// <summary>Writes a problem as <c>application/problem+json</c> (RFC 9457).</summary>
internal sealed class ProblemAnswer(Problem problem) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => Write(httpContext, problem);

    public static async Task Write(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.ContentType = "application/problem+json";
        if (problem.RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (problem.Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
        using var json = new Utf8JsonWriter(response.BodyWriter);
        Write(json, problem, context.TraceIdentifier);
        json.Flush();
        await response.BodyWriter.FlushAsync(CancellationToken.None);
    }

    private static void Write(Utf8JsonWriter json, Problem problem, string requestId)
    {
        json.WriteStartObject();
        json.WriteString("type", "docs/errors.md#" + problem.Code);
        json.WriteString("title", problem.Code.Replace('_', ' '));
        json.WriteNumber("status", problem.Status);
        json.WriteString("code", problem.Code);
        if (problem.Param is not null) json.WriteString("param", problem.Param);
        json.WriteString("detail", problem.Detail);
        if (!problem.Warnings.IsEmpty)
        {
            json.WriteStartArray("warnings");
            foreach (var warning in problem.Warnings) json.WriteStringValue(warning);
            json.WriteEndArray();
        }

        json.WriteString("request_id", requestId);
        json.WriteEndObject();
    }
}
