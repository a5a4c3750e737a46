using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Web.Tests.World;

/// <summary>What a referrer looks at in the portal.</summary>
internal static class ReferrersShop
{
    public static async Task Follow(Person person, Api shop, string heading)
    {
        await person.Page.GotoAsync((string)(await shop.Ok("/v1/portal_links", new { referrer_id = "rita" }))["url"]!);
        await person.Heading(heading);
    }

    /// <summary>A sandbox where Rita has referred four people, three have bought, and one has sent something back.</summary>
    public static async Task<Api> Open(Marketplace market, string tenant, bool cash = true)
    {
        var (shop, _) = await market.NewSandbox(tenant, "2026-01-10T00:00:00Z");
        using var finance = new Api(market.Address, (await market.NewKey("finance", tenant)).Key);
        await finance.Send(HttpMethod.Put, "/v1/payout_terms", System.Net.Http.Json.JsonContent.Create(new
        {
            minimums = new[] { new { currency = "USD", amount_minor = 5_000 } },
            schedule = new { every = "month", day = 1 },
            time_zone = "UTC",
        }));
        await shop.Ok("/v1/programs", new
        {
            id = tenant,
            name = "Friends of Acme",
            currency = "USD",
            time_zone = "UTC",
            share_url = "https://acme.example/join?code={code}",
            new_customer_discount = new { type = "fixed", value = 1_500 },
        });
        if (cash)
            await shop.Ok($"/v1/programs/{tenant}/rules", JsonNode.Parse(
                """{"id":"ten","name":"10% of each purchase","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"hold":{"mode":"days","days":14}}""")!);
        await shop.Ok($"/v1/programs/{tenant}/rules", JsonNode.Parse(
            """
            {"id":"many","name":"More for many","trigger":"recurring_action","acknowledge_warnings":true,"reward":{"kind":"points","type":"fixed"},
             "tiers":[{"by":"count","min":1,"max":4,"amount_minor":50},{"by":"count","min":5,"amount_minor":100}]}
            """)!);
        await shop.Ok("/v1/referrers", new { id = "rita", name = "Rita", code = "RITA-10", cash_opt_in = true });
        foreach (var referee in (string[])["anna.smith", "ben.jones", "carla.diaz", "dora.leeson"]) await shop.Ok("/v1/referrals", new { program_id = tenant, referee_id = referee, referrer_id = "rita" });
        await Sell("s1", "anna.smith", 12_900);
        await Sell("s2", "ben.jones", 25_000);
        await shop.Ok("/v1/test_clock/advance", new { to = "2026-02-01T12:00:00Z" });
        await Sell("s3", "carla.diaz", 8_800);
        await shop.Ok("/v1/actions", new { action_id = "r1", program_id = tenant, type = "refund", referee_id = "anna.smith", refund_of = "s1", amount_minor = 4_000 });
        return shop;

        Task<JsonNode> Sell(string id, string referee, long minor) => shop.Ok("/v1/actions", new { action_id = id, program_id = tenant, type = "sale", referee_id = referee, amount_minor = minor });
    }
}
