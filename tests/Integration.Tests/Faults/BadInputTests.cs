using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>Bodies and ids that nobody should send.</summary>
[Collection(OneServer.Name)]
public sealed class BadInputTests(LivingServer server)
{
    private const string Good = """{"action_id":"bad","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"currency":"GBP"}""";

    public static TheoryData<string, string, int, string?> Bodies => new()
    {
        { "nothing", "", 400, null },
        { "no JSON", "hello", 400, null },
        { "an array", "[]", 400, null },
        { "null", "null", 400, null },
        { "something after it", Good + "{}", 400, null },
        { "no end", Good[..^1], 400, null },
        { "depth 10,000", With("\"metadata\":" + new string('[', 10_000) + new string(']', 10_000)), 400, "metadata" },
        { "depth 10,000 as a whole", new string('[', 10_000) + new string(']', 10_000), 400, null },
        { "a field twice", With("\"note\":\"a\",\"note\":\"b\""), 400, "note" },
        { "a field in metadata twice", With("\"metadata\":{\"a\":1,\"a\":2}"), 400, "metadata.a" },
        { "an unknown field", With("\"amount\":1"), 400, "amount" },
        { "NaN", Amount("NaN"), 400, "amount_minor" },
        { "1e400", Amount("1e400"), 400, "amount_minor" },
        { "2^63", Amount("9223372036854775808"), 400, "amount_minor" },
        { "2^63 − 1", Amount("9223372036854775807"), 400, "amount_minor" },
        { "−1", Amount("-1"), 400, "amount_minor" },
        { "−2^63", Amount("-9223372036854775808"), 400, "amount_minor" },
        { "a fraction", Amount("1.5"), 400, "amount_minor" },
        { "a text", Amount("\"1\""), 400, "amount_minor" },
        { "true", Amount("true"), 400, "amount_minor" },
        { "a refund of nothing", """{"action_id":"bad","program_id":"p","type":"refund","referee_id":"c","amount_minor":0,"refund_of":"x"}""", 400, "amount_minor" },
        { "an unknown currency", Good.Replace("GBP", "XXQ", StringComparison.Ordinal), 400, "currency" },
        { "an unknown type", Good.Replace("\"sale\"", "\"gift\"", StringComparison.Ordinal), 400, "type" },
        { "no id", Good.Replace("\"action_id\":\"bad\",", "", StringComparison.Ordinal), 400, "action_id" },
        { "a day that is not", With("\"occurred_at\":\"2026-02-30T00:00:00Z\""), 400, "occurred_at" },
        { "a time without an offset", With("\"occurred_at\":\"2026-02-03T00:00:00\""), 400, "occurred_at" },
        { "half a surrogate", With("\"note\":\"\\ud800\""), 400, "note" },
        { "NUL in a text", With("\"note\":\"a\\u0000b\""), 400, "note" },
    };

    public static TheoryData<string> Ids =>
    [
        "", ".", "..", "a b", "a`b", "a\0b", "a\nb", "\u202Eevil", "e\u0301", "\U0001F600", "ａ", new string('x', 201), new string('x', 10_000),
        "'; drop table grains.event; --", "<script>", "a\\b", "a\"b",
    ];

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_bad_body_is_refused_with_its_field_named(string what, string body, int status, string? param)
    {
        var answer = await server.Api.PostRaw("/v1/actions", body);
        Assert.True((status, param) == (answer.Status, answer.Param), $"{what}: {answer.Status} {answer.Body}");
        Assert.NotNull(answer.Code);
        Assert.NotNull((string?)answer.Json["request_id"]);
    }

    // Where the console's pages and files are served too.
    [Theory]
    [InlineData("GET", "/v1/redemptions", 405, "method_not_allowed")]
    [InlineData("GET", "/v1/actions:stream", 405, "method_not_allowed")]
    [InlineData("POST", "/v1/nothing", 404, "route_not_found")]
    [InlineData("GET", "/v1/nothing", 404, "route_not_found")]
    public async Task An_address_that_is_none_is_told_from_one_that_is_called_otherwise(string method, string path, int status, string code)
    {
        var answer = await server.Api.Send(new(method), path, null);
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal(200, (await server.Api.Get("/_content/ReferralGrains.Web/console.css")).Status);
    }

    [Theory]
    [InlineData("/v1/actions")]
    [InlineData("/v1/programs")]
    [InlineData("/v1/referrers")]
    [InlineData("/v1/referrals")]
    public async Task Bodies_of_10_MB_are_refused_without_being_kept(string path)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"id":"big","note":"{{new string('x', 10 * 1024 * 1024)}}"}""");
        await server.Api.PostRaw(path, body);
        var before = server.Process.ResidentBytes;
        foreach (var _ in Enumerable.Range(0, 5))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.Api.PostRaw(path, body)));
            Assert.All(answers, answer => Assert.Equal((413, "body_too_large"), (answer.Status, answer.Code)));
        }

        Assert.InRange(server.Process.ResidentBytes - before, long.MinValue, 100 * 1024 * 1024);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task An_id_that_is_not_allowed_is_refused_wherever_it_stands(string id)
    {
        foreach (var (path, field, body) in ((string, string, JsonObject)[])
                 [
                     ("/v1/programs", "id", new() { ["name"] = "n", ["currency"] = "GBP", ["time_zone"] = "UTC" }),
                     ("/v1/referrers", "id", []),
                     ("/v1/referrals", "program_id", new() { ["referee_id"] = "c", ["referrer_id"] = "r" }),
                     ("/v1/referrals", "referee_id", new() { ["program_id"] = "p", ["referrer_id"] = "r" }),
                     ("/v1/referrals", "referrer_id", new() { ["program_id"] = "p", ["referee_id"] = "c" }),
                     ("/v1/actions", "action_id", Action("action_id")),
                     ("/v1/actions", "program_id", Action("program_id")),
                     ("/v1/actions", "referee_id", Action("referee_id")),
                 ])
        {
            body[field] = id;
            var answer = await server.Api.PostRaw(path, body.ToJsonString());
            Assert.True((400, "invalid_id", field) == (answer.Status, answer.Code, answer.Param), $"{path} {field}: {answer.Status} {answer.Body}");
        }

        // In an address it is simply not there: not a bug, and not something else's.
        if (id is "" or "." or "..") return;
        var shown = await server.Api.Get($"/v1/referrers/{Uri.EscapeDataString(id)}");
        Assert.True(shown.Status is 404 or 400 or 414, $"{shown.Status} {shown.Body}");
    }

    [Theory]
    [InlineData("'; drop table grains.event; --")]
    [InlineData("Ωmega \u202E rtl e\u0301 \U0001F600 ' \" \\ $1 {0} %s <b>")]
    public async Task Free_text_is_stored_exactly(string text)
    {
        var shop = await server.OpenShop();
        var id = $"{shop.Program}-named";
        await server.Api.Ok("/v1/referrers", new { id, name = text, email = "someone+'--@example.com", tags = (string[])[text] });
        var shown = await server.Api.Ok($"/v1/referrers/{id}");
        Assert.Equal((text, text, "someone+'--@example.com"), ((string)shown["name"]!, (string)shown["tags"]![0]!, (string)shown["email"]!));

        var sale = JsonNode.Parse(shop.Sale(shop.Referees[0], 1_000).Json)!;
        (sale["note"], sale["metadata"], sale["product_ids"]) = (text, new JsonObject { ["key"] = text }, new JsonArray(text));
        var answer = await server.Api.PostRaw("/v1/actions", sale.ToJsonString());
        Assert.Equal("rewarded", (string?)answer.Json["status"]);
    }

    [Fact]
    public async Task Ids_with_separators_are_never_confused()
    {
        var shop = await server.OpenShop();
        string[] ids = ["a:b", "a-b", "a_b", "a.b", "a@b", "A:B", "a:", ":b", "a", "b", "...", "-", "_", "@"];
        foreach (var (id, i) in ids.Select((id, i) => (id, i)))
        {
            await server.Api.Ok("/v1/referrals", new { program_id = shop.Program, referee_id = id, referrer_id = shop.Referrers[0], approved_at = "2026-01-01T00:00:00Z" });
            var answer = await server.Api.PostRaw("/v1/actions", shop.Sale(id, 1_000 + i, $"{shop.Program}-{id}").Json);
            Assert.Equal(("rewarded", null), ((string?)answer.Json["status"], (bool?)answer.Json["duplicate"]));
        }

        Assert.Equal(new Earned(ids.Select((_, i) => EffectOracle.Share(1_000 + i, 1, 10)).Sum(), 0), (await shop.Balances(server.Api))[shop.Referrers[0]]);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET /v1/referrers/\0 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST /v1/actions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v1/actions HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("rubbish\r\n\r\n")]
    public async Task Malformed_HTTP_does_no_harm(string request)
    {
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Process.Address.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        socket.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync();
        Assert.DoesNotContain(" 200 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(" 500 ", answer, StringComparison.Ordinal);
        Assert.Equal(200, (await server.Api.Get("/health/ready")).Status);
    }

    private static JsonObject Action(string without)
    {
        var action = JsonNode.Parse(Good)!.AsObject();
        action.Remove(without);
        return action;
    }

    private static string With(string field) => Good[..^1] + "," + field + "}";

    private static string Amount(string value) => Good.Replace("\"amount_minor\":100", "\"amount_minor\":" + value, StringComparison.Ordinal);
}
