using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>One referee under several ids, by HTTP, over the whole of what is shown of it.</summary>
[Collection(OneServer.Name)]
public sealed class AliasTests(LivingServer server)
{
    private const string Mail = "anna+x@example.com";
    private const string Path = "/v1/referrals/x8/anna%2Bx%40example.com";

    [Fact]
    public async Task X8_another_id_names_the_same_referral_everywhere()
    {
        using var shop = await Sandbox("x8", "ben");
        await shop.Ok("/v1/referrals", new { program_id = "x8", referee_id = "anna", referrer_id = "rita", status = "pending" });
        await Sell(shop, "early", Mail);
        await Refund(shop, "back", Mail, "early", 2_500);
        await Refund(shop, "waits", Mail, "later", 1_000);
        Assert.Equal(("missing", 3), await shop.Ok(Path) is var before ? ((string)before["status"]!, (int)before["waiting_count"]!) : default);

        Assert.Equal(("anna", Mail, null), Named(await Alias(shop, "anna", Mail)));
        Assert.Equal(("anna", Mail, true), Named(await Alias(shop, "anna", Mail)));
        Assert.Equal(("anna", "crm|7", null), Named(await shop.Ok(Path + "/aliases", new { alias = "crm|7" })));
        Assert.Equal(("pending", 3), await shop.Ok(Path) is var pending ? ((string)pending["status"]!, (int)pending["waiting_count"]!) : default);
        foreach (var list in (string[])["/v1/actions?limit=100", "/v1/actions?state=parked&limit=100"])
            Assert.Equal(["back referral_pending", "early referral_pending", "waits referral_pending"], from action in (await shop.Ok(list))["data"]!.AsArray() let id = (string)action!["action_id"]! orderby id select $"{id} {action["code"]}");
        await LedgerCheck.Clean(await Books("x8"));

        await shop.Ok(Path + "/approve", new { });
        await Sell(shop, "now", Mail);
        await Sell(shop, "later", "anna");
        Assert.Equal("reversed", (string)(await Refund(shop, "half", "anna", "now", 5_000))["status"]!);
        var page = await shop.Ok(Path);
        Assert.Equal(("anna", "approved", 0), ((string)page["referee_id"]!, (string)page["status"]!, (int)page["waiting_count"]!));
        Assert.Equal([Mail, "crm|7"], page["aliases"]!.AsArray().Select(alias => (string)alias!));
        Assert.Equal(3_000 - 250 - 100 - 500, await Payable(shop));

        // What had waited is found by its id, by the list of its referee under either, and as what earned its rewards.
        foreach (var id in (string[])["early", "back", "waits"])
        {
            var story = await shop.Ok($"/v1/actions/{id}");
            Assert.Equal(("anna", "rita", id == "early" ? "rewarded" : "reversed"), ((string)story["referee_id"]!, (string)story["referrer_id"]!, (string)story["status"]!));
        }

        Assert.Equal(
            ["back", "early", "half", "later", "now", "waits"],
            (await Listed(shop, $"/v1/actions?program_id=x8&referee_id={Uri.EscapeDataString(Mail)}", "action_id")).Order(StringComparer.Ordinal));
        Assert.Equal(["early", "later", "now"], (await Listed(shop, "/v1/rewards?program_id=x8&referee_id=anna", "action_id")).Order(StringComparer.Ordinal));
        Assert.Equal(["anna"], await Listed(shop, $"/v1/referrals?program_id=x8&referee_id={Uri.EscapeDataString(Mail)}", "referee_id"));
        Assert.Contains("early", await Listed(shop, "/v1/ledger/postings?referrer_id=rita", "action_id"));
        var activity = (await shop.Ok("/v1/referrals/x8/anna/activity?limit=100"))["data"]!.AsArray().Select(entry => (string)entry!["type"]!).ToList();
        Assert.Equal((2, 3), (activity.Count(type => type == "alias_added"), activity.Count(type => type == "action_moved")));

        // The same again, by either id, is a repeat; and what is sent to the alias is the referral's.
        foreach (var referee in (string[])["anna", Mail])
        {
            Assert.True((bool)(await Sell(shop, "early", referee))["duplicate"]!);
            Assert.Equal((409, "action_conflict"), await shop.Post("/v1/actions", new { action_id = "early", program_id = "x8", type = "sale", referee_id = referee, amount_minor = 1 }) is var other ? (other.Status, other.Code) : default);
        }

        Assert.True((bool)(await shop.Ok("/v1/referrals", new { program_id = "x8", referee_id = Mail, referrer_id = "rita" }))["duplicate"]!);
        var checkout = await shop.Ok("/v1/checkout_discounts", new { program_id = "x8", referee_id = Mail, payment_id = "in_1", amount_minor = 1_000 });
        Assert.Equal(0, (long)checkout["discount_minor"]!);
        await LedgerCheck.Clean(await Books("x8"));

        // A draft over this history sees what had waited where it took effect.
        var draft = await shop.Ok("/v1/rules:what_if", JsonNode.Parse("""{"program_id":"x8","rule":{"id":"x8-rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":2000}}}""")!);
        Assert.Equal((6, 2_150, 4_300), ((long)draft["actions"]!, (long)draft["as_is"]!["net_minor"]!, (long)draft["draft"]!["net_minor"]!));
    }

    [Fact]
    public async Task X8_two_referrals_are_not_merged_and_the_answer_names_them()
    {
        using var shop = await Sandbox("x8b", "anna", "ben");
        var both = await shop.Post("/v1/referrals/x8b/anna/aliases", new { alias = "ben" });
        Assert.Equal((409, "both_have_referrals", "alias"), (both.Status, both.Code, both.Param));
        Assert.Contains("anna and ben", (string)both.Json["detail"]!, StringComparison.Ordinal);
        await Alias(shop, "anna", "a2", "x8b");
        Assert.Equal((409, "alias_taken"), await shop.Post("/v1/referrals/x8b/ben/aliases", new { alias = "a2" }) is var taken ? (taken.Status, taken.Code) : default);
        Assert.Equal((404, "referral_not_found"), await shop.Post("/v1/referrals/x8b/nobody/aliases", new { alias = "a3" }) is var missing ? (missing.Status, missing.Code) : default);
        Assert.Equal(400, (await shop.Post("/v1/referrals/x8b/anna/aliases", new { alias = "with blank" })).Status);
        Assert.Equal(400, (await shop.Post("/v1/referrals/x8b/anna/aliases", new { })).Status);
        await LedgerCheck.Clean(await Books("x8b"));
    }

    [Fact]
    public async Task X8_D6_two_ids_of_one_referee_count_once()
    {
        using var shop = await Sandbox("x8t", "anna");
        await shop.Ok("/v1/programs/x8t/rules", JsonNode.Parse("""
            {"id":"x8t-tiers","trigger":"recurring_action","reward":{"kind":"credit","type":"fixed"},
             "tiers":[{"by":"count","min":1,"max":1,"amount_minor":500},{"by":"count","min":2,"amount_minor":900}]}
            """)!);
        await shop.Ok("/v1/rules/x8t-tiers/join", new { });
        await Sell(shop, "t1", Mail, program: "x8t");
        await Alias(shop, "anna", Mail, "x8t");
        await Sell(shop, "t2", "anna", program: "x8t");
        await Sell(shop, "t3", Mail, program: "x8t");
        Assert.Equal(1_500, await Payable(shop, "credit:USD"));
        await LedgerCheck.Clean(await Books("x8t"));
    }

    private async Task<Api> Sandbox(string name, params string[] referees)
    {
        await server.Api.Ok("/v1/tenants", new { id = name, sandbox = true, clock_at = "2026-01-10T00:00:00Z" });
        var shop = new Api(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = name }))["key"]!);
        await shop.Ok("/v1/programs", new { id = name, name, currency = "USD", time_zone = "UTC" });
        await shop.Ok($"/v1/programs/{name}/rules", JsonNode.Parse($$"""{"id":"{{name}}-rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000} }""")!);
        await shop.Ok("/v1/referrers", new { id = "rita" });
        foreach (var referee in referees) await shop.Ok("/v1/referrals", new { program_id = name, referee_id = referee, referrer_id = "rita" });
        return shop;
    }

    private async Task<Api> Books(string tenant) => new(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "finance", tenant }))["key"]!);

    private static Task<JsonNode> Alias(Api shop, string referee, string alias, string program = "x8") => shop.Ok($"/v1/referrals/{program}/{referee}/aliases", new { alias });

    private static (string?, string?, bool?) Named(JsonNode answer) => ((string?)answer["referee_id"], (string?)answer["alias"], (bool?)answer["duplicate"]);

    private static Task<JsonNode> Sell(Api shop, string id, string referee, string program = "x8") =>
        shop.Ok("/v1/actions", new { action_id = id, program_id = program, type = "sale", referee_id = referee, amount_minor = 10_000 });

    private static Task<JsonNode> Refund(Api shop, string id, string referee, string of, long minor) =>
        shop.Ok("/v1/actions", new { action_id = id, program_id = "x8", type = "refund", referee_id = referee, refund_of = of, amount_minor = minor });

    private static async Task<List<string?>> Listed(Api shop, string path, string field) => [.. (await shop.Ok(path + "&limit=100"))["data"]!.AsArray().Select(entry => (string?)entry![field])];

    private static async Task<long> Payable(Api shop, string asset = "USD") =>
        (long?)(await shop.Ok("/v1/referrers/rita/balance"))["balances"]!.AsArray().FirstOrDefault(line => (string)line!["asset"]! == asset)?["payable_minor"] ?? 0;
}
