using System.Data.Common;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns;

namespace ReferralGrains.Gateway.Problems;

/// <summary>What the world's failures are to a caller. Our own bugs say nothing but their request id.</summary>
internal static class Faults
{
    /// <summary>The problem that an exception is answered with.</summary>
    public static Problem Of(Exception exception) => exception switch
    {
        ProblemException refused => refused.Problem,
        GrainBusyException busy => Problem.Busy(busy.RetryAfter),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => new(413, "body_too_large", null, "The body is too large."),
        BadHttpRequestException bad => new(bad.StatusCode, "bad_request", null, "The request is not well-formed HTTP, or came too slowly."),
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
}
