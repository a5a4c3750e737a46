using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Json;

namespace ReferralGrains.Gateway.Problems;

/// <summary>Why a request, or one line of a stream, was not done: what an RFC 9457 answer is written from.</summary>
/// <param name="Code">Stable, for machines; each has a paragraph in docs/errors.md.</param>
/// <param name="Param">The field that it is about, as the caller wrote it.</param>
internal sealed record Problem(int Status, string Code, string? Param, string Detail)
{
    /// <summary>When to try again; null where trying again changes nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>For tiers that may not be meant (H3).</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    public static Problem Of(Refusal refusal) =>
        new(StatusOf(refusal.Kind), refusal.Code, refusal.Field?.ToWire(), refusal.Detail);

    /// <summary>The one table from refusals to statuses.</summary>
    public static int StatusOf(RefusalKind kind) => kind switch
    {
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Conflict => StatusCodes.Status409Conflict,
        RefusalKind.Senseless => StatusCodes.Status422UnprocessableEntity,
        RefusalKind.OverQuota => StatusCodes.Status429TooManyRequests,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // What the door itself finds, each made in one place.

    public static Problem InvalidJson(string? param, string detail) => new(400, "invalid_json", param, detail);

    public static Problem UnknownField(string param) => new(400, "unknown_field", param, $"There is no field {param} here.");

    public static Problem DuplicateField(string param) => new(400, "duplicate_field", param, $"The field {param} is there twice.");

    public static Problem MissingField(string param) => new(400, "missing_field", param, $"The field {param} is required.");

    public static Problem InvalidField(string param, string detail) => new(400, "invalid_field", param, detail);

    /// <param name="fault">What of it is wrong, not what it is: an id may be an e-mail address, and refusals end in logs.</param>
    public static Problem InvalidId(string param, string fault) => new(
        400, "invalid_id", param,
        $"An id is 1 to {CallerId.MaxLength} printable ASCII characters but blank and {string.Join(' ', CallerId.Refused.AsEnumerable())}, and neither . nor .. itself; this {fault}.");

    public static Problem TooLarge(int limit) => new(413, "body_too_large", null, $"The body is larger than {limit} bytes.");

    public static Problem LineTooLong(int limit) => new(413, "line_too_long", null, $"The line is longer than {limit} bytes.");

    /// <summary>A mechanic that is described and not there yet: refused by name rather than half done.</summary>
    public static Problem NotSupported(string param, string what, string instead = "") =>
        new(422, "not_supported", param, $"{what} is not supported in this release.{instead}");

    public static Problem Unprocessable(string code, string param, string detail) => new(422, code, param, detail);

    /// <summary>The same answer for what is not there and for what is another tenant's.</summary>
    public static Problem NotFound(string what, string param) => new(404, what + "_not_found", param, $"There is no such {what.Replace('_', ' ')}.");

    public static Problem Conflict(string param, string detail) => new(409, "conflict", param, detail);

    public static readonly Problem KeyReused = new(409, "idempotency_key_reuse", "Idempotency-Key", "This key was sent with another request. Take a new one for what is new.");

    public static readonly Problem KeyInUse = new(409, "idempotency_key_in_use", "Idempotency-Key", "The request with this key is under way. Send it again a little later for its answer.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    public static readonly Problem NoRoute = new(404, "route_not_found", null, "There is nothing under this address.");

    public static readonly Problem WrongMethod = new(405, "method_not_allowed", null, "This address does not take this method; see the Allow header.");

    public static readonly Problem NoKey = new(401, "unauthenticated", null, "A valid key is needed: Authorization: Bearer KEY.");

    public static readonly Problem Unavailable = new(503, "unavailable", null, "The journal cannot be reached. Send the same again: nothing is done twice.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    public static readonly Problem Bug = new(500, "internal_error", null, "Something is wrong on our side; the request_id leads to it in the log.");

    public static readonly Problem WebhookNotBelieved = new(
        400, "webhook_not_believed", null, "This is no event that was signed for this address within the last five minutes.");

    public static readonly Problem StripeAway = new(503, "stripe_unavailable", null, "Stripe cannot be asked now, or there is no key for it. Send the same again: it is done once.")
    {
        RetryAfter = TimeSpan.FromSeconds(10),
    };

    public static Problem Forbidden(string role) => new(403, "forbidden", null, $"This needs a key with the role {role}.");

    public static readonly Problem AnswersUnread = new(
        429, "answers_unread", null, "More answers are left unread than are kept. This line and those after it were not taken: send them again, and read while you send.");

    public static readonly Problem TooManyStreams = new(429, "too_many_streams", null, "Too many streams of this tenant are open here already. End one, or send more lines in each.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    public static Problem Busy(TimeSpan retryAfter) => new(429, "busy", null, "Too much is waiting there already; try again a little later.")
    {
        RetryAfter = retryAfter,
    };

    /// <summary>What ASP.NET Core itself answers, such as an address that is none.</summary>
    public static Problem OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => NoRoute,
        StatusCodes.Status405MethodNotAllowed => WrongMethod,
        StatusCodes.Status415UnsupportedMediaType => new(415, "encoding_not_supported", "Content-Encoding", "A body may be packed by gzip, deflate or br, or not at all."),
        StatusCodes.Status413PayloadTooLarge => new(413, "body_too_large", null, "The body is too large."),
        >= 500 => Bug,
        _ => new(status, "bad_request", null, "The request is not well-formed HTTP, or came too slowly."),
    };

    public ProblemException AsException() => new(this);
}

/// <summary>A request that the door does not let in. What grains refuse is a value, not this.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem => problem;
}
