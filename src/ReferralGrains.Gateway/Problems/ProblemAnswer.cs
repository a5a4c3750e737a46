using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using ReferralGrains.Gateway.Json;

namespace ReferralGrains.Gateway.Problems;

/// <summary>Answers with a problem, through the service that every other part of ASP.NET Core answers problems with.</summary>
internal sealed class ProblemAnswer(Problem problem) : IResult
{
    public const string RequestId = "Request-Id";

    public Task ExecuteAsync(HttpContext httpContext) => Write(httpContext, problem);

    public static Task Write(HttpContext context, Problem problem)
    {
        context.Response.StatusCode = problem.Status;
        return context.RequestServices.GetRequiredService<IProblemDetailsService>()
            .WriteAsync(new() { HttpContext = context, ProblemDetails = new Details(problem) }).AsTask();
    }

    private sealed class Details : ProblemDetails
    {
        public Details(Problem problem) => (Problem, Status) = (problem, problem.Status);

        public Problem Problem { get; }
    }

    /// <summary>Writes every problem, whoever found it and whatever its sender accepts, as <c>application/problem+json</c> (RFC 9457).</summary>
    public sealed class Writer : IProblemDetailsWriter
    {
        public bool CanWrite(ProblemDetailsContext context) => true;

        public ValueTask WriteAsync(ProblemDetailsContext context)
        {
            var response = context.HttpContext.Response;
            var problem = context.ProblemDetails is Details known ? known.Problem : Problem.OfStatus(response.StatusCode);
            response.ContentType = "application/problem+json";
            response.Headers[RequestId] = context.HttpContext.TraceIdentifier;
            if (problem.RetryAfter is { } wait)
                response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            if (problem.Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
            var body = new ProblemBody(
                "/docs/errors#" + problem.Code,
                problem.Code.Replace('_', ' '),
                problem.Status,
                problem.Code,
                problem.Param,
                problem.Detail,
                problem.Warnings.IsEmpty ? null : problem.Warnings,
                context.HttpContext.TraceIdentifier);
            return new(JsonSerializer.SerializeAsync(response.Body, body, GatewayJson.Default.ProblemBody, CancellationToken.None));
        }
    }
}

/// <summary>Why a request was not done (RFC 9457).</summary>
/// <param name="Type">Where the code is explained.</param>
/// <param name="Code">Stable, for machines.</param>
/// <param name="Param">The field that it is about.</param>
/// <param name="Warnings">For tiers that may not be meant (H3).</param>
/// <param name="RequestId">Leads to the request in the log.</param>
internal sealed record ProblemBody(
    string Type,
    string Title,
    int Status,
    string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Param,
    string Detail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? Warnings,
    string RequestId);
