using System.Diagnostics;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Metrics;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Access;

/// <summary>
/// Everything passes here: it lets in who may, answers every failure as a problem, and says nothing of our bugs but where they are in
/// the log.
/// </summary>
internal sealed partial class Door(RequestDelegate next, Keys keys, ILogger<Door> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await Answer(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
        catch (Exception exception)
        {
            await AnswerFault(context, exception);
        }
        finally
        {
            if (context.GetEndpoint() is RouteEndpoint route) GatewayMetrics.Answered(route.RoutePattern.RawText!, context.Response.StatusCode, began);
        }
    }

    private async Task Answer(HttpContext context)
    {
        if (await Refuse(context) is { } refused)
        {
            await ProblemAnswer.Write(context, refused);
            return;
        }

        await next(context);
        if (!context.Response.HasStarted && Unanswered(context) is { } problem) await ProblemAnswer.Write(context, problem);
    }

    private async Task AnswerFault(HttpContext context, Exception exception)
    {
        var problem = Faults.Of(exception);
        if (problem.Status == StatusCodes.Status500InternalServerError) LogBug(context.TraceIdentifier, exception);
        else if (problem.Status == StatusCodes.Status503ServiceUnavailable) LogUnavailable(context.TraceIdentifier, exception.GetType().Name);
        if (context.Response.HasStarted) context.Abort();
        else await ProblemAnswer.Write(context, problem);
    }

    private async ValueTask<Problem?> Refuse(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint) return null;
        var policy = endpoint.Metadata.GetMetadata<Policy>();
        if (policy is not { Role: null })
        {
            if (await keys.Find(context.Request.Headers.Authorization, context.RequestAborted) is not { } caller) return Problem.NoKey;
            if (policy?.Role is not { } role) return Problem.Forbidden("that nobody has");
            if (!caller.Has(role)) return Problem.Forbidden(role.ToWire());
            context.Admit(caller);
        }

        return context.Request.QueryString.HasValue ? UnknownParameter(context, endpoint) : null;
    }

    // A parameter that nobody reads, such as a misspelt dry_run, was meant to do something.
    private static Problem? UnknownParameter(HttpContext context, RouteEndpoint endpoint)
    {
        var known = endpoint.Metadata.GetMetadata<TakesQuery>()?.Parameters ?? [];
        foreach (var name in context.Request.Query.Keys)
            if (!known.Any(parameter => parameter.Name == name)) return Problem.UnknownField(name.Length <= 100 ? name : name[..100]);
        return null;
    }

    private static Problem? Unanswered(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Problem.NoRoute,
        StatusCodes.Status405MethodNotAllowed => Problem.WrongMethod,
        _ => null,
    };
}
