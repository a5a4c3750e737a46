using System.Text.Json.Nodes;

namespace ReferralGrains.Payouts.Standin;

/// <summary>What the stand-in answers.</summary>
/// <param name="IsSaved">Whether the same key is answered with it again. Stripe saves what came of running a request, not what kept it from running.</param>
internal sealed record StandinAnswer(int Status, byte[] Body, bool IsSaved)
{
    public static StandinAnswer Ok(JsonNode body) => new(200, Bytes(body), IsSaved: true);

    public static StandinAnswer Of(StandinProblem problem, string requestId) => new(
        problem.Status,
        Bytes(new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["code"] = problem.Code,
                ["doc_url"] = problem.Code is null ? null : $"https://stripe.com/docs/error-codes/{problem.Code.Replace('_', '-')}",
                ["message"] = problem.Message,
                ["param"] = problem.Param,
                ["request_log_url"] = $"https://dashboard.stripe.com/test/logs/{requestId}",
                ["type"] = problem.Type,
            },
        }),
        problem.IsSaved);

    private static byte[] Bytes(JsonNode body) => System.Text.Encoding.UTF8.GetBytes(body.ToJsonString());
}

/// <summary>An error in Stripe's words.</summary>
internal sealed class StandinProblem(int status, string type, string? code, string message, string? param = null, bool isSaved = false) : Exception(message)
{
    public int Status => status;

    public string Type => type;

    public string? Code => code;

    public string? Param => param;

    public bool IsSaved => isSaved;

    /// <summary>A request that was not run: its key is as good as new.</summary>
    public static StandinProblem Invalid(string? code, string message, string? param) => new(400, "invalid_request_error", code, message, param);

    public static StandinProblem Missing(string kind, string id, string param = "id", int status = 404) =>
        new(status, "invalid_request_error", "resource_missing", $"No such {kind}: '{id}'", param);

    /// <summary>This one is answered again for as long as the key is known, whatever the balance is by then.</summary>
    public static StandinProblem FundsShort() => new(
        400, "invalid_request_error", "balance_insufficient", "You have insufficient available funds in your Stripe account.", isSaved: true);

    public static StandinProblem Broken() => new(500, "api_error", null, "An unknown error occurred.", isSaved: true);

    public static StandinProblem TooMany() => new(429, "invalid_request_error", "rate_limit", "Request rate limit exceeded.");

    public static StandinProblem KeyInUse() => new(
        409, "idempotency_error", "idempotency_key_in_use", "There is currently another in-progress request using this Idempotent Key.");

    public static StandinProblem KeyMismatch(string key) => new(
        400, "idempotency_error", null, $"Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}'.");

    public static StandinProblem Unauthorized() => new(401, "invalid_request_error", null, "Invalid API Key provided.");

    public static StandinProblem Forbidden() => new(403, "invalid_request_error", "more_permissions_required", "The provided key does not have the required permissions for this endpoint.");
}
