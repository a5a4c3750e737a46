using System.Text.Json;
using ReferralGrains.Integration.Tests.Gateway.World;

namespace ReferralGrains.Integration.Tests.Gateway;

/// <summary>Tables of cases that leave one another alone, so that one host does for all.</summary>
public sealed class EndpointTableTests(SharedGateway gateway) : IClassFixture<SharedGateway>
{
    private readonly GatewayHost host = gateway.Host;

    [Theory]
    [InlineData("/v1/tenants", """{"id":"there","sandbox":true}""", """{"id":"there"}""")]
    [InlineData("/v1/programs", """{"id":"there","name":"N","currency":"JPY","time_zone":"Asia/Tokyo"}""", """{"id":"there","name":"N","currency":"USD","time_zone":"Asia/Tokyo"}""")]
    [InlineData("/v1/referrers", """{"id":"there","name":"N"}""", """{"id":"there","name":"M"}""")]
    [InlineData("/v1/referrals", """{"program_id":"p","referee_id":"there","referrer_id":"rita","conversion_value_minor":5}""", """{"program_id":"p","referee_id":"there","referrer_id":"rita","conversion_value_minor":6}""")]
    public async Task What_exists_is_a_duplicate_with_the_same_content_and_a_conflict_with_other(string path, string content, string other)
    {
        var (first, made) = await host.Send("POST", path, content);
        var (second, again) = await host.Send("POST", path, content);
        var (third, conflict) = await host.Send("POST", path, other);

        Assert.Equal((201, 200, 409), (first, second, third));
        Assert.False(made.TryGetProperty("duplicate", out _));
        Assert.True(again.GetProperty("duplicate").GetBoolean());
        Assert.Equal(made.ToString(), again.ToString().Replace(",\"duplicate\":true", "", StringComparison.Ordinal));
        Assert.Equal("conflict", Text(conflict, "code"));
    }

    [Theory]
    [InlineData("auth0|abc")]
    [InlineData("jane+x@y.z")]
    [InlineData("#1001")]
    [InlineData("gid://shopify/Order/1")]
    [InlineData("a/b")]
    [InlineData("c%2Fb")]
    [InlineData("d%252Fb")]
    [InlineData("/../x?y=%zz&;{}[]()*,!$^~=")]
    public async Task X7_an_id_is_found_under_its_encoded_self(string id)
    {
        var (json, path) = (JsonSerializer.Serialize(id), Uri.EscapeDataString(id));
        await host.Ok("POST", "/v1/programs", $$"""{"id":{{json}},"name":"N","currency":"GBP","time_zone":"UTC"}""");
        await host.Ok("POST", $"/v1/programs/{path}/rules", $$"""{"id":{{json}},"trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":5} }""");
        await host.Ok("POST", $"/v1/rules/{path}/disable");
        await host.Ok("POST", $"/v1/rules/{path}/enable");
        await host.Ok("POST", "/v1/referrers", $$"""{"id":{{json}} }""");
        await host.Ok("POST", "/v1/referrals", $$"""{"program_id":{{json}},"referee_id":{{json}},"referrer_id":{{json}} }""");
        await host.Ok("POST", "/v1/actions", $$"""{"action_id":{{json}},"program_id":{{json}},"type":"sale","referee_id":{{json}},"amount_minor":100}""");
        Assert.Equal(id, Text(await host.Ok("GET", $"/v1/actions/{path}"), "action_id"));
        Assert.Equal(id, Text(await host.Ok("GET", $"/v1/referrals/{path}/{path}"), "referrer_id"));
        Assert.Equal(id, Text(await host.Ok("GET", $"/v1/referrers/{path}/balance?"), "referrer_id"));
        Assert.Equal(404, (await host.Send("GET", $"/v1/referrers/{Uri.EscapeDataString(path)}")).Status);
        Assert.Equal(404, (await host.Send("GET", $"/v1/referrers/{path}x")).Status);
    }

    [Theory]
    [InlineData("https://shop.example", "https://shop.example")]
    [InlineData("https://other.example", null)]
    public async Task A_page_of_another_origin_may_call_only_where_that_was_allowed(string origin, string? allowed)
    {
        await using var open = await GatewayHost.Start(configure: options => options.CorsOrigins = ["https://shop.example"]);
        foreach (var (at, expected) in new[] { (open, allowed), (host, null) })
        {
            using var asks = new HttpRequestMessage(HttpMethod.Options, "/v1/actions") { Headers = { { "Origin", origin }, { "Access-Control-Request-Method", "POST" } } };
            using var answer = await at.Client.SendAsync(asks);
            Assert.Equal(expected, answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var named) ? named.Single() : null);
        }
    }

    [Fact]
    public async Task The_page_of_the_api_is_served_from_here_and_asks_nobody_else()
    {
        var page = await host.Client.GetStringAsync("/docs/");
        Assert.Contains("openapi/v1.json", page, StringComparison.Ordinal);
        Assert.DoesNotContain("//", page.Replace("http://www.w3.org", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True((await host.Client.GetByteArrayAsync("/docs/scalar.js")).Length > 100_000);
    }

    [Fact]
    public async Task X7_an_address_names_what_was_made_there()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/referrers") { Content = new StringContent("""{"id":"a/b%2F"}""") };
        request.Headers.Authorization = new("Bearer", GatewayHost.AdminKey);
        using var answer = await host.Client.SendAsync(request);
        Assert.Equal("/v1/referrers/a%2Fb%252F", answer.Headers.Location!.OriginalString);
        Assert.Equal("a/b%2F", Text(await host.Ok("GET", answer.Headers.Location.OriginalString), "id"));
    }

    [Theory]
    [InlineData("fixed\",\"amount_minor\":500", "\"max_count\":12", "{}", true)]
    [InlineData("fixed\",\"amount_minor\":500", "\"max_count\":12", "{\"min_amount_exclusive_minor\":0}", false)]
    [InlineData("fixed\",\"amount_minor\":500", "\"max_amount_minor\":12", "{}", false)]
    [InlineData("percent\",\"basis_points\":500", "\"max_count\":12", "{}", false)]
    public async Task A_publisher_is_told_that_a_free_trial_would_spend_a_count(string reward, string limits, string conditions, bool told)
    {
        var rule = await host.Ok("POST", "/v1/programs/p/rules", $$"""{"trigger":"recurring_action","reward":{"kind":"cash","type":"{{reward}}},"limits":{ {{limits}} },"conditions":{{conditions}} }""");
        Assert.Equal(told, rule.TryGetProperty("warnings", out var warnings) && warnings[0].GetString()!.Contains("min_amount_exclusive_minor: 0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("tom", null, "same_id")]
    [InlineData("toms", "TOM@Example.com", "same_email")]
    [InlineData("new", "new@example.com", null)]
    public async Task D16_a_self_referral_is_flagged_in_the_answer_and_on_the_referral(string referee, string? email, string? reason)
    {
        await host.Ok("POST", "/v1/referrers", """{"id":"tom","email":"tom@example.com"}""");
        var code = Text(await host.Ok("GET", "/v1/referrers/tom"), "code");
        var mail = email is null ? "null" : $"\"{email}\"";
        var redeemed = await host.Ok("POST", "/v1/redemptions", $$"""{"program_id":"p","code":" {{code.ToLowerInvariant()}} ","referee_id":"{{referee}}","referee_email":{{mail}}}""");
        foreach (var answer in new[] { redeemed, await host.Ok("GET", $"/v1/referrals/p/{referee}") })
            Assert.Equal(reason is null ? Array.Empty<string>() : [reason], answer.GetProperty("flags").EnumerateArray().Select(flag => Text(flag, "reason")));
    }

    [Theory]
    [InlineData("/v1/programs", """{"id":"n:1","name":"N","currency":"JPY","time_zone":"UTC"}""", "/v1/programs/n%3A1")]
    [InlineData("/v1/programs/p/rules", """{"id":"n","trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":5}}""", "/v1/rules/n")]
    [InlineData("/v1/referrers", """{"id":"n"}""", "/v1/referrers/n")]
    [InlineData("/v1/referrals", """{"program_id":"p","referee_id":"n","referrer_id":"rita"}""", "/v1/referrals/p/n")]
    [InlineData("/v1/tenants", """{"id":"n"}""", "/v1/tenants/n")]
    public async Task What_is_made_says_where_it_is_once(string path, string body, string location)
    {
        foreach (var expected in new[] { location, null })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) };
            request.Headers.Authorization = new("Bearer", GatewayHost.AdminKey);
            using var answer = await host.Client.SendAsync(request);
            Assert.Equal(expected, answer.Headers.Location?.OriginalString);
        }
    }

    [Theory]
    [InlineData("/v1/programs/p", 200)]
    [InlineData("/v1/programs/none", 404)]
    [InlineData("/health/ready", 200)]
    [InlineData("/v1/nothing", 404)]
    public async Task HEAD_is_GET_without_its_body_and_every_answer_has_its_request_id(string path, int status)
    {
        var ids = new List<string>();
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Authorization = new("Bearer", GatewayHost.AdminKey);
            using var answer = await host.Client.SendAsync(request);
            Assert.Equal((status, method == HttpMethod.Head), ((int)answer.StatusCode, (await answer.Content.ReadAsStringAsync()).Length == 0));
            ids.Add(Assert.Single(answer.Headers.GetValues("Request-Id")));
        }

        Assert.NotEqual(ids[0], ids[1]);
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
