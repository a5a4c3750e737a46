using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>A draft rule over history: what it says is what a fresh import under that rule gives.</summary>
[Collection(OneServer.Name)]
public sealed class WhatIfTests(LivingServer server)
{
    private const string AsIs = """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"limits":{"max_amount_minor":10000,"days_after_approved":365},"hold":{"mode":"days","days":30}}""";

    [Theory]
    [InlineData("capped", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1200},"limits":{"max_amount_minor":8000,"days_after_approved":365}}""")]
    [InlineData("short", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":700},"limits":{"max_count":3,"days_after_approved":90},"conditions":{"min_amount_exclusive_minor":2000}}""")]
    [InlineData("tiered", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent"},"tiers":[{"by":"value","min_minor":0,"max_minor":60000,"basis_points":500},{"by":"value","min_minor":60001,"basis_points":1500}],"acknowledge_warnings":true}""")]
    [InlineData("first", """{"id":"rule","trigger":"first_action","reward":{"kind":"cash","type":"percent","basis_points":5000}}""")]
    [InlineData("monthly", """{"id":"rule","trigger":"interval","every_months":1,"times":3,"reward":{"kind":"cash","type":"fixed","amount_minor":1000}}""")]
    [InlineData("every", """{"id":"rule","trigger":"every_n_referrals","n":2,"reward":{"kind":"cash","type":"fixed","amount_minor":900}}""")]
    [InlineData("together", """{"id":"rule","trigger":"every_n_referrals","n":2,"reward":{"kind":"cash","type":"percent","basis_points":1000}}""")]
    [InlineData("beside", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1200},"limits":{"max_amount_minor":8000}}""", """{"id":"beside","trigger":"every_n_referrals","n":2,"reward":{"kind":"cash","type":"percent","basis_points":1000}}""")]
    [InlineData("alone", """{"id":"another","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":300}}""")]
    [InlineData("budget", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"budget":{"per":"referrer","amount_minor":2000}}""")]
    [InlineData("shared", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"budget":{"per":"program","amount_minor":5000}}""")]
    [InlineData("products", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"conditions":{"product_ids":["tea"]}}""")]
    [InlineData("excluded", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"conditions":{"excluded_product_ids":["gift"]}}""")]
    public async Task Its_totals_are_those_of_a_fresh_import_under_that_rule(string name, string draft, string? beside = null)
    {
        using var lived = await Tenant($"lived-{name}", AsIs, beside);
        using var fresh = await Tenant($"fresh-{name}", draft, beside);
        await Task.WhenAll(Live(lived), Live(fresh));

        static async Task Live(Api api)
        {
            await Import(api);

            // One sale of each round that was paid for two is refunded after it, and what is undone reaches the reward by the sweep (H9).
            foreach (var sale in (int[])[3, 7]) await Send(api, $"late{sale}", "refund", $"c{sale * 7 % 9}", 700, DateTimeOffset.UnixEpoch.AddYears(55), refundOf: $"sale{sale}");
            await api.Ok("/v1/test_clock/advance", new { to = "2025-06-01T00:00:01Z" });
        }

        var result = await lived.Ok("/v1/rules:what_if?limit=100", JsonNode.Parse($$"""{"program_id":"p","rule":{{draft}}}""")!);
        var (history, expected) = (await Balances(lived), await Balances(fresh));
        Assert.Equal(Sum(history, "earned_minor"), (long)result["as_is"]!["earned_minor"]!);
        Assert.Equal(Sum(history, "clawed_back_minor"), (long)result["as_is"]!["clawed_back_minor"]!);
        Assert.Equal(Sum(expected, "earned_minor"), (long)result["draft"]!["earned_minor"]!);
        Assert.Equal(Sum(expected, "clawed_back_minor"), (long)result["draft"]!["clawed_back_minor"]!);
        Assert.Equal(name != "alone", (bool)result["replaces"]!);
        Assert.Equal(188, (long)result["actions"]!);

        var differences = result["referrers"]!.AsArray().Select(one => ((string)one!["referrer_id"]!, AsIs: (long)one["as_is_net_minor"]!, Draft: (long)one["draft_net_minor"]!)).ToList();
        Assert.Equal(differences.OrderByDescending(one => Math.Abs(one.Draft - one.AsIs)).Select(one => Math.Abs(one.Draft - one.AsIs)), differences.Select(one => Math.Abs(one.Draft - one.AsIs)));
        foreach (var (referrer, asIs, drafted) in differences) Assert.Equal((history[referrer].Net, expected[referrer].Net), (asIs, drafted));

        // Page by page the same, and nothing was saved.
        var pages = new List<string>();
        for (string? after = null; ;)
        {
            var page = await lived.Ok($"/v1/rules:what_if?limit=2{(after is null ? "" : "&starting_after=" + after)}", JsonNode.Parse($$"""{"program_id":"p","rule":{{draft}}}""")!);
            pages.AddRange(page["referrers"]!.AsArray().Select(one => (string)one!["referrer_id"]!));
            if (!(bool)page["has_more"]!) break;
            after = pages[^1];
        }

        Assert.Equal(differences.Select(one => one.Item1), pages);
        Assert.Equal(history, await Balances(lived));
        Assert.Equal(beside is null ? ["rule"] : ["beside", "rule"], (await lived.Ok("/v1/rules"))["data"]!.AsArray().Select(one => (string)one!["id"]!).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("plain", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1200},"limits":{"max_amount_minor":20000}}""")]
    [InlineData("tally", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent"},"tiers":[{"by":"value","min_minor":0,"max_minor":300000,"basis_points":500},{"by":"value","min_minor":300001,"basis_points":1500}],"acknowledge_warnings":true}""")]
    [InlineData("tagged", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":900},"conditions":{"referrer_tags":"ANY"}}""")]
    [InlineData("budget", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"budget":{"per":"referrer","amount_minor":6000}}""")]
    [InlineData("shared", """{"id":"rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"budget":{"per":"program","amount_minor":15000}}""")]
    public async Task D16_what_was_given_to_another_is_so_under_the_draft_and_in_the_order_of_both(string name, string draft)
    {
        using var lived = await Tenant($"given-{name}", AsIs);
        using var fresh = await Tenant($"given-anew-{name}", draft);
        await Task.WhenAll(Live(lived), Live(fresh));

        static async Task Live(Api api)
        {
            await Import(api);
            await Give(api, "c0", "r1");
            await Give(api, "c4", "r0");
            for (var i = 0; i < 30; i++)
            {
                var (referee, at) = ($"c{i * 4 % 9}", new DateTimeOffset(2025, 3, 1, 0, 0, 0, TimeSpan.Zero).AddHours(i));
                await Send(api, $"later{i}", "sale", referee, 9_000 + i, at);
                if (i % 5 == 0) await Send(api, $"later-back{i}", "refund", referee, 2_000, at, refundOf: $"later{i}");
            }

            // Of what the one before earned, whose budget of that month has room by it; and of what is his again.
            var then = new DateTimeOffset(2024, 1, 20, 0, 0, 0, TimeSpan.Zero);
            await Send(api, "fill", "sale", "c3", 90_000, then);
            await Send(api, "old-back", "refund", "c0", 1_000, DateTimeOffset.UnixEpoch.AddYears(55), refundOf: "sale9");
            await Send(api, "refill", "sale", "c3", 90_000, then);
            await Give(api, "c0", "r0");
            await Send(api, "again", "sale", "c0", 7_000, DateTimeOffset.UnixEpoch.AddYears(55));
        }

        var result = await lived.Ok("/v1/rules:what_if?limit=100", JsonNode.Parse($$"""{"program_id":"p","rule":{{draft}}}""")!);
        var (history, expected) = (await Balances(lived), await Balances(fresh));
        Assert.Equal((Sum(expected, "earned_minor"), Sum(expected, "clawed_back_minor")), ((long)result["draft"]!["earned_minor"]!, (long)result["draft"]!["clawed_back_minor"]!));
        Assert.All(result["referrers"]!.AsArray(), one => Assert.Equal(
            (history[(string)one!["referrer_id"]!].Net, expected[(string)one["referrer_id"]!].Net), ((long)one["as_is_net_minor"]!, (long)one["draft_net_minor"]!)));

        static Task<JsonNode> Give(Api api, string referee, string to) => api.Ok($"/v1/referrals/p/{referee}/reassign", new { referrer_id = to });
    }

    [Fact]
    public async Task A_period_holds_the_sales_that_occurred_in_it_and_what_became_of_them()
    {
        using var lived = await Tenant("lived-period", AsIs);
        await Import(lived);
        var whole = await Run(lived, "");
        var early = await Run(lived, ""","to":"2024-03-01T00:00:00Z" """);
        var late = await Run(lived, ""","from":"2024-03-01T00:00:00Z" """);
        foreach (var of in (string[])["earned_minor", "clawed_back_minor"]) Assert.Equal((long)whole["as_is"]![of]!, (long)early["as_is"]![of]! + (long)late["as_is"]![of]!);
        Assert.Equal((long)whole["actions"]!, (long)early["actions"]! + (long)late["actions"]!);
        Assert.True((long)early["actions"]! > 0 && (long)late["actions"]! > 0);

        Task<JsonNode> Run(Api api, string period) => api.Ok("/v1/rules:what_if", JsonNode.Parse($$"""{"program_id":"p","rule":{{AsIs}}{{period}}}""")!);
    }

    private async Task<Api> Tenant(string name, params string?[] rules)
    {
        await server.Api.Ok("/v1/tenants", new { id = name, sandbox = true, clock_at = "2025-06-01T00:00:00Z" });
        var api = new Api(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = name }))["key"]!);
        await api.Ok("/v1/programs", new { id = "p", name = "p", currency = "GBP", time_zone = "Europe/London" });
        foreach (var rule in rules.OfType<string>()) await api.Ok("/v1/programs/p/rules", JsonNode.Parse(rule)!);
        return api;
    }

    // Three referrers, nine referees; sales, refunds of them, some before their sales, chargebacks and what was won of them.
    private static async Task Import(Api api)
    {
        for (var r = 0; r < 3; r++) await api.Ok("/v1/referrers", new { id = $"r{r}", tags = r == 0 ? (string[])["vip"] : [] });
        for (var c = 0; c < 9; c++) await api.Ok("/v1/referrals", new { program_id = "p", referee_id = $"c{c}", referrer_id = $"r{c % 3}", approved_at = $"2024-01-{c + 1:00}T00:00:00Z" });
        for (var i = 0; i < 150; i++)
        {
            var (referee, at) = ($"c{i * 7 % 9}", new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours((i * 37) % 9_000));
            if (i % 15 == 1) await Send(api, $"refund{i}", "refund", referee, 500, at, refundOf: $"sale{i}");
            await Send(api, $"sale{i}", "sale", referee, 1_000 + (i * 613 % 9_000), at);
            if (i % 10 == 0) await Send(api, $"refund{i}", "refund", referee, i % 20 == 0 ? null : 700, at, refundOf: $"sale{i}");
            if (i % 25 == 4) await Send(api, $"charge{i}", "chargeback", referee, 900, at, chargebackOf: $"sale{i}");
            if (i % 50 == 4) await Send(api, $"won{i}", "chargeback_won", referee, 450, at, chargebackOf: $"charge{i}");
            if (i % 75 == 10) await Send(api, $"failed{i}", "refund_failed", referee, null, at, refundOf: $"refund{i}");
        }
    }

    private static Task<JsonNode> Send(
        Api api, string id, string type, string referee, long? minor, DateTimeOffset at, string? refundOf = null, string? chargebackOf = null)
    {
        var body = new JsonObject { ["action_id"] = id, ["program_id"] = "p", ["type"] = type, ["referee_id"] = referee, ["occurred_at"] = at.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture) };
        if (minor is not null) body["amount_minor"] = minor;
        if (type == "sale" && minor % 3 > 0) body["product_ids"] = new JsonArray(minor % 3 == 1 ? ["gift"] : ["gift", "tea"]);
        if (refundOf is not null) body["refund_of"] = refundOf;
        if (chargebackOf is not null) body["chargeback_of"] = chargebackOf;
        return api.Ok("/v1/actions", body);
    }

    private static async Task<Dictionary<string, (long Earned, long ClawedBack, long Net)>> Balances(Api api)
    {
        var balances = new Dictionary<string, (long, long, long)>();
        for (var r = 0; r < 3; r++)
        {
            var lines = (await api.Ok($"/v1/referrers/r{r}/balance"))["balances"]!.AsArray();
            balances[$"r{r}"] = lines.Count == 0 ? default : ((long)lines[0]!["earned_minor"]!, (long)lines[0]!["clawed_back_minor"]!, (long)lines[0]!["net_minor"]!);
        }

        return balances;
    }

    private static long Sum(Dictionary<string, (long Earned, long ClawedBack, long Net)> balances, string of) =>
        balances.Values.Sum(balance => of == "earned_minor" ? balance.Earned : balance.ClawedBack);
}
