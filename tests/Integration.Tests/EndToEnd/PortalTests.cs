using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>What a link to the portal opens, for whom, and until when.</summary>
[Collection(OneServer.Name)]
public sealed class PortalTests(LivingServer server)
{
    private const string Clock = "2026-01-10T00:00:00Z";

    [Fact]
    public async Task S2_S6_S10_D13_a_link_shows_its_referrer_code_balances_progress_and_payouts()
    {
        using var shop = await Sandbox("portal-all");
        using var finance = await Key("finance", "portal-all");
        await finance.Send(HttpMethod.Put, "/v1/payout_terms", JsonContent.Create(new
        {
            minimums = new[] { new { currency = "USD", amount_minor = 2_500 } },
            schedule = new { every = "month", day = 1 },
            time_zone = "Europe/Berlin",
        }));
        await shop.Ok("/v1/programs/portal-all/rules", JsonNode.Parse("""
            {"id":"portal-all-tiers","name":"More for many","trigger":"recurring_action","acknowledge_warnings":true,"reward":{"kind":"points","type":"fixed"},
             "tiers":[{"by":"count","min":2,"max":4,"amount_minor":5},{"by":"count","min":5,"amount_minor":10}]}
            """)!);
        await Refer(shop, "rita", "anna-the-first", "ben@example.org");
        await Sell(shop, "a1", "anna-the-first", 12_000);
        await Sell(shop, "b1", "ben@example.org", 10_000);
        using var portal = await Link(shop, "rita");

        var seen = await portal.Ok("/v1/portal");
        Assert.Equal(("RITA-10", "Rita", false), ((string)seen["referrer"]!["code"]!, (string)seen["referrer"]!["name"]!, (bool)seen["referrer"]!["cash_opt_in"]!));
        var program = seen["programs"]![0]!;
        Assert.Equal("https://shop.test/join?code=RITA-10", (string)program["link"]!);
        Assert.Equal("I recommend Friends. You get 15.00 USD off your first invoice. Sign up with my code RITA-10: https://shop.test/join?code=RITA-10", (string)program["texts"]!["copy"]!);
        Assert.True((bool)program["pays_cash"]!);
        var tier = program["tiers"]![0]!;
        Assert.Equal(("count", 2, 5, 10), ((string)tier["by"]!, (long)tier["reached"]!, (long)tier["next"]!, (long)tier["next_amount_minor"]!));
        Assert.Equal((2_200, 0), Usd(seen["balances"]!));
        var (payouts, cash) = (seen["payouts"]!, seen["payouts"]!["currencies"]![0]!);
        Assert.Equal(
            ("2026-01-31T23:00:00Z", "2026-02-01", "month", false),
            ((string)payouts["next_at"]!, (string)payouts["next_on"]!, (string)payouts["every"]!, (bool)payouts["account_linked"]!));
        Assert.Equal((0, 2_500, null), ((long)cash["payable_minor"]!, (long)cash["minimum_minor"]!, (string?)cash["waits_for"]));

        await shop.Ok("/v1/test_clock/advance", new { to = "2026-02-15T00:00:00Z" });
        cash = (await portal.Ok("/v1/portal"))["payouts"]!["currencies"]![0]!;
        Assert.Equal((2_200, "not_opted_in"), ((long)cash["payable_minor"]!, (string)cash["waits_for"]!));
        var changed = await portal.Send(HttpMethod.Patch, "/v1/portal", JsonContent.Create(new { cash_opt_in = true }));
        Assert.Equal((true, "below_minimum"), ((bool)changed.Json["referrer"]!["cash_opt_in"]!, (string)changed.Json["payouts"]!["currencies"]![0]!["waits_for"]!));
        await Sell(shop, "b2", "ben@example.org", 10_000);
        await shop.Ok("/v1/test_clock/advance", new { to = "2026-03-20T00:00:00Z" });
        Assert.Equal("no_account", (string)(await portal.Ok("/v1/portal"))["payouts"]!["currencies"]![0]!["waits_for"]!);
        Assert.StartsWith("http", (string)(await portal.Ok("/v1/portal/onboarding_link", new { return_url = "https://shop.test/back", country = "US" }))["url"]!, StringComparison.Ordinal);
        Assert.True((bool)(await portal.Ok("/v1/portal"))["payouts"]!["account_linked"]!);
    }

    [Fact]
    public async Task S9_referrals_come_newest_first_in_pages_with_what_they_earned()
    {
        using var shop = await Sandbox("portal-list");
        await Refer(shop, "rita", "referee-one", "referee-two", "referee-three");
        await Sell(shop, "a1", "referee-one", 10_000);
        await shop.Ok("/v1/actions", new { action_id = "r1", program_id = shop.Name, referee_id = "referee-one", type = "refund", refund_of = "a1", amount_minor = 4_000 });
        await shop.Ok($"/v1/referrals/{shop.Name}/referee-two/cancel", new { });
        using var portal = await Link(shop, "rita");
        var first = await portal.Ok("/v1/portal/referrals?limit=2");
        Assert.Equal(["re…ee", "re…wo"], first["data"]!.AsArray().Select(one => (string)one!["referee"]!));
        Assert.Equal(["approved", "cancelled"], first["data"]!.AsArray().Select(one => (string)one!["state"]!));
        Assert.True((bool)first["has_more"]!);
        var last = (await portal.Ok($"/v1/portal/referrals?limit=2&starting_after={(string)first["data"]![1]!["id"]!}"))["data"]!.AsArray();
        Assert.Equal(("re…ne", "USD", 600), ((string)last.Single()!["referee"]!, (string)last[0]!["earned"]![0]!["asset"]!, (long)last[0]!["earned"]![0]!["net_minor"]!));
        Assert.NotNull(last[0]!["first_sale_at"]);
    }

    [Fact]
    public async Task A_link_tells_nothing_of_another_referrer_and_no_referee_by_its_name()
    {
        using var shop = await Sandbox("portal-own");
        await Refer(shop, "rita", "anna@example.org", "moved-to-another");
        await Refer(shop, "tom", "toms-customer");
        await Sell(shop, "a1", "anna@example.org", 10_000);
        await Sell(shop, "m1", "moved-to-another", 20_000);
        await Sell(shop, "t1", "toms-customer", 50_000);
        await shop.Ok($"/v1/referrals/{shop.Name}/moved-to-another/reassign", new { referrer_id = "tom" });
        await Sell(shop, "m2", "moved-to-another", 30_000);
        using var ritas = await Link(shop, "rita");
        using var toms = await Link(shop, "tom");
        foreach (var path in (string[])["/v1/portal", "/v1/portal/referrals", "/v1/portal/payouts", "/v1/portal/statement"])
        {
            Assert.DoesNotMatch("anna@|moved-to|toms-c|TOM-|tom@|\"tom\"", (await ritas.Get(path)).Body);
            Assert.DoesNotMatch("anna@|moved-to|toms-c|RITA-|rita@|\"rita\"", (await toms.Get(path)).Body);
        }

        // What came of a referral while it was another's stays that one's.
        var earned = (await toms.Ok("/v1/portal/referrals"))["data"]!.AsArray().ToDictionary(one => (string)one!["referee"]!, one => (long)one!["earned"]![0]!["net_minor"]!);
        Assert.Equal((3_000, 5_000), (earned["mo…er"], earned["to…er"]));
        Assert.Equal("an…rg", (string)(await ritas.Ok("/v1/portal/referrals"))["data"]!.AsArray().Single()!["referee"]!);
        Assert.Equal([2_000, 1_000], (await ritas.Ok("/v1/portal/statement"))["lines"]!.AsArray().Select(line => (long)line!["amount_minor"]!));
        Assert.Equal(3_000, (long)(await ritas.Ok("/v1/portal/statement"))["assets"]![0]!["closing"]!["net_minor"]!);

        // The same numbers under a key that names a referrer are refused to a link, its own referrer's too.
        foreach (var path in (string[])["/v1/referrers/rita", "/v1/referrers/tom/balance", "/v1/referrals", $"/v1/referrals/{shop.Name}/toms-customer", "/v1/rewards", "/v1/api_keys"])
            Assert.Equal((403, "forbidden"), (await ritas.Get(path)) is var answer ? (answer.Status, answer.Code) : default);
    }

    [Fact]
    public async Task A_page_of_the_portal_that_begins_after_nothing_of_its_own_is_refused()
    {
        using var shop = await Sandbox("portal-cursors");
        await Refer(shop, "rita", "anna");
        await Refer(shop, "tom", "toms-customer");
        using var ritas = await Link(shop, "rita");
        using var toms = await Link(shop, "tom");
        var his = (string)(await toms.Ok("/v1/portal/referrals"))["data"]!.AsArray().Single()!["id"]!;
        foreach (var path in (string[])[$"referrals?starting_after={his}", "referrals?starting_after=rfl_999999999", "payouts?starting_after=pay_999999999"])
            Assert.Equal((400, "invalid_field", "starting_after"), await ritas.Get("/v1/portal/" + path) is var answer ? (answer.Status, answer.Code, answer.Param) : default);
    }

    [Fact]
    public async Task Two_referrers_who_name_a_request_alike_are_each_told_their_own()
    {
        using var shop = await Sandbox("portal-names");
        using var ritas = await Link(shop, "rita");
        using var toms = await Link(shop, "tom");
        var told = new List<string>();
        foreach (var portal in (Api[])[ritas, toms])
        {
            using var body = JsonContent.Create(new { return_url = "https://shop.test/back", country = "US" });
            body.Headers.TryAddWithoutValidation("Idempotency-Key", "the-same");
            told.Add((string)(await portal.Send(HttpMethod.Post, "/v1/portal/onboarding_link", body)).Json["referrer_id"]!);
        }

        Assert.Equal(["rita", "tom"], told);
    }

    // The proxy is told of by what it adds, and by nothing else here.
    [Fact]
    public async Task Behind_a_proxy_that_ends_TLS_a_link_and_its_session_are_for_https()
    {
        using var shop = await Sandbox("portal-proxied");
        var stop = TestContext.Current.CancellationToken;
        var key = (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = "portal-proxied" }))["key"]!;
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = server.Api.Address, DefaultRequestHeaders = { { "X-Forwarded-Proto", "https" } } };
        using var ask = new HttpRequestMessage(HttpMethod.Post, "/v1/portal_links") { Headers = { Authorization = new("Bearer", key) }, Content = JsonContent.Create(new { referrer_id = "rita" }) };
        using var made = await browser.SendAsync(ask, stop);
        var url = (string)(await made.Content.ReadFromJsonAsync<JsonObject>(stop))!["url"]!;
        Assert.StartsWith($"https://127.0.0.1:{server.Api.Address.Port}/portal/open?token=", url, StringComparison.Ordinal);
        using var opened = await browser.GetAsync(new Uri(url).PathAndQuery, stop);
        Assert.Contains(opened.Headers.GetValues("Set-Cookie"), static cookie => cookie.Contains("; secure", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task D18_a_link_ends_with_its_time_by_being_revoked_and_when_its_referrer_is_closed()
    {
        using var shop = await Sandbox("portal-ends");
        Assert.Equal((404, "referrer_not_found"), await shop.Problem("/v1/portal_links", new { referrer_id = "nobody" }));
        Assert.Equal((400, "invalid_field"), await shop.Problem("/v1/portal_links", new { referrer_id = "rita", expires_in = 0 }));
        var made = await shop.Ok("/v1/portal_links", new { referrer_id = "rita", expires_in = 900 });
        Assert.Equal($"{server.Api.Address}portal/open?token={(string)made["token"]!}", (string)made["url"]!);
        var left = (DateTimeOffset)made["expires_at"]! - TimeProvider.System.GetUtcNow();
        Assert.InRange(left, TimeSpan.FromSeconds(880), TimeSpan.FromSeconds(901));

        using var revoked = new Api(server.Api.Address, (string)made["token"]!);
        using var closed = await Link(shop, "rita");
        using var toms = await Link(shop, "tom");
        await revoked.Ok("/v1/portal");
        using var other = await Sandbox("portal-ends-not");
        Assert.Equal(404, (await other.Send(HttpMethod.Delete, $"/v1/portal_links/{(string)made["id"]!}", null)).Status);
        Assert.Equal(200, (await shop.Send(HttpMethod.Delete, $"/v1/portal_links/{(string)made["id"]!}", null)).Status);
        Assert.Equal((401, "unauthenticated"), await revoked.Get("/v1/portal") is var gone ? (gone.Status, gone.Code) : default);

        // It is no key: neither list nor revocation of keys knows it.
        using var keys = await Key("key_admin", "portal-ends");
        Assert.DoesNotContain("\"role\":\"portal\"", (await keys.Get("/v1/api_keys")).Body, StringComparison.Ordinal);
        Assert.Equal(404, (await keys.Send(HttpMethod.Delete, ((string)made["id"]!).Replace("plk_", "/v1/api_keys/key_", StringComparison.Ordinal), null)).Status);

        await closed.Ok("/v1/portal");
        await shop.Ok("/v1/referrers/rita/close", new { });
        await Eventually.Holds("the link of a closed referrer opens nothing", async () => (await closed.Get("/v1/portal")).Status == 401);
        Assert.Equal((409, "referrer_closed"), await shop.Problem("/v1/portal_links", new { referrer_id = "rita" }));
        await toms.Ok("/v1/portal");
    }

    [Fact]
    public async Task The_portal_looks_as_its_tenant_says_within_what_can_be_read_and_trusted()
    {
        using var shop = await Sandbox("portal-looks");
        using var portal = await Link(shop, "rita");
        var settings = new { title = "Acme", accent = "#0A5C36", background = "#ffffff", foreground = "#222222", font = "serif", logo = "data:image/png;base64,iVBORw0KGgo=", frame_origins = new[] { "https://shop.test" } };
        Assert.Equal(200, (await shop.Send(HttpMethod.Put, "/v1/portal_settings", JsonContent.Create(settings))).Status);
        var seen = (await portal.Ok("/v1/portal"))["settings"]!;
        Assert.Equal(("#0a5c36", "https://shop.test", "serif"), ((string)seen["accent"]!, (string)seen["frame_origins"]![0]!, (string)seen["font"]!));
        foreach (var (body, code, param) in new (object, string, string)[]
        {
            (new { foreground = "#777777" }, "contrast_too_low", "foreground"),
            (new { accent = "red;}" }, "invalid_field", "accent"),
            (new { logo = "https://cdn.test/logo.png" }, "invalid_field", "logo"),
            (new { logo = "data:image/svg+xml;base64,AAAA" }, "invalid_field", "logo"),
            (new { frame_origins = new[] { "https://shop.test/path" } }, "invalid_field", "frame_origins[0]"),
            (new { frame_origins = new[] { "http://shop.test" } }, "invalid_field", "frame_origins[0]"),
            (new { frame_origins = new[] { "https://*.test; script-src *" } }, "invalid_field", "frame_origins[0]"),
        })
        {
            var refused = await shop.Send(HttpMethod.Put, "/v1/portal_settings", JsonContent.Create(body));
            Assert.Equal((code, param), (refused.Code, refused.Param));
        }

        Assert.Equal("Acme", (string)(await portal.Ok("/v1/portal"))["settings"]!["title"]!);
    }

    private async Task<Till> Sandbox(string name)
    {
        await server.Api.Ok("/v1/tenants", new { id = name, sandbox = true, clock_at = Clock });
        var shop = new Till(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = name }))["key"]!, name);
        await shop.Ok("/v1/programs", new
        {
            id = name,
            name = "Friends",
            currency = "USD",
            time_zone = "UTC",
            share_url = "https://shop.test/join?code={code}",
            new_customer_discount = new { type = "fixed", value = 1_500 },
        });
        await shop.Ok($"/v1/programs/{name}/rules", JsonNode.Parse(
            $$"""{"id":"{{name}}-rule","name":"Ten","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"hold":{"mode":"days","days":30} }""")!);
        await shop.Ok("/v1/referrers", new { id = "rita", name = "Rita", email = "rita@example.org", code = "RITA-10" });
        await shop.Ok("/v1/referrers", new { id = "tom", name = "Tom", email = "tom@example.org", code = "TOM-10" });
        return shop;
    }

    private static async Task Refer(Till shop, string referrer, params string[] referees)
    {
        foreach (var referee in referees) await shop.Ok("/v1/referrals", new { program_id = shop.Name, referee_id = referee, referrer_id = referrer });
    }

    private static Task<JsonNode> Sell(Till shop, string id, string referee, long minor) =>
        shop.Ok("/v1/actions", new { action_id = id, program_id = shop.Name, type = "sale", referee_id = referee, amount_minor = minor });

    private static (long Pending, long Payable) Usd(JsonNode balances) =>
        balances.AsArray().Single(line => (string)line!["asset"]! == "USD") is var line ? ((long)line!["pending_minor"]!, (long)line["payable_minor"]!) : default;

    private async Task<Api> Link(Till shop, string referrer) =>
        new(server.Api.Address, (string)(await shop.Ok("/v1/portal_links", new { referrer_id = referrer }))["token"]!);

    private async Task<Api> Key(string role, string tenant) => new(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role, tenant }))["key"]!);

    private sealed class Till(Uri address, string key, string name) : IDisposable
    {
        private readonly Api api = new(address, key);

        public string Name => name;

        public Task<JsonNode> Ok(string path, object? body = null) => api.Ok(path, body);

        public Task<Answer> Send(HttpMethod method, string path, HttpContent? body) => api.Send(method, path, body);

        public async Task<(int Status, string? Code)> Problem(string path, object body) => await api.Post(path, body) is var answer ? (answer.Status, answer.Code) : default;

        public void Dispose() => api.Dispose();
    }
}
