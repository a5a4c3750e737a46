using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>What rewards of many referrals use or reach together, by HTTP: budgets and groups.</summary>
[Collection(OneServer.Name)]
public sealed class BookTests(LivingServer server)
{
    [Theory]
    [InlineData("referrer", "referrer_budget", "?referrer_id=rita")]
    [InlineData("program", "program_budget", "")]
    public async Task X5_a_budget_is_spent_over_all_referees_shown_and_raised(string per, string code, string query)
    {
        using var shop = await Sandbox($"x5-{per}", $$"""{"budget":{"per":"{{per}}","every":"month","amount_minor":1500} }""");
        Assert.Equal(
            [(1_000, "rewarded"), (500, "rewarded"), (0, code)],
            new[] { await Sell(shop, "a1", "anna"), await Sell(shop, "b1", "ben"), await Sell(shop, "a2", "anna") });
        var rule = $"x5-{per}-rule";
        var shown = await shop.Ok($"/v1/rules/{rule}/budget{query}");
        Assert.Equal((1_500, "2026-01", 1_500, 0), ((long)shown["amount_minor"]!, (string)shown["months"]![0]!["month"]!, (long)shown["months"]![0]!["used_minor"]!, (long)shown["months"]![0]!["left_minor"]!));

        await shop.Ok("/v1/actions", new { action_id = "r1", program_id = shop.Name, referee_id = "anna", type = "refund", refund_of = "a1", amount_minor = 2_000 });
        Assert.Equal((200, "rewarded"), await Sell(shop, "a3", "anna"));
        await Publish(shop, $$"""{"budget":{"per":"{{per}}","amount_minor":1800} }""");
        Assert.Equal((300, "rewarded"), await Sell(shop, "b2", "ben"));
        await LedgerCheck.Clean(await Books(shop.Name));
    }

    [Theory]
    [InlineData("referrer")]
    [InlineData("program")]
    public async Task X5_D16_what_is_taken_from_the_referrer_before_is_in_its_budget_after_a_re_assignment_too(string per)
    {
        using var shop = await Sandbox($"x5-moved-{per}", $$"""{"budget":{"per":"{{per}}","every":"month","amount_minor":9000},"hold":{"mode":"manual"} }""");
        await shop.Ok("/v1/referrers", new { id = "tom" });
        Assert.Equal((1_000, "rewarded"), await Sell(shop, "a1", "anna"));
        Assert.Equal((1_000, "rewarded"), await Sell(shop, "a2", "anna"));
        await Reassign("tom");
        await Send("r1", "refund", "a1", 5_000);
        await LedgerCheck.Clean(await Books(shop.Name));
        Assert.Equal((1_000, "rewarded"), await Sell(shop, "a3", "anna"));
        var held = (await shop.Ok($"/v1/rewards?program_id={shop.Name}"))["data"]!.AsArray().First(row => (string)row!["action_id"]! == "a2")!;
        await shop.Ok($"/v1/rewards/{held["id"]}/cancel", new { });
        await LedgerCheck.Clean(await Books(shop.Name));

        // And back: what had been taken meanwhile is given back, and what the other got is taken.
        await Reassign("rita");
        await Send("f1", "refund_failed", "r1", null);
        await Send("r2", "refund", "a3", null);
        Assert.Equal((1_000, "rewarded"), await Sell(shop, "b1", "ben"));
        await LedgerCheck.Clean(await Books(shop.Name));

        Task Reassign(string to) => shop.Ok($"/v1/referrals/{shop.Name}/anna/reassign", new { referrer_id = to });
        Task Send(string id, string type, string of, long? minor) =>
            shop.Ok("/v1/actions", new { action_id = id, program_id = shop.Name, referee_id = "anna", type, refund_of = of, amount_minor = minor });
    }

    [Theory]
    [InlineData("alone", null)]
    [InlineData("shared", """{"id":"x5-freed-shared-all","trigger":"recurring_action","reward":{"kind":"points","type":"fixed","amount_minor":1},"budget":{"per":"program","amount_minor":1000} }""")]
    public async Task X5_D16_what_is_taken_from_the_referrer_before_is_there_for_its_other_referees(string name, string? beside)
    {
        using var shop = await Sandbox($"x5-freed-{name}", """{"budget":{"per":"referrer","amount_minor":1000} }""");
        if (beside is not null) await shop.Ok($"/v1/programs/{shop.Name}/rules", JsonNode.Parse(beside)!);
        await shop.Ok("/v1/referrers", new { id = "tom" });
        Assert.Equal((1_000, "rewarded"), await Sell(shop, "a1", "anna"));
        await shop.Ok($"/v1/referrals/{shop.Name}/anna/reassign", new { referrer_id = "tom" });
        Assert.Equal((0, "referrer_budget"), await Sell(shop, "b1", "ben"));
        await shop.Ok("/v1/actions", new { action_id = "c1", program_id = shop.Name, referee_id = "anna", type = "chargeback", chargeback_of = "a1", amount_minor = 4_000 });
        Assert.Equal((400, "rewarded"), await Sell(shop, "b2", "ben"));

        // What its other referee has used of that is not there for a win.
        await shop.Ok("/v1/actions", new { action_id = "w1", program_id = shop.Name, referee_id = "anna", type = "chargeback_won", chargeback_of = "c1" });
        Assert.Equal((0, "referrer_budget"), await Sell(shop, "b3", "ben"));
        Assert.Equal((1_000, "rewarded"), await Sell(shop, "a2", "anna"));
        Assert.Equal((0, 1_000), await Balance(shop));
        await LedgerCheck.Clean(await Books(shop.Name));
    }

    [Fact]
    public async Task X5_requests_side_by_side_never_oversell_a_budget()
    {
        using var shop = await Sandbox("x5-many", """{"budget":{"per":"program","amount_minor":10050}}""", referees: 12);
        var given = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Sell(shop, $"a{i}", $"r{i % 12}")));
        Assert.Equal(10_050, given.Sum(one => one.Minor));
        await LedgerCheck.Clean(await Books(shop.Name));
    }

    [Fact]
    public async Task H14_grouped_rewards_show_sum_and_goal_and_are_payable_together()
    {
        using var shop = await Sandbox("h14", """{"hold":{"mode":"group","amount_minor":2500}}""");
        await Sell(shop, "a1", "anna");
        await Sell(shop, "b1", "ben");
        Assert.All(await Rewards(shop), row => Assert.Equal(("grouped", 2_000, 2_500), ((string)row!["state"]!, (long)row["group_sum_minor"]!, (long)row["group_goal_minor"]!)));
        Assert.Equal(2, (await Rewards(shop, "?state=grouped")).Count);
        Assert.Equal((2_000, 0), await Balance(shop));

        await Sell(shop, "a2", "anna", 6_000);
        Assert.Equal((0, 2_600), await Balance(shop));
        Assert.All(await Rewards(shop), row => Assert.Equal("released", (string)row!["state"]!));
        Assert.Equal(3, (await Rewards(shop, "?state=released")).Count);
        Assert.Equal("released", (string)(await shop.Ok("/v1/actions/b1"))["decisions"]![0]!["reward"]!["state"]!);
        await LedgerCheck.Clean(await Books("h14"));

        // What comes now is the next group; a refund shrinks its sum, and of what was released it takes from what is payable.
        await Sell(shop, "b2", "ben");
        await shop.Ok("/v1/actions", new { action_id = "r1", program_id = "h14", referee_id = "ben", type = "refund", refund_of = "b2", amount_minor = 4_000 });
        await shop.Ok("/v1/actions", new { action_id = "r2", program_id = "h14", referee_id = "ben", type = "refund", refund_of = "b1", amount_minor = 1_000 });
        var group = (await shop.Ok("/v1/referrers/rita/groups"))["groups"]![0]!;
        Assert.Equal((2, 600, 2_500), ((int)group["number"]!, (long)group["sum_minor"]!, (long)group["goal_minor"]!));
        Assert.Equal((600, 2_500), await Balance(shop));

        // A person need not wait for the amount.
        await shop.Ok("/v1/referrers/rita/groups/h14-rule/release", new { });
        Assert.Equal((0, 3_100), await Balance(shop));
        await LedgerCheck.Clean(await Books("h14"));
    }

    [Fact]
    public async Task H14_what_has_no_value_cannot_be_grouped()
    {
        using var shop = await Sandbox("h14v", "{}");
        Assert.Equal(
            (422, "group_needs_value"),
            await shop.Problem("/v1/programs/h14v/rules", JsonNode.Parse("""{"trigger":"recurring_action","reward":{"kind":"custom","item":"mug","type":"fixed","amount_minor":1},"hold":{"mode":"group","amount_minor":2}}""")!));
        Assert.Equal(
            (400, "missing_field"),
            await shop.Problem("/v1/programs/h14v/rules", JsonNode.Parse("""{"trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":1},"hold":{"mode":"group"}}""")!));
    }

    private async Task<Till> Sandbox(string name, string rule, int referees = 0)
    {
        await server.Api.Ok("/v1/tenants", new { id = name, sandbox = true, clock_at = "2026-01-10T00:00:00Z" });
        var shop = new Till(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = name }))["key"]!, name);
        await shop.Ok("/v1/programs", new { id = name, name, currency = "USD", time_zone = "UTC" });
        await Publish(shop, rule);
        await shop.Ok("/v1/referrers", new { id = "rita" });
        foreach (var referee in Enumerable.Range(0, referees).Select(i => $"r{i}").Concat(["anna", "ben"]))
            await shop.Ok("/v1/referrals", new { program_id = name, referee_id = referee, referrer_id = "rita" });
        return shop;
    }

    private static Task<JsonNode> Publish(Till shop, string more)
    {
        var rule = JsonNode.Parse(more)!.AsObject();
        (rule["id"], rule["trigger"]) = ($"{shop.Name}-rule", "recurring_action");
        rule["reward"] = JsonNode.Parse("""{"kind":"cash","type":"percent","basis_points":1000}""");
        return shop.Ok($"/v1/programs/{shop.Name}/rules", rule);
    }

    private async Task<Api> Books(string tenant) => new(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "finance", tenant }))["key"]!);

    private static async Task<(long Minor, string Code)> Sell(Till shop, string id, string referee, long minor = 10_000)
    {
        var answer = await shop.Ok("/v1/actions", new { action_id = id, program_id = shop.Name, type = "sale", referee_id = referee, amount_minor = minor });
        var decision = answer["decisions"]![0]!;
        return ((long?)decision["reward"]?["amount_minor"] ?? 0, (string)decision["code"]!);
    }

    private static async Task<JsonArray> Rewards(Till shop, string query = "") => (await shop.Ok("/v1/referrers/rita/rewards" + query))["data"]!.AsArray();

    private static async Task<(long Pending, long Payable)> Balance(Till shop)
    {
        var line = (await shop.Ok("/v1/referrers/rita/balance"))["balances"]!.AsArray().Single(one => (string)one!["asset"]! == "USD")!;
        return ((long)line["pending_minor"]!, (long)line["payable_minor"]!);
    }

    private sealed class Till(Uri address, string key, string name) : IDisposable
    {
        private readonly Api api = new(address, key);

        public string Name => name;

        public Task<JsonNode> Ok(string path, object? body = null) => api.Ok(path, body);

        public async Task<(int Status, string? Code)> Problem(string path, object body) => await api.Post(path, body) is var answer ? (answer.Status, answer.Code) : default;

        public void Dispose() => api.Dispose();
    }
}
