using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ReferralGrains.Domain.Payouts;
using Stripe;

namespace ReferralGrains.Payouts.Sending;

/// <summary>
/// What an answer says about a transfer, judged by what is there and nothing else: only Stripe's own words refuse, and only a transfer that
/// can be read was made. All else is unknown.
/// </summary>
internal static class Classify
{
    public static TransferAnswer Answer(StripeResponse response) =>
        response.StatusCode == HttpStatusCode.OK && Read(response.Content) is { } transfer
            ? new TransferAnswer.Made(transfer)
            : new TransferAnswer.Unknown($"an answer {(int)response.StatusCode} that is no transfer");

    /// <summary>Null for what is not the world's failure, but our own bug.</summary>
    public static TransferAnswer? Failure(Exception exception) => exception switch
    {
        StripeException { StripeError: null } unreadable => new TransferAnswer.Unknown($"an answer {(int)unreadable.HttpStatusCode} that cannot be read"),
        StripeException refused => Refusal(refused),
        OperationCanceledException => new TransferAnswer.Unknown("no answer in time"),
        // HttpClient lets the last through where a connection breaks as soon as it stands.
        HttpRequestException or IOException or SocketException => new TransferAnswer.Unknown("the connection broke"),
        _ => null,
    };

    /// <summary>A transfer, a reversal or a transaction on a customer's balance as JSON, or null.</summary>
    public static TransferSeen? Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TransferSeen? Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) return null;
        (string To, string Name, int Sign)? kind = Text(root, "object") switch
        {
            "transfer" => ("destination", "item", 1),
            "transfer_reversal" => ("transfer", "reversal", 1),
            "customer_balance_transaction" => ("customer", "item", -1),
            _ => null,
        };
        if (kind is not ({ } to, { } name, var sign) || Text(root, "id") is not { } id || Text(root, "currency") is not { } currency || Text(root, to) is not { } destination) return null;
        if (!root.TryGetProperty("amount", out var amount) || !amount.TryGetInt64(out var minor)) return null;
        var item = root.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object ? Text(metadata, name) : null;
        var reversed = root.TryGetProperty("amount_reversed", out var taken) && taken.TryGetInt64(out var back) ? back : 0;
        return new(id, checked(sign * minor), currency, destination, item, reversed);
    }

    private static TransferAnswer Refusal(StripeException exception)
    {
        var (status, error) = ((int)exception.HttpStatusCode, exception.StripeError);
        return (status, error.Code, error.Type) switch
        {
            ( >= 500, _, _) => new TransferAnswer.Broken(IsReplayed(exception.StripeResponse)),
            (409, _, _) => new TransferAnswer.KeyInUse(),
            (429, _, _) => new TransferAnswer.TooMany(),
            (401 or 403, _, _) => new TransferAnswer.AccessRefused(error.Code),
            (_, _, "idempotency_error") => new TransferAnswer.KeyMismatch(),
            (400 or 402, "balance_insufficient", _) => new TransferAnswer.FundsShort(),
            (400 or 402 or 404, _, _) => new TransferAnswer.Refused(error.Code ?? error.Type ?? "refused"),
            _ => new TransferAnswer.Unknown($"an answer {status}"),
        };
    }

    private static bool IsReplayed(StripeResponse? response) =>
        response?.Headers is { } headers && headers.TryGetValues("Idempotent-Replayed", out var values) && values.Contains("true");

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
