using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Integration.Tests.Gateway.World;

namespace ReferralGrains.Integration.Tests.Gateway;

/// <summary>Holds the description and the parser together: what the one allows the other takes, and nothing else.</summary>
public sealed class BoundsTests : IAsyncLifetime
{
    // Fields that no single example can have beside each other.
    private static readonly string[] OtherRules =
    [
        """{"id":"fixed","trigger":"recurring_action","reward":{"kind":"coupon","type":"fixed","amount_minor":500,"item":"mug"}}""",
        """{"id":"points","trigger":"recurring_action","reward":{"kind":"points","type":"per_amount","points":1,"per_minor":10000000000000}}""",
        """{"id":"counted","trigger":"tier_reached","acknowledge_warnings":true,"reward":{"kind":"cash"},"tiers":[{"by":"count","min":0,"max":1000000000000000,"amount_minor":5}]}""",
        """{"id":"valued","trigger":"recurring_action","acknowledge_warnings":true,"reward":{"kind":"cash"},"tiers":[{"by":"value","min_minor":0,"max_minor":1000000000000000,"basis_points":5}]}""",
        """{"id":"monthly","trigger":"interval","every_months":1,"times":3,"reward":{"kind":"cash","type":"fixed","amount_minor":500}}""",
        """{"id":"three","trigger":"every_n_referrals","n":3,"reward":{"kind":"cash","type":"fixed","amount_minor":500}}""",
        """{"id":"stepping","trigger":"recurring_action","reward":{"kind":"cash"},"steps":[{"until_count":3,"basis_points":4000},{"basis_points":2000}],"exclusive":{"group":"rate","priority":1}}""",
    ];

    private readonly Dictionary<string, string> addresses = [];
    private GatewayHost host = null!;
    private JsonNode document = null!;
    private string link = "";

    public async ValueTask InitializeAsync()
    {
        host = await GatewayHost.Start(configure: options => options.SourceSecrets = SourceSecrets.Parse("""{"default":{"stripe_live":["whsec_of_the_test"]}}"""));
        document = JsonNode.Parse((await host.Ok("GET", "/openapi/v1.json")).GetRawText())!;
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Every_body_has_an_example_that_is_accepted()
    {
        foreach (var (method, path, body) in await Bodies())
        {
            Assert.True(body is not null, $"{method} {path} has no example");
            var (status, answer) = await host.Send(method, addresses[path], body.ToJsonString(), KeyOf(path));
            var known = (string?)JsonNode.Parse(answer.GetRawText())?["code"] is "not_a_sandbox" or "balance_insufficient" or "reward_not_pending" or "referral_not_pending"
                or "payout_hash_differs" or "payout_wrong_state" or "stripe_unavailable" or "payout_item_not_found" or "source_not_found" or "source_event_not_found";
            Assert.True(status < 300 || known, $"{method} {path}: {status} {answer}");
        }
    }

    [Fact]
    public async Task What_the_description_allows_is_taken_and_nothing_else()
    {
        var faults = new List<string>();
        foreach (var (method, path, body) in await Bodies())
        {
            var schema = document["paths"]![path]![method.ToLowerInvariant()]!["requestBody"]!["content"]!["application/json"]!["schema"]!;
            foreach (var example in path.EndsWith("/rules", StringComparison.Ordinal) ? [body!, .. OtherRules.Select(rule => JsonNode.Parse(rule)!)] : new[] { body! })
                foreach (var (at, value, fits) in Variations(Resolved(schema), example.AsObject(), ""))
                    if (await Fault(method, path, With(example, at, value), at, fits) is { } fault) faults.Add($"{method} {path} {at} = {Short(value)}: {fault}");
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void X7_the_pattern_of_an_id_is_what_an_id_is()
    {
        for (var c = '\0'; c < 256; c++) Assert.Equal(CallerId.IsValid($"x{c}"), Regex.IsMatch($"x{c}", FormAttribute.Id.Replace("$", @"\z", StringComparison.Ordinal)));
    }

    private async Task<string?> Fault(string method, string path, JsonNode body, string at, bool fits)
    {
        var (status, answer) = await host.Send(method, addresses[path], body.ToJsonString(), KeyOf(path));
        var (code, param) = status < 300 ? (null, null) : (answer.GetProperty("code").GetString(), answer.TryGetProperty("param", out var named) ? named.GetString() : null);
        var refused = param == at || (at.EndsWith("[0]", StringComparison.Ordinal) && param == at[..^3]);
        if (!fits) return refused || code == "invalid_rule" ? null : $"is let in: {status} {code} {param}";
        return refused && code is "invalid_field" or "invalid_id" or "invalid_json" ? $"is refused: {answer}" : null;
    }

    private string KeyOf(string path) => path is "/v1/portal" || path.StartsWith("/v1/portal/", StringComparison.Ordinal) ? link : GatewayHost.AdminKey;

    /// <summary>Each field of the example at both ends of its bounds and beyond them.</summary>
    private IEnumerable<(string At, JsonNode? Value, bool Fits)> Variations(JsonNode schema, JsonObject example, string path)
    {
        foreach (var (name, described) in schema["properties"]!.AsObject())
        {
            var (at, field) = (path + name, Resolved(described!));
            if (example[name] is JsonObject inner && field["properties"] is not null)
            {
                foreach (var variation in Variations(field, inner, at + ".")) yield return variation;
            }
            else if (example[name] is JsonArray { Count: > 0 } items && items[0] is JsonObject first)
            {
                yield return (at, new JsonArray([.. Enumerable.Repeat(first, (int)field["maxItems"]! + 1).Select(item => item.DeepClone())]), false);
                foreach (var variation in Variations(Resolved(field["items"]!), first, at + "[0].")) yield return variation;
            }
            else
            {
                var values = Values(field).ToList();
                foreach (var (value, fits) in values) if (!fits || example.ContainsKey(name)) yield return (at, value, fits);
                if (field["items"] is { } item && Resolved(item) is var text && (string?)text["type"] == "string")
                    foreach (var (value, fits) in Values(text)) yield return (fits ? at : at + "[0]", new JsonArray(value), fits);
            }
        }
    }

    private static IEnumerable<(JsonNode? Value, bool Fits)> Values(JsonNode schema)
    {
        var types = schema["type"] switch { JsonArray several => several.Select(type => (string)type!).ToHashSet(), { } one => [(string)one!], null => [] };
        if (types.Contains("boolean")) yield return ("yes", false);
        if (types.Contains("integer"))
        {
            var (min, max) = ((long?)schema["minimum"], (long?)schema["maximum"]);
            if (min is not null && max is not null)
                foreach (var (value, fits) in new[] { (min, true), (max, true), (min - 1, false), (max + 1, false) }) yield return (value, fits);
            yield return ("1", false);
        }

        if (!types.Contains("string") && !types.Contains("array") && !types.Contains("object")) yield break;
        if (schema["enum"] is JsonArray words)
        {
            foreach (var word in words.Where(word => word is not null)) yield return (word!.DeepClone(), true);
            yield return ("no such word", false);
        }

        if (schema["pattern"] is not null || (string?)schema["format"] == "date-time") yield return (" ", false);
        if ((int?)schema["maxLength"] is { } length)
        {
            yield return ("a@" + new string('x', length - 2), true);
            yield return ("a@" + new string('x', length - 1), false);
        }

        if ((int?)schema["maxItems"] is { } items && (string?)schema["items"]?["type"] == "string")
            foreach (var count in new[] { items, items + 1 }) yield return (new JsonArray([.. Enumerable.Range(0, count).Select(i => (JsonNode)$"i{i}")]), count == items);
        if ((int?)schema["maxProperties"] is { } members)
            foreach (var count in new[] { members, members + 1 }) yield return (new JsonObject(Enumerable.Range(0, count).Select(i => KeyValuePair.Create($"k{i}", (JsonNode?)i))), count == members);
        if (types.Contains("string") && schema["enum"] is null && schema["pattern"] is null && schema["format"] is null && schema["maxLength"] is null)
            yield return (new string('x', 100_000), false);
    }

    private static JsonNode With(JsonNode body, string at, JsonNode? value)
    {
        var copy = body.DeepClone();
        var (node, parts) = (copy, at.EndsWith("[0]", StringComparison.Ordinal) ? at[..^3].Split('.') : at.Split('.'));
        foreach (var part in parts[..^1]) node = part.EndsWith("[0]", StringComparison.Ordinal) ? node![part[..^3]]![0]! : node![part]!;
        node![parts[^1]] = value?.DeepClone();
        return copy;
    }

    // The examples in the order of the routes, which is that of a first day.
    private async Task<List<(string Method, string Path, JsonNode? Body)>> Bodies()
    {
        await host.Ok("POST", "/v1/programs", Example("/v1/programs")!.ToJsonString());
        await host.Ok("POST", "/v1/programs/friends/rules", Example("/v1/programs/{id}/rules")!.ToJsonString());
        var code = (await host.Ok("POST", "/v1/referrers", Example("/v1/referrers")!.ToJsonString())).GetProperty("code").GetString()!;
        await host.Ok("POST", "/v1/referrals", Example("/v1/referrals")!.ToJsonString());
        await host.Ok("POST", "/v1/actions", Example("/v1/actions")!.ToJsonString());
        var endpoint = (await host.Ok("POST", "/v1/webhook_endpoints", Example("/v1/webhook_endpoints")!.ToJsonString())).GetProperty("id").GetString()!;
        var referral = await host.Ok("GET", "/v1/referrals/friends/cus_1");
        host.Grains.Payouts.AddBatch("outside", "item_1", new("auth0|rita"));
        link = await host.LinkFor("auth0|rita");
        var ids = new Dictionary<string, string>
        {
            ["programs"] = "friends",
            ["payout_batches"] = "outside",
            ["rules"] = "classic10",
            ["flags"] = "flag_1_2",
            ["webhook_endpoints"] = endpoint,
            ["referrers"] = Uri.EscapeDataString("auth0|rita"),
            ["enrollments"] = referral.GetProperty("enrollments")[0].GetProperty("id").GetString()!,
            ["rewards"] = referral.GetProperty("rewards")[0].GetProperty("id").GetString()!,
        };
        var bodies = new List<(string, string, JsonNode?)>();
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            var address = path.Replace("{program}", "friends", StringComparison.Ordinal).Replace("{referee}", "cus_1", StringComparison.Ordinal).Replace("{rule}", "classic10", StringComparison.Ordinal).Replace("{item}", "item_1", StringComparison.Ordinal);
            addresses[path] = address.Replace("{id}", ids.GetValueOrDefault(path.Split('/').ElementAtOrDefault(2) ?? "", "x"), StringComparison.Ordinal);
            foreach (var (method, operation) in operations!.AsObject())
            {
                // What ends a thing comes nowhere near the others.
                if (operation!["requestBody"]?["content"]?["application/json"] is null || path.EndsWith("/cancel", StringComparison.Ordinal) || path.EndsWith("/close", StringComparison.Ordinal) || method == "delete") continue;
                var example = Example(path, method);
                if (path == "/v1/redemptions") example!["code"] = code;
                bodies.Add((method.ToUpperInvariant(), path, example));
            }
        }

        return bodies;
    }

    private JsonNode? Example(string path, string method = "post") =>
        document["paths"]![path]![method]!["requestBody"]!["content"]!["application/json"]!["example"]?.DeepClone();

    private JsonNode Resolved(JsonNode schema)
    {
        if (schema["oneOf"] is JsonArray choices) schema = choices.First(choice => (string?)choice!["type"] != "null")!;
        return schema["$ref"] is { } reference ? document["components"]!["schemas"]![((string)reference!).Split('/')[^1]]! : schema;
    }

    private static string Short(JsonNode? value) => value?.ToJsonString() is { } text ? text[..Math.Min(60, text.Length)] : "null";
}
