using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>What an action may say beyond its amount, and rules that read it: base, lines, attributes, steps, exclusive groups.</summary>
[Collection(OneServer.Name)]
public sealed class ActionDetailTests(LivingServer server)
{
    private Api Api => server.Api;

    [Fact]
    public async Task X1_a_base_beside_the_amount()
    {
        var shop = await server.OpenShop();
        var sale = await Sold(shop, "x1", """ "amount_minor":12000,"base_minor":10000 """);
        Assert.Equal(1_000, Reward(sale));
        Assert.Equal(-500, Reward(await Refunded(shop, "x1", """ "amount_minor":6000 """)));
        Assert.Equal(10_000, (long)(await Api.Ok($"/v1/actions/{shop.Program}-x1"))["base_minor"]!);
        foreach (var wrong in (string[])[""" "amount_minor":1,"base_minor":2 """, """ "base_minor":0 """, """ "amount_minor":1,"base_minor":-1 """])
            Assert.Equal((422, "invalid_base"), Problem(await Send(shop, "wrong", "sale", wrong)));
        Assert.Equal((422, "invalid_base"), Problem(await Send(shop, "wrong", "refund", $$""" "refund_of":"{{shop.Program}}-x1","amount_minor":2,"base_minor":1 """)));
        await LedgerCheck.Clean(Api);
    }

    [Fact]
    public async Task X2_a_product_condition_rewards_only_the_matching_lines()
    {
        var shop = await server.OpenShop(rule: Percent("""{"product_ids":["a"]}"""));
        const string Lines = """ "amount_minor":10000,"lines":[{"product_id":"a","amount_minor":3000},{"product_id":"b","amount_minor":7000}] """;
        Assert.Equal(300, Reward(await Sold(shop, "x2", Lines)));
        Assert.True((bool)(await Sold(shop, "x2", Lines))["duplicate"]!);
        Assert.Equal(-150, Reward(await Refunded(shop, "x2", """ "amount_minor":5000 """)));
        Assert.Equal(-150, Reward(await Refunded(shop, "x2", """ "lines":[{"product_id":"a","amount_minor":3000}] """)));
        Assert.Equal(3_000, (long)(await Api.Ok($"/v1/actions/{shop.Program}-x2"))["lines"]![0]!["amount_minor"]!);
        foreach (var wrong in (string[])
            [
                """ "amount_minor":9,"lines":[{"product_id":"a","amount_minor":5},{"product_id":"b","amount_minor":5}] """,
                """ "amount_minor":9,"lines":[{"product_id":"a","amount_minor":5,"base_minor":1},{"product_id":"b","amount_minor":4}] """,
                """ "amount_minor":9,"base_minor":3,"lines":[{"product_id":"a","amount_minor":5,"base_minor":1}] """,
                """ "amount_minor":9,"lines":[{"product_id":"a","amount_minor":5,"base_minor":6}] """,
            ])
            Assert.Equal((422, "invalid_lines"), Problem(await Send(shop, "wrong", "sale", wrong)));
        Assert.Equal((400, "unknown_field"), Problem(await Send(shop, "wrong", "sale", """ "amount_minor":9,"lines":[{"product":"a"}] """)));
        await LedgerCheck.Clean(Api);
    }

    [Fact]
    public async Task X3_the_rate_changes_with_the_nth_reward()
    {
        var shop = await server.OpenShop(rule: JsonNode.Parse(
            """{"trigger":"recurring_action","reward":{"kind":"cash"},"steps":[{"until_count":3,"basis_points":4000},{"basis_points":2000}]}"""));
        var rewards = new List<long>();
        for (var i = 0; i < 4; i++) rewards.Add(Reward(await Sold(shop, $"x3-{i}", """ "amount_minor":1000 """)));
        Assert.Equal([400, 400, 400, 200], rewards);
    }

    [Fact]
    public async Task X4_tags_attributes_and_groups_choose_the_rule()
    {
        var shop = await server.OpenShop(rule: Percent("""{"referrer_tags":{"any_of":["gold"]},"attributes":{"kind":["new","renewal"]}}""", priority: 1));
        var other = JsonNode.Parse("""{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":100},"exclusive":{"group":"rate","priority":1}}""")!;
        other["id"] = shop.Program + "-other";
        Assert.Equal((422, "exclusive_priority_taken"), Problem(await Api.PostRaw($"/v1/programs/{shop.Program}/rules", other.ToJsonString())));
        foreach (var wrong in (string[])["5", """{"any_of":["a"],"all_of":["b"]}""", """{"any_of":"a"}"""])
        {
            var answer = await Api.PostRaw($"/v1/programs/{shop.Program}/rules", Percent($$"""{"referee_tags":{{wrong}}}""").ToJsonString());
            Assert.Equal((400, "invalid_field", "conditions.referee_tags"), (answer.Status, answer.Code, answer.Param));
        }

        other["exclusive"]!["priority"] = 2;
        await Api.Ok($"/v1/programs/{shop.Program}/rules", other);
        await Api.Ok($"/v1/rules/{shop.Program}-other/join", new { });

        Assert.Equal(["referrer_tag", "rewarded"], Codes(await Sold(shop, "x4-1", """ "amount_minor":1000,"attributes":{"kind":"new"} """)));
        Assert.Equal(200, (await Api.Send(HttpMethod.Patch, $"/v1/referrers/{shop.Referrers[0]}", System.Net.Http.Json.JsonContent.Create(new { tags = (string[])["gold"] }))).Status);
        Assert.Equal(["rewarded", "other_rule_decided"], Codes(await Sold(shop, "x4-2", """ "amount_minor":1000,"attributes":{"kind":"new"} """)));
        Assert.Equal(["attributes", "rewarded"], Codes(await Sold(shop, "x4-3", """ "amount_minor":1000,"attributes":{"kind":"trial"},"metadata":{"kind":"new"} """)));

        // D11: attributes are content, in whatever order; metadata is not.
        Assert.Equal((409, "action_conflict"), Problem(await Send(shop, "x4-3", "sale", """ "amount_minor":1000,"attributes":{"kind":"new"} """)));
        Assert.True((bool)(await Sold(shop, "x4-3", """ "amount_minor":1000,"attributes":{"more":"","kind":"trial"} """))["duplicate"]!);
    }

    [Fact]
    public async Task S5_only_the_first_paid_invoice_is_rewarded()
    {
        var shop = await server.OpenShop(rule: JsonNode.Parse("""{"trigger":"first_action","reward":{"kind":"credit","type":"fixed","amount_minor":2500}}"""));
        Assert.Equal(["not_first"], Codes(await Sold(shop, "trial", """ "amount_minor":0 """)));
        Assert.Equal(2_500, Reward(await Sold(shop, "first", """ "amount_minor":4900 """)));
        Assert.Equal(["not_first"], Codes(await Sold(shop, "second", """ "amount_minor":4900 """)));
        var balance = (await Api.Ok($"/v1/referrers/{shop.Referrers[0]}/balance"))["balances"]![0]!;
        Assert.Equal(("credit:GBP", 2_500), ((string)balance["asset"]!, (long)balance["payable_minor"]!));
    }

    private static JsonNode Percent(string conditions, int? priority = null)
    {
        var rule = JsonNode.Parse("""{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000}}""")!;
        rule["conditions"] = JsonNode.Parse(conditions);
        if (priority is { } place) rule["exclusive"] = new JsonObject { ["group"] = "rate", ["priority"] = place };
        return rule;
    }

    private async Task<JsonNode> Sold(Shop shop, string id, string more) => Done(await Send(shop, id, "sale", more));

    private async Task<JsonNode> Refunded(Shop shop, string of, string more) =>
        Done(await Send(shop, $"r{Guid.NewGuid():N}", "refund", $$""" "refund_of":"{{shop.Program}}-{{of}}",{{more}} """));

    private Task<Answer> Send(Shop shop, string id, string type, string more) => Api.PostRaw(
        "/v1/actions", $$"""{"action_id":"{{shop.Program}}-{{id}}","program_id":"{{shop.Program}}","referee_id":"{{shop.Referees[0]}}","type":"{{type}}","occurred_at":"2026-02-01T00:00:00Z",{{more}}}""");

    private static JsonNode Done(Answer answer)
    {
        Assert.Equal(200, answer.Status);
        return answer.Json;
    }

    private static (int, string?) Problem(Answer answer) => (answer.Status, (string?)answer.Json["code"]);

    private static long Reward(JsonNode outcome) => (long)outcome["decisions"]![0]!["reward"]!["amount_minor"]!;

    private static IEnumerable<string> Codes(JsonNode outcome) => outcome["decisions"]!.AsArray().Select(decision => (string)decision!["code"]!);
}
