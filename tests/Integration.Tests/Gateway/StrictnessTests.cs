using System.Text.Json;
using ReferralGrains.Integration.Tests.Gateway.World;

namespace ReferralGrains.Integration.Tests.Gateway;

/// <summary>What is refused leaves nothing behind, so one host does for all.</summary>
public sealed class StrictnessTests(SharedGateway gateway) : IClassFixture<SharedGateway>
{
    private const string Sale = """ "action_id":"a","program_id":"p","type":"sale","referee_id":"cus_1" """;

    private readonly GatewayHost host = gateway.Host;

    [Theory]
    [InlineData("""{$,"amount_minor":"1"}""", "invalid_field", "amount_minor")]
    [InlineData("""{$,"amount_minor":1.0}""", "invalid_field", "amount_minor")]
    [InlineData("""{$,"amount_minor":1e3}""", "invalid_field", "amount_minor")]
    [InlineData("""{$,"amount_minor":1e400}""", "invalid_field", "amount_minor")]
    [InlineData("""{$,"amount_minor":9223372036854775808}""", "invalid_field", "amount_minor")]
    [InlineData("""{$,"amount_minor":1000000000000001}""", "invalid_field", "amount_minor")]
    [InlineData("""{$,"amount_minor":-1}""", "invalid_field", "amount_minor")]
    [InlineData("""{$,"amount_minor":NaN}""", "invalid_json", "amount_minor")]
    [InlineData("""{$,"amount_minor":true}""", "invalid_field", "amount_minor")]
    [InlineData("""{$,"amount_minor":1,"amount_minor":1}""", "duplicate_field", "amount_minor")]
    [InlineData("""{$,"amount":1}""", "unknown_field", "amount")]
    [InlineData("""{$,"Amount_minor":1}""", "unknown_field", "Amount_minor")]
    [InlineData("""{$,"currency":"GBX"}""", "invalid_field", "currency")]
    [InlineData("""{$,"currency":"gbx"}""", "invalid_field", "currency")]
    [InlineData("""{$,"currency":"\u0131sk"}""", "invalid_field", "currency")]
    [InlineData("""{$,"product_ids":[null]}""", "invalid_field", "product_ids")]
    [InlineData("""{$,"currency":826}""", "invalid_field", "currency")]
    [InlineData("""{$,"occurred_at":"2026-01-05"}""", "invalid_field", "occurred_at")]
    [InlineData("""{$,"occurred_at":"2026-01-05T10:00:00"}""", "invalid_field", "occurred_at")]
    [InlineData("""{$,"occurred_at":"2026-02-29T10:00:00Z"}""", "invalid_field", "occurred_at")]
    [InlineData("""{$,"occurred_at":"0001-01-01T00:00:00+01:00"}""", "invalid_field", "occurred_at")]
    [InlineData("""{$,"occurred_at":"0001-01-01T00:00:00-05:00"}""", "invalid_field", "occurred_at")]
    [InlineData("""{$,"occurred_at":1767225600}""", "invalid_field", "occurred_at")]
    [InlineData("""{$,"refund_of":"b"}""", "invalid_field", "refund_of")]
    [InlineData("""{$,"chargeback_of":"b"}""", "invalid_field", "chargeback_of")]
    [InlineData("""{$,"product_ids":"x"}""", "invalid_field", "product_ids")]
    [InlineData("""{$,"product_ids":["x",1]}""", "invalid_field", "product_ids")]
    [InlineData("""{$,"product_ids":["x",""]}""", "invalid_field", "product_ids[1]")]
    [InlineData("""{$,"note":1}""", "invalid_field", "note")]
    [InlineData("""{$,"note":"a\u0000b"}""", "invalid_field", "note")]
    [InlineData("""{$,"note":"\ud800"}""", "invalid_json", "note")]
    [InlineData("""{$,"metadata":[]}""", "invalid_field", "metadata")]
    [InlineData("""{$,"metadata":{"a":[1.5]}}""", "invalid_field", "metadata.a")]
    [InlineData("""{$,"metadata":{"a":{"b":1}}}""", "invalid_field", "metadata.a")]
    [InlineData("""{$,"metadata":{"a":1,"a":1}}""", "duplicate_field", "metadata.a")]
    [InlineData("""{"program_id":"p","type":"sale","referee_id":"cus_1"}""", "missing_field", "action_id")]
    [InlineData("""{"action_id":"a","type":"sale","referee_id":"cus_1"}""", "missing_field", "program_id")]
    [InlineData("""{"action_id":"a","program_id":"p","referee_id":"cus_1"}""", "missing_field", "type")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":null}""", "missing_field", "referee_id")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"gift","referee_id":"cus_1"}""", "invalid_field", "type")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"refund","referee_id":"cus_1"}""", "missing_field", "refund_of")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"refund","referee_id":"cus_1","refund_of":"b","amount_minor":0}""", "invalid_field", "amount_minor")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"chargeback","referee_id":"cus_1"}""", "missing_field", "chargeback_of")]
    [InlineData("""[]""", "invalid_json", null)]
    [InlineData("""null""", "invalid_json", null)]
    [InlineData("", "invalid_json", null)]
    [InlineData("""{$} {}""", "invalid_json", null)]
    [InlineData("""{$,}""", "invalid_json", null)]
    [InlineData("""{$ /* a comment */}""", "invalid_json", null)]
    public async Task A_bad_action_is_refused_by_its_field(string body, string code, string? param)
    {
        var (status, problem) = await host.Send("POST", "/v1/actions", body.Replace("$", Sale, StringComparison.Ordinal));
        Assert.Equal((400, code, param), (status, problem.GetProperty("code").GetString(), Param(problem)));
        Assert.Equal(404, (await host.Send("GET", "/v1/actions/a")).Status);
    }

    [Fact]
    public async Task A_currency_in_small_letters_is_the_same_content()
    {
        await host.Ok("POST", "/v1/programs", """{"id":"small","name":"S","currency":"jpy","time_zone":"UTC"}""");
        Assert.Equal("JPY", (await host.Ok("GET", "/v1/programs/small")).GetProperty("currency").GetString());
        const string pounds = """{"action_id":"pounds","program_id":"p","type":"sale","referee_id":"cus_1","amount_minor":1,"currency":"gbp"}""";
        await host.Ok("POST", "/v1/actions", pounds);
        Assert.True((await host.Ok("POST", "/v1/actions", pounds.Replace("gbp", "GBP", StringComparison.Ordinal))).GetProperty("duplicate").GetBoolean());
        Assert.Equal("GBP", (await host.Ok("GET", "/v1/actions/pounds")).GetProperty("currency").GetString());
    }

    [Theory]
    [InlineData("/v1/programs/p/rules", """{"trigger":"weekly","reward":{"kind":"cash","type":"fixed","amount_minor":1}}""", "\"weekly\" is not supported in this release. Expected is one of recurring_action, first_action, tier_reached, referral_approved, interval, every_n_referrals.")]
    [InlineData("/v1/programs/p/rules", """{"trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":0}}""", "A whole number from 1 to 10000000000000 is expected, not 0.")]
    [InlineData("/v1/programs", """{"name":"P","currency":"EURO","time_zone":"UTC"}""", "An ISO 4217 code is expected, like GBP, not \"EURO\".")]
    public async Task A_refused_value_is_named_with_what_would_do(string path, string body, string detail) =>
        Assert.Equal(detail, (await host.Send("POST", path, body)).Body.GetProperty("detail").GetString());

    [Fact]
    public async Task What_is_too_long_is_refused_by_its_field()
    {
        await Refused($$"""{{{Sale}},"note":"{{new string('x', 1001)}}"}""", "note");
        await Refused($$"""{{{Sale}},"product_ids":[{{string.Join(',', Enumerable.Repeat("\"x\"", 1001))}}]}""", "product_ids");
        await Refused($$"""{{{Sale}},"product_ids":["{{new string('x', 201)}}"]}""", "product_ids[0]");
        await Refused($$"""{{{Sale}},"metadata":{ {{string.Join(',', Enumerable.Range(0, 51).Select(i => $"\"k{i}\":1"))}} } }""", "metadata");
        await Refused($$"""{{{Sale}},"metadata":{"k":"{{new string('x', 4096)}}"} }""", "metadata");

        async Task Refused(string body, string param)
        {
            var (status, problem) = await host.Send("POST", "/v1/actions", body);
            Assert.Equal((400, "invalid_field", param), (status, problem.GetProperty("code").GetString(), Param(problem)));
        }
    }

    [Theory]
    [InlineData("POST", "/v1/programs", """{"name":"P","currency":"GBP"}""", 400, "missing_field", "time_zone")]
    [InlineData("POST", "/v1/programs", """{"name":null,"currency":"GBP","time_zone":"UTC"}""", 400, "missing_field", "name")]
    [InlineData("POST", "/v1/programs", """{"name":"P","currency":"XXX","time_zone":"UTC"}""", 400, "invalid_field", "currency")]
    [InlineData("POST", "/v1/programs", """{"name":"P","currency":"GBP","time_zone":"Europe/Nowhere"}""", 400, "invalid_field", "time_zone")]
    [InlineData("POST", "/v1/programs", """{"name":"P","currency":"GBP","time_zone":"../../etc/passwd"}""", 400, "invalid_field", "time_zone")]
    [InlineData("POST", "/v1/programs", """{"name":"P","currency":"GBP","time_zone":"UTC","new_customer_discount":{"type":"percent","value":10001}}""", 400, "invalid_field", "new_customer_discount.value")]
    [InlineData("POST", "/v1/programs", """{"name":"P","name":"P","currency":"GBP","time_zone":"UTC"}""", 400, "duplicate_field", "name")]
    [InlineData("POST", "/v1/programs/p/rules", """{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":"10"}}""", 400, "invalid_field", "reward.basis_points")]
    [InlineData("POST", "/v1/programs/p/rules", """{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis":10}}""", 400, "unknown_field", "reward.basis")]
    [InlineData("POST", "/v1/programs/p/rules", """{"trigger":"recurring_action","reward":{"type":"percent"}}""", 400, "missing_field", "reward.kind")]
    [InlineData("POST", "/v1/programs/p/rules", """{"trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":1},"tiers":[{"by":"value"},{"by":"value","mni":1}]}""", 400, "unknown_field", "tiers[1].mni")]
    [InlineData("POST", "/v1/referrers", """{"id":"a b"}""", 400, "invalid_id", "id")]
    [InlineData("POST", "/v1/referrers", """{"id":7}""", 400, "invalid_id", "id")]
    [InlineData("POST", "/v1/referrers", """{"tags":["a",""]}""", 400, "invalid_field", "tags[1]")]
    [InlineData("POST", "/v1/referrers", """{"tags":["a",null]}""", 400, "invalid_field", "tags[1]")]
    [InlineData("POST", "/v1/programs/p/rules", """{"trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":1},"tiers":[null]}""", 400, "invalid_field", "tiers[0]")]
    [InlineData("POST", "/v1/programs/p/rules", """{"trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":1},"conditions":{"product_ids":["a",null]}}""", 400, "invalid_field", "conditions.product_ids[1]")]
    [InlineData("POST", "/v1/programs/p/rules", """{"trigger":"recurring_action","reward":null}""", 400, "missing_field", "reward")]
    [InlineData("POST", "/v1/referrals", """{"program_id":"p","referee_id":"x","referrer_id":"rita","tags":[null]}""", 400, "invalid_field", "tags[0]")]
    [InlineData("PATCH", "/v1/referrals/p/cus_1", """{"tags":[null]}""", 400, "invalid_field", "tags[0]")]
    [InlineData("PATCH", "/v1/referrers/rita", """{"tags":[null]}""", 400, "invalid_field", "tags[0]")]
    [InlineData("POST", "/v1/referrers", """{"email":"nobody"}""", 400, "invalid_field", "email")]
    [InlineData("POST", "/v1/referrers", """{"cash_opt_in":1}""", 400, "invalid_field", "cash_opt_in")]
    [InlineData("POST", "/v1/referrals", """{"program_id":"p","referee_id":"x"}""", 400, "missing_field", "referrer_id")]
    [InlineData("POST", "/v1/referrals", """{"program_id":"p","referee_id":"x","referrer_id":"rita","code":"C"}""", 400, "invalid_field", "code")]
    [InlineData("POST", "/v1/referrals", """{"program_id":"p","referee_id":"x","referrer_id":"rita","status":"new"}""", 400, "invalid_field", "status")]
    [InlineData("POST", "/v1/referrals", """{"program_id":"p","referee_id":"x","referrer_id":"rita","approved_at":"yesterday"}""", 400, "invalid_field", "approved_at")]
    [InlineData("POST", "/v1/referrals", """{"program_id":"p","referee_id":"x","referrer_id":"rita","status":"pending","approved_at":"2026-01-01T00:00:00Z"}""", 400, "invalid_field", "approved_at")]
    [InlineData("GET", "/v1/rewards?limit=0", null, 400, "invalid_field", "limit")]
    [InlineData("GET", "/v1/rewards?limit=101", null, 400, "invalid_field", "limit")]
    [InlineData("GET", "/v1/rewards?limit=1&limit=2", null, 400, "duplicate_field", "limit")]
    [InlineData("GET", "/v1/rewards?starting_after=7", null, 400, "invalid_field", "starting_after")]
    [InlineData("GET", "/v1/rewards?state=lost", null, 400, "invalid_field", "state")]
    [InlineData("GET", "/v1/rewards?page=2", null, 400, "unknown_field", "page")]
    [InlineData("POST", "/v1/actions?dryrun=true", "{}", 400, "unknown_field", "dryrun")]
    [InlineData("POST", "/v1/actions?dry_run=yes", "{}", 400, "invalid_field", "dry_run")]
    [InlineData("POST", "/v1/actions:stream?answers=some", "", 400, "invalid_field", "answers")]
    [InlineData("POST", "/v1/test_clock/advance", """{"to":"2026-01-01T00:00:00Z"}""", 422, "not_a_sandbox", null)]
    [InlineData("POST", "/v1/tenants", """{"id":"t","clock_at":"2026-01-01T00:00:00Z"}""", 400, "invalid_field", "clock_at")]
    [InlineData("POST", "/v1/tenants", """{"id":"t","sandbox":true,"clock_at":"9999-12-31T23:59:59Z"}""", 400, "invalid_field", "clock_at")]
    [InlineData("POST", "/v1/test_clock/advance", """{"to":"9000-01-01T00:00:00Z"}""", 400, "invalid_field", "to")]
    public async Task A_bad_request_is_refused_by_its_field(string method, string path, string? body, int status, string code, string? param)
    {
        var (answered, problem) = await host.Send(method, path, body);
        Assert.Equal((status, code, param), (answered, problem.GetProperty("code").GetString(), Param(problem)));
    }

    [Theory]
    [InlineData("/v1/actions")]
    [InlineData("/v1/programs")]
    public async Task A_body_of_10_MB_or_10000_levels_is_refused(string path)
    {
        var (tooLarge, problem) = await host.Send("POST", path, $$"""{"note":"{{new string('x', 10_000_000)}}"}""");
        Assert.Equal((413, "body_too_large"), (tooLarge, problem.GetProperty("code").GetString()));
        var (tooDeep, deep) = await host.Send("POST", path, $$"""{"metadata":{{string.Concat(Enumerable.Repeat("""{"a":""", 10_000))}}1{{new string('}', 10_000)}} }""");
        Assert.Equal((400, true), (tooDeep, deep.GetProperty("code").GetString() is "invalid_json" or "invalid_field" or "unknown_field"));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("A-Z_a.z:0@9")]
    [InlineData("...")]
    public async Task An_id_is_kept_as_it_is(string id)
    {
        var made = await host.Ok("POST", "/v1/referrers", JsonSerializer.Serialize(new { id }));
        Assert.Equal(id, made.GetProperty("id").GetString());
        Assert.Equal(id, (await host.Ok("GET", $"/v1/referrers/{id}")).GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a\0b")]
    [InlineData("\u202Eabc")]
    [InlineData("e\u0301")]
    [InlineData("\U0001F600")]
    [InlineData("a\\b")]
    [InlineData("a'; drop table event; --")]
    [InlineData(" a")]
    [InlineData("é")]
    public async Task An_id_outside_the_alphabet_is_refused(string id)
    {
        var (status, problem) = await host.Send("POST", "/v1/referrers", JsonSerializer.Serialize(new { id }));
        Assert.Equal((400, "invalid_id", "id"), (status, problem.GetProperty("code").GetString(), Param(problem)));
        (status, problem) = await host.Send("POST", "/v1/actions", JsonSerializer.Serialize(new { action_id = id, program_id = "p", type = "sale", referee_id = "x" }));
        Assert.Equal((400, "invalid_id", "action_id"), (status, problem.GetProperty("code").GetString(), Param(problem)));
        if (id is not ("" or "." or ".." or "a\0b")) Assert.Equal(404, (await host.Send("GET", "/v1/referrers/" + Uri.EscapeDataString(id))).Status);
    }

    [Fact]
    public async Task An_id_of_200_characters_is_the_longest()
    {
        await host.Ok("POST", "/v1/referrers", JsonSerializer.Serialize(new { id = new string('a', 200) }));
        Assert.Equal(400, (await host.Send("POST", "/v1/referrers", JsonSerializer.Serialize(new { id = new string('a', 201) }))).Status);
        Assert.Equal(400, (await host.Send("POST", "/v1/referrers", JsonSerializer.Serialize(new { id = new string('a', 10_000) }))).Status);
    }

    private static string? Param(JsonElement problem) => problem.TryGetProperty("param", out var param) ? param.GetString() : null;
}
