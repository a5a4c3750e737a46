using System.Data.Common;
using Microsoft.AspNetCore.Diagnostics;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns;

namespace ReferralGrains.Gateway.Problems;

/// <summary>What the world's failures are to a caller. Our own bugs say nothing but their request id.</summary>
internal sealed partial class Faults(ILogger<Faults> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var problem = Of(exception);
        if (problem.Status == StatusCodes.Status500InternalServerError) LogBug(httpContext.TraceIdentifier, exception);
        else if (problem.Status == StatusCodes.Status503ServiceUnavailable) LogUnavailable(httpContext.TraceIdentifier, exception.GetType().Name);
        await ProblemAnswer.Write(httpContext, problem);
        return true;
    }

    /// <summary>The problem that an exception is answered with.</summary>
    public static Problem Of(Exception exception) => exception switch
    {
        ProblemException refused => refused.Problem,
        GrainBusyException busy => Problem.Busy(busy.RetryAfter),
        InvalidDataException => Problem.OfStatus(StatusCodes.Status400BadRequest), // A body that says it is compressed and is not.
        BadHttpRequestException bad => Problem.OfStatus(bad.StatusCode),
        _ when IsUnavailable(exception) => Problem.Unavailable,
        _ => Problem.Bug,
    };

    /// <summary>Whether the outcome is unknown or nothing was done, and the same request may be sent again.</summary>
    public static bool IsUnavailable(Exception exception) => exception switch
    {
        GrainUnavailableException or JournalUnavailableException or OutcomeUnknownException or LeaseLostException or TimeoutException => true,
        DbException database => database.IsTransient || database.SqlState is null,
        _ => false,
    };

    [LoggerMessage(LogLevel.Error, "Request {RequestId} met a bug.")]
    private partial void LogBug(string requestId, Exception exception);

    // Once for each request of an outage: its sender knows, and counts are in the metrics.
    [LoggerMessage(LogLevel.Debug, "Request {RequestId} could not be done now: {Failure}.")]
    private partial void LogUnavailable(string requestId, string failure);
}
