using System.Collections.Immutable;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Gateway.Problems;

/// <summary>Why a request, or one line of a stream, was not done: what an RFC 9457 answer is written from.</summary>
/// <param name="Code">Stable, for machines; each has a paragraph in docs/errors.md.</param>
/// <param name="Param">The field that it is about, as the caller wrote it.</param>
internal sealed partial record Problem(int Status, string Code, string? Param, string Detail)
{
    /// <summary>When to try again; null where trying again changes nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>For tiers that may not be meant (H3).</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    public static Problem Of(Refusal refusal) =>
        new(StatusOf(refusal.Kind), refusal.Code, refusal.Param, refusal.Detail);

    /// <summary>The one table from refusals to statuses.</summary>
    public static int StatusOf(RefusalKind kind) => kind switch
    {
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Conflict => StatusCodes.Status409Conflict,
        RefusalKind.Unprocessable => StatusCodes.Status422UnprocessableEntity,
        RefusalKind.TooMany => StatusCodes.Status429TooManyRequests,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>A request that the door does not let in. What grains refuse is a value, not this.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem => problem;
}
