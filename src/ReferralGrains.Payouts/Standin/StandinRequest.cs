using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace ReferralGrains.Payouts.Standin;

/// <summary>A request as the stand-in took it in: whole, and not yet judged.</summary>
/// <param name="Path">From the version on: <c>/v1/transfers</c>, wherever the stand-in is mapped.</param>
/// <param name="Root">The address before that.</param>
/// <param name="Body">The exact bytes that were sent.</param>
/// <param name="Fields">Of the query and of a form, by the names as sent: <c>metadata[item]</c>.</param>
/// <param name="Json">The body of a v2 call.</param>
/// <param name="Account">The connected account that it speaks for, if not for the platform.</param>
public sealed record StandinRequest(
    string Method,
    string Path,
    string Root,
    byte[] Body,
    IReadOnlyDictionary<string, string> Fields,
    JsonObject? Json,
    string? ApiKey,
    string? IdempotencyKey,
    string? Account,
    string? ApiVersion)
{
    /// <summary>The parts of the path that the route names.</summary>
    public required Func<string, string> Segment { get; init; }

    public bool IsPost => Method == HttpMethods.Post;

    /// <summary>v2 takes JSON, forgets its keys later, and runs again what failed.</summary>
    public bool IsSecondVersion => Path.StartsWith("/v2/", StringComparison.Ordinal);

    public string? this[string name] => Fields.GetValueOrDefault(name);

    internal static async Task<StandinRequest> Read(HttpContext context)
    {
        var request = context.Request;
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted);
        var bytes = body.ToArray();
        var fields = request.Query.SelectMany(static pair => pair.Value.Select(value => (pair.Key, value))).ToList();
        JsonObject? json = null;
        if (bytes.Length > 0 && request.HasJsonContentType()) json = Parsed(bytes);
        else if (bytes.Length > 0)
        {
            body.Position = 0;
            using var form = new FormReader(body);
            fields.AddRange((await form.ReadFormAsync(context.RequestAborted)).SelectMany(static pair => pair.Value.Select(value => (pair.Key, value))));
        }

        var path = request.Path.Value!;
        var start = Math.Max(0, path.IndexOf("/v", StringComparison.Ordinal));
        return new(
            request.Method,
            path[start..],
            $"{request.Scheme}://{request.Host}{request.PathBase}{path[..start]}",
            bytes,
            fields.GroupBy(static field => field.Key, StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.Last().value!, StringComparer.Ordinal),
            json,
            Bearer(request.Headers.Authorization),
            Header(request, "Idempotency-Key"),
            Header(request, "Stripe-Account"),
            Header(request, "Stripe-Version"))
        {
            Segment = name => (string)context.Request.RouteValues[name]!,
        };
    }

    /// <summary>Stripe refuses a parameter that it does not know, so a misspelt one is found here too.</summary>
    public void Allow(params ReadOnlySpan<string> names)
    {
        foreach (var field in Fields.Keys)
        {
            var root = field.Split('[')[0];
            if (root != "expand" && !names.Contains(root)) throw StandinProblem.Invalid("parameter_unknown", $"Received unknown parameter: {root}", root);
        }
    }

    public string Required(string name) =>
        this[name] is { Length: > 0 } value ? value : throw StandinProblem.Invalid("parameter_missing", $"Missing required param: {name}.", name);

    public long? Whole(string name)
    {
        if (this[name] is not { } text) return null;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            throw StandinProblem.Invalid("parameter_invalid_integer", $"Invalid integer: {text}", name);
        return number;
    }

    /// <summary>An integer that may be left out, and is above zero where it is there.</summary>
    public long? Positive(string name) => Whole(name) is { } number and < 1
        ? throw StandinProblem.Invalid("parameter_invalid_integer", $"This value must be greater than or equal to 1 (it was {number}).", name)
        : Whole(name);

    /// <summary><c>metadata[a]=1</c> is a = 1. An empty value takes the name away.</summary>
    public JsonObject Map(string name, JsonObject? before = null)
    {
        var map = before?.DeepClone().AsObject() ?? [];
        var start = name + "[";
        foreach (var (field, value) in Fields)
        {
            if (!field.StartsWith(start, StringComparison.Ordinal)) continue;
            if (value.Length == 0) map.Remove(field[start.Length..^1]);
            else map[field[start.Length..^1]] = value;
        }

        return map;
    }

    private static JsonObject Parsed(byte[] bytes)
    {
        try
        {
            return JsonNode.Parse(bytes) as JsonObject ?? throw StandinProblem.Invalid("invalid_json", "The body is not a JSON object.", null);
        }
        catch (JsonException)
        {
            throw StandinProblem.Invalid("invalid_json", "The body is not JSON.", null);
        }
    }

    private static string? Header(HttpRequest request, string name) => request.Headers[name].FirstOrDefault();

    private static string? Bearer(string? authorization) =>
        authorization?.StartsWith("Bearer ", StringComparison.Ordinal) == true ? authorization["Bearer ".Length..] : null;
}
