using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Integration.Tests.Gateway.World;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class DescriptionTests(SharedGateway gateway) : IClassFixture<SharedGateway>, IAsyncLifetime
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly GatewayHost host = gateway.Host;
    private JsonElement document;

    public async ValueTask InitializeAsync() => document = await host.Ok("GET", "/openapi/v1.json");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void Every_route_is_described_with_its_role()
    {
        foreach (var endpoint in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not null) continue;
            var operation = document.GetProperty("paths").GetProperty(endpoint.RoutePattern.RawText!)
                .GetProperty(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0].ToLowerInvariant());
            Assert.Equal(Roles.RoleOf(endpoint.Metadata), operation.GetProperty("x-role").GetString());
            Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
            Assert.True(operation.GetProperty("responses").TryGetProperty("default", out _));
        }
    }

    [Fact]
    public void Every_operation_has_a_name_of_its_own_and_says_how_it_may_fail()
    {
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(method => method.Value).ToList();
        var names = operations.Select(operation => operation.GetProperty("operationId").GetString()!).ToList();
        Assert.Equal(names.Count, names.Distinct(StringComparer.Ordinal).Count());
        Assert.All(names, name => Assert.Matches("^[a-z]+([A-Z][a-z0-9]*)*$", name));
        Assert.All(operations, operation => Assert.Contains(operation.GetProperty("responses").EnumerateObject(), answer => answer.Name.StartsWith('4')));
        Assert.All(operations, operation => Assert.True(operation.TryGetProperty("security", out _)));
        Assert.All(document.GetProperty("tags").EnumerateArray(), tag => Assert.NotEmpty(tag.GetProperty("description").GetString()!));
    }

    [Fact]
    public void It_is_checked_in_as_it_is_for_the_clients_are_written_from_it()
    {
        var path = Path.Combine(Checkout.Folder, "docs", "openapi.json");
        var expected = JsonSerializer.Serialize(document, Indented) + "\n";
        if (Environment.GetEnvironmentVariable("GRAINS_WRITE") == "1") File.WriteAllText(path, expected);
        Assert.True(File.ReadAllText(path) == expected, "docs/openapi.json is not what the server says: GRAINS_WRITE=1 ./grains test --filter DescriptionTests writes it anew; then the clients with --filter ClientsAreCurrent.");
    }

    [Fact]
    public void Nothing_cites_what_a_caller_does_not_have() => Assert.DoesNotMatch(@"\([VSRHGDX]\d", document.GetRawText());

    [Fact]
    public void Whole_numbers_are_integers_and_nothing_else()
    {
        var amount = Schema("NewReferral").GetProperty("properties").GetProperty("conversion_value_minor");
        Assert.Equal("""["null","integer"]""", amount.GetProperty("type").GetRawText().Replace(" ", "", StringComparison.Ordinal).ReplaceLineEndings(""));
        Assert.Equal("integer", Schema("BalanceLine").GetProperty("properties").GetProperty("payable_minor").GetProperty("type").GetString());
        Assert.DoesNotContain("\"pattern\": \"^-?", document.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_are_as_they_are_described()
    {
        await Fits("POST", "/v1/actions", """{"action_id":"a1","program_id":"p","type":"sale","referee_id":"cus_1","amount_minor":1000,"occurred_at":"2026-01-05T00:00:00Z","note":"n","metadata":{"k":1} }""");
        await Fits("POST", "/v1/actions", """{"action_id":"a2","program_id":"p","type":"refund","refund_of":"a1","referee_id":"cus_1","amount_minor":100}""");
        await Fits("POST", "/v1/actions", """{"action_id":"a3","program_id":"p","type":"sale","referee_id":"nobody"}""");
        await host.Send("POST", "/v1/actions", """{"action_id":"a3","program_id":"p","type":"sale","referee_id":"nobody","amount_minor":1}""");
        var referral = await Fits("GET", "/v1/referrals/{program}/{referee}", null, "/v1/referrals/p/cus_1");
        var enrollment = referral.GetProperty("enrollments")[0].GetProperty("id").GetString();
        var reward = referral.GetProperty("rewards")[0].GetProperty("id").GetString();
        await Fits("GET", "/v1/actions/{id}", null, "/v1/actions/a1");
        await Fits("GET", "/v1/actions/{id}", null, "/v1/actions/a3");
        await Fits("GET", "/v1/programs/{id}", null, "/v1/programs/p");
        await Fits("GET", "/v1/referrers/{id}", null, "/v1/referrers/rita");
        await Fits("GET", "/v1/referrers/{id}/balance", null, "/v1/referrers/rita/balance");
        await Fits("GET", "/v1/referrers/{id}/rewards", null, "/v1/referrers/rita/rewards");
        await Fits("GET", "/v1/referrers/{id}/statement", null, "/v1/referrers/rita/statement?from=2026-01-01T00:00:00Z");
        await Fits("GET", "/v1/referrers/{id}/activity", null, "/v1/referrers/rita/activity");
        await Fits("POST", "/v1/referrers/{id}/entries", """{"entry_id":"e1","asset":"credit:GBP","amount_minor":500,"reason":"bonus"}""", "/v1/referrers/rita/entries");
        await Fits("GET", "/v1/referrers/{id}/entries", null, "/v1/referrers/rita/entries");
        await Fits("POST", "/v1/referrers/{id}/spends", """{"spend_id":"s1","asset":"credit:GBP","amount_minor":200}""", "/v1/referrers/rita/spends");
        await Fits("GET", "/v1/referrers/{id}/spends", null, "/v1/referrers/rita/spends");
        await Fits("PATCH", "/v1/enrollments/{id}", """{"reason":"r","limits":{"max_count":2} }""", $"/v1/enrollments/{enrollment}");
        await Fits("GET", "/v1/enrollments/{id}/activity", null, $"/v1/enrollments/{enrollment}/activity");
        await Fits("GET", "/v1/rewards/{id}", null, $"/v1/rewards/{reward}");
        await Fits("POST", "/v1/rewards/{id}/release", null, $"/v1/rewards/{reward}/release");
        await Fits("PUT", "/v1/payout_terms", """{"minimums":[{"currency":"GBP","amount_minor":2500}],"schedule":{"every":"week","day":7},"time_zone":"Europe/London"}""");
        await Fits("GET", "/v1/payout_terms");
        await Fits("POST", "/v1/payout_batches", """{"id":"po"}""");
        await Fits("POST", "/v1/payout_batches", null, "/v1/payout_batches?dry_run=true");
        host.Grains.Payouts.AddBatch("outside", "item_1", new("rita"));
        await Fits("GET", "/v1/payout_batches");
        await Fits("GET", "/v1/payout_batches/{id}", null, "/v1/payout_batches/outside");
        await Fits("POST", "/v1/payout_batches/{id}/items/{item}/confirm_paid", """{"reference":"r"}""", "/v1/payout_batches/outside/items/item_1/confirm_paid");
        await Fits("POST", "/v1/payout_batches/{id}/cancel", null, "/v1/payout_batches/po/cancel");
        await Fits("POST", "/v1/referrers/{id}/onboarding_link", """{"return_url":"https://x.test"}""", "/v1/referrers/rita/onboarding_link");
        await Fits("GET", "/v1/referrers/{id}/payout_account", null, "/v1/referrers/rita/payout_account");
        await Fits("POST", "/v1/referrers/{id}/credit_account", null, "/v1/referrers/rita/credit_account");
        await Fits("PUT", "/v1/referrers/{id}/credit_account", """{"stripe_customer_id":"cus_2"}""", "/v1/referrers/rita/credit_account");
        await Fits("GET", "/v1/referrers/{id}/credit_account", null, "/v1/referrers/rita/credit_account");
        await Fits("GET", "/v1/session");
        await Fits("GET", "/v1/overview");
        await Fits("GET", "/v1/ledger/trial_balance");
        await Fits("GET", "/v1/ledger/postings");
        await Fits("POST", "/v1/ledger/check");
        await Fits("POST", "/v1/api_keys", """{"role":"read"}""");

        foreach (var line in await host.Stream("/v1/actions:stream", """{"action_id":"a1","program_id":"p","type":"sale","referee_id":"cus_1"}""" + "\nx"))
            Conforms(line, Schema("OutcomeLineBody"), "line");
        foreach (var line in await host.Stream("/v1/referrals:batch", """{"program_id":"p","referee_id":"cus_1","referrer_id":"rita"}""" + "\nx"))
            Conforms(line, Schema("ReferralLineAnswer"), "line");
        Conforms((await host.Send("GET", "/v1/rewards/x")).Body, Schema("Problem"), "problem");
    }

    private async Task<JsonElement> Fits(string method, string pattern, string? body = null, string? path = null)
    {
        var (status, answer) = await host.Send(method, path ?? pattern, body);
        var operation = document.GetProperty("paths").GetProperty(pattern).GetProperty(method.ToLowerInvariant());
        Assert.True(operation.GetProperty("responses").TryGetProperty($"{status}", out var response), $"{method} {pattern}: {status} {answer}");
        Conforms(answer, response.GetProperty("content").GetProperty("application/json").GetProperty("schema"), pattern);
        return answer;
    }

    // As much of JSON Schema as the description uses; a member that it does not name fails.
    private void Conforms(JsonElement value, JsonElement schema, string at)
    {
        if (schema.TryGetProperty("$ref", out var reference)) schema = Schema(reference.GetString()!.Split('/')[^1]);
        if (schema.TryGetProperty("oneOf", out var choices))
        {
            if (value.ValueKind == JsonValueKind.Null) return;
            schema = choices.EnumerateArray().First(choice => !choice.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String || type.GetString() != "null");
            Conforms(value, schema, at);
            return;
        }

        if (!schema.TryGetProperty("type", out var types)) return;
        var kinds = types.ValueKind == JsonValueKind.Array ? types.EnumerateArray().Select(type => type.GetString()).ToList() : [types.GetString()];
        Assert.True(kinds.Contains(KindOf(value)), $"{at} is {value.ValueKind}, described as {types}");
        if (value.ValueKind == JsonValueKind.Array)
            foreach (var item in value.EnumerateArray()) Conforms(item, schema.GetProperty("items"), at + "[]");
        if (value.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("properties", out var properties)) return;
        foreach (var member in value.EnumerateObject())
        {
            Assert.True(properties.TryGetProperty(member.Name, out var described), $"{at}.{member.Name} is not described");
            Conforms(member.Value, described, $"{at}.{member.Name}");
        }

        if (schema.TryGetProperty("required", out var required))
            foreach (var name in required.EnumerateArray()) Assert.True(value.TryGetProperty(name.GetString()!, out _), $"{at}.{name} is missing");
    }

    private JsonElement Schema(string name) => document.GetProperty("components").GetProperty("schemas").GetProperty(name);

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "integer",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => "null",
    };
}
