using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>From a program to a reward, as an integrator meets it: by HTTP against the real server.</summary>
[Collection(OneServer.Name)]
public sealed class StoryTests(LivingServer server)
{
    private Api Api => server.Api;

    [Fact]
    public async Task V8_R1_a_paid_order_of_a_referee_rewards_the_referrer_and_every_page_says_so()
    {
        var shop = await server.OpenShop();
        var (referrer, referee) = (shop.Referrers[0], shop.Referees[0]);
        var sale = shop.Sale(referee, 4_905);
        var answer = await Api.Ok("/v1/actions", JsonNode.Parse(sale.Json)!);
        var decision = Assert.Single(answer["decisions"]!.AsArray())!;
        var reward = (string)decision["reward"]!["id"]!;
        var enrollment = (string)decision["enrollment_id"]!;
        Assert.Equal("rewarded", (string?)answer["status"]);
        Assert.Equal(("GBP", 491, "pending"), ((string)decision["reward"]!["asset"]!, (long)decision["reward"]!["amount_minor"]!, (string)decision["reward"]!["state"]!));
        Assert.Equal(new Earned(491, 0), (await shop.Balances(Api))[referrer]);

        // D20: why, in the words of the first answer.
        var explained = await Api.Ok($"/v1/actions/{sale.Id}");
        Assert.Equal(decision["because"]!.ToJsonString(), explained["decisions"]![0]!["because"]!.ToJsonString());
        Assert.NotEmpty(decision["because"]!.AsArray());

        var rewards = await Api.Ok($"/v1/referrers/{referrer}/rewards");
        Assert.Equal([reward], rewards["data"]!.AsArray().Select(one => (string)one!["id"]!));
        var referral = await Api.Ok($"/v1/referrals/{shop.Program}/{referee}");
        Assert.Contains(reward, referral.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(enrollment, referral.ToJsonString(), StringComparison.Ordinal);
        foreach (var page in (string[])[$"/v1/referrers/{referrer}/activity", $"/v1/referrals/{shop.Program}/{referee}/activity", $"/v1/enrollments/{enrollment}/activity"])
            Assert.Contains($"\"{sale.Id}\"", (await Api.Ok(page)).ToJsonString(), StringComparison.Ordinal);
        await LedgerCheck.Clean(Api);
    }

    [Fact]
    public async Task D8_refunds_take_back_their_shares_of_the_recorded_reward()
    {
        var rule = new
        {
            id = "third",
            name = "a third",
            trigger = "recurring_action",
            reward = new { kind = "cash", type = "percent", basis_points = 3330 },
            hold = new { mode = "days", days = 30 },
        };
        var shop = await server.OpenShop(rule: rule);
        var sale = shop.Sale(shop.Referees[0], 1_000);
        await Api.Ok("/v1/actions", JsonNode.Parse(sale.Json)!);
        var taken = 0L;
        foreach (var (refund, back) in ((long, long)[])[(300, 100), (300, 100), (400, 133), (500, 0)])
        {
            var answer = await Api.Ok("/v1/actions", JsonNode.Parse(shop.Refund(sale, refund).Json)!);
            Assert.Equal("reversed", (string?)answer["status"]);
            Assert.Equal(new Earned(333, taken += back), (await shop.Balances(Api))[shop.Referrers[0]]);
        }

        await LedgerCheck.Clean(Api);
    }

    [Fact]
    public async Task X6_what_was_earned_and_paid_elsewhere_is_booked_once_and_what_is_spent_is_paid()
    {
        var shop = await server.OpenShop();
        var (referrer, id) = (shop.Referrers[0], shop.Program);
        object Entry(string entry, string asset, long minor, bool paid = false) => new { entry_id = $"{id}-{entry}", asset, amount_minor = minor, reason = "brought along", already_paid = paid };
        Assert.Null((await Api.Ok($"/v1/referrers/{referrer}/entries", Entry("earned", "gbp", 700)))["duplicate"]);
        await Api.Ok($"/v1/referrers/{referrer}/entries", Entry("paid", "GBP", 500, paid: true));
        Assert.True((bool)(await Api.Ok($"/v1/referrers/{referrer}/entries", Entry("earned", "GBP", 700)))["duplicate"]!);
        Assert.Equal((409, "conflict"), Answer(await Api.Post($"/v1/referrers/{referrer}/entries", Entry("earned", "GBP", 701))));
        Assert.Equal((400, "invalid_field"), Answer(await Api.Post($"/v1/referrers/{referrer}/entries", Entry("none", "GBP", 0))));
        Assert.Equal((400, "invalid_field"), Answer(await Api.Post($"/v1/referrers/{referrer}/entries", Entry("less", "GBP", -1, paid: true))));
        Assert.Equal((400, "invalid_field"), Answer(await Api.Post($"/v1/referrers/{referrer}/entries", Entry("what", "gold", 1))));

        await Api.Ok($"/v1/referrers/{referrer}/entries", Entry("credit", "credit:GBP", 300));
        Assert.Equal((422, "balance_insufficient"), Answer(await Api.Post($"/v1/referrers/{referrer}/spends", new { spend_id = $"{id}-s", asset = "credit:GBP", amount_minor = 301 })));
        await Api.Ok($"/v1/referrers/{referrer}/spends", new { spend_id = $"{id}-s", asset = "credit:GBP", amount_minor = 120 });
        var balances = (await Api.Ok($"/v1/referrers/{referrer}/balance"))["balances"]!.AsArray().ToDictionary(line => (string)line!["asset"]!, line => ((long)line!["earned_minor"]!, (long)line["payable_minor"]!, (long)line["paid_minor"]!));
        Assert.Equal(((700, 200, 500), (300, 180, 120)), (balances["GBP"], balances["credit:GBP"]));

        var first = await Api.Ok($"/v1/referrers/{referrer}/entries?limit=2");
        Assert.Equal([$"{id}-credit", $"{id}-paid"], first["data"]!.AsArray().Select(one => (string)one!["entry_id"]!));
        var rest = await Api.Ok($"/v1/referrers/{referrer}/entries?limit=2&starting_after={(string)first["data"]![1]!["id"]!}");
        Assert.Equal([$"{id}-earned"], rest["data"]!.AsArray().Select(one => (string)one!["entry_id"]!));
        Assert.False((bool)rest["has_more"]!);
        await LedgerCheck.Clean(Api);

        static (int, string?) Answer(Answer answer) => (answer.Status, answer.Code);
    }

    [Fact]
    public async Task R12_a_dry_run_says_what_would_be_and_saves_nothing()
    {
        var shop = await server.OpenShop();
        var sale = shop.Sale(shop.Referees[0], 1_000);
        var dry = await Api.PostRaw("/v1/actions?dry_run=true", sale.Json);
        Assert.Equal(100, (long)dry.Json["decisions"]![0]!["reward"]!["amount_minor"]!);
        Assert.Equal(404, (await Api.Get($"/v1/actions/{sale.Id}")).Status);
        Assert.Equal(default, (await shop.Balances(Api))[shop.Referrers[0]]);
        Assert.Null((await Api.Ok("/v1/actions", JsonNode.Parse(sale.Json)!))["duplicate"]);
    }

    [Fact]
    public async Task R12_D11_an_action_by_hand_may_lie_in_the_past_and_keeps_its_internal_note()
    {
        var shop = await server.OpenShop();
        var sale = JsonNode.Parse(shop.Sale(shop.Referees[0], 1_000).Json)!;
        var at = $"/v1/actions/{(string)sale["action_id"]!}";
        (sale["occurred_at"], sale["note"]) = ("2026-01-02T03:04:05Z", "paid in cash, told by phone");
        Assert.Equal("rewarded", (string?)(await Api.Ok("/v1/actions", sale))["status"]);
        sale["note"] = "another";
        Assert.True((bool)(await Api.Ok("/v1/actions", sale))["duplicate"]!);

        var kept = await Api.Ok(at);
        Assert.Equal(("2026-01-02T03:04:05Z", "paid in cash, told by phone"), ((string?)kept["occurred_at"], (string?)kept["note"]));
    }

    [Fact]
    public async Task V7_R3_what_earns_nothing_says_why()
    {
        var shop = await server.OpenShop();
        var early = JsonNode.Parse(shop.Sale(shop.Referees[0], 1_000).Json)!;
        early["occurred_at"] = "2025-12-31T23:59:59Z";
        Assert.Equal("before_approval", Code(await Api.Ok("/v1/actions", early)));
        var foreign = JsonNode.Parse(shop.Sale(shop.Referees[0], 1_000).Json)!;
        foreign["currency"] = "EUR";
        Assert.Equal("currency_mismatch", Code(await Api.Ok("/v1/actions", foreign)));
        var unknown = await Api.Ok("/v1/actions", JsonNode.Parse(shop.Sale(shop.Program + "-nobody", 1_000).Json)!);
        Assert.Equal(("parked", "referral_missing"), ((string?)unknown["status"], (string?)unknown["code"]));
        Assert.Equal(default, (await shop.Balances(Api))[shop.Referrers[0]]);

        static string? Code(JsonNode answer) => (string?)answer["decisions"]![0]!["code"];
    }

    [Fact]
    public async Task H13_D14_the_clock_of_a_sandbox_releases_a_held_reward()
    {
        await Api.Ok("/v1/tenants", new { id = "sandbox", sandbox = true, clock_at = "2026-02-01T00:00:00Z" });
        var key = (string)(await Api.Ok("/v1/api_keys", new { role = "admin", tenant = "sandbox" }))["key"]!;
        var finance = (string)(await Api.Ok("/v1/api_keys", new { role = "finance", tenant = "sandbox" }))["key"]!;
        using var sandbox = new Api(Api.Address, key);
        var shop = await Shop.Open(sandbox, "shop", referrers: 1, refereesEach: 1);
        var sale = shop.Sale(shop.Referees[0], 1_000);
        await sandbox.Ok("/v1/actions", JsonNode.Parse(sale.Json)!);

        await sandbox.Ok("/v1/test_clock/advance", new { to = "2026-03-02T23:59:59Z" });
        Assert.Equal((100, 0), await Held(sandbox, shop));
        await sandbox.Ok("/v1/test_clock/advance", new { to = "2026-03-03T00:00:00Z" });
        Assert.Equal((0, 100), await Held(sandbox, shop));
        await sandbox.Ok("/v1/test_clock/advance", new { to = "2026-03-03T00:00:00Z" });
        Assert.Equal((0, 100), await Held(sandbox, shop));
        Assert.Equal(422, (await sandbox.Post("/v1/test_clock/advance", new { to = "2026-03-01T00:00:00Z" })).Status);
        Assert.Equal(422, (await Api.Post("/v1/test_clock/advance", new { to = "2026-03-03T00:00:00Z" })).Status);

        // D8: after release what is taken back makes payable smaller, below zero if need be, and what is released next earns it back.
        await sandbox.Ok($"/v1/referrers/{shop.Referrers[0]}/entries", new { entry_id = "elsewhere", asset = "GBP", amount_minor = 100, reason = "paid by hand", already_paid = true });
        await sandbox.Ok("/v1/actions", JsonNode.Parse(shop.Refund(sale, 1_000).Json)!);
        Assert.Equal((0, -100), await Held(sandbox, shop));
        await sandbox.Ok("/v1/actions", JsonNode.Parse(shop.Sale(shop.Referees[0], 1_500).Json)!);
        Assert.Equal((150, -100), await Held(sandbox, shop));
        await sandbox.Ok("/v1/test_clock/advance", new { to = "2026-04-03T00:00:00Z" });
        Assert.Equal((0, 50), await Held(sandbox, shop));
        using var books = new Api(Api.Address, finance);
        await LedgerCheck.Clean(books);
    }

    [Fact]
    public async Task H15_while_nobody_can_say_whether_the_customer_is_active_a_reward_stays_pending_and_can_be_sent()
    {
        await Api.Ok("/v1/tenants", new { id = "h15", sandbox = true, clock_at = "2026-02-01T00:00:00Z" });
        using var sandbox = new Api(Api.Address, (string)(await Api.Ok("/v1/api_keys", new { role = "admin", tenant = "h15" }))["key"]!);
        var rule = new
        {
            trigger = "recurring_action",
            reward = new { kind = "cash", type = "percent", basis_points = 1000 },
            hold = new { mode = "days_then_active_customer", days = 14 },
        };
        var shop = await Shop.Open(sandbox, "shop", referrers: 1, refereesEach: 1, rule);
        var sold = await sandbox.Ok("/v1/actions", JsonNode.Parse(shop.Sale(shop.Referees[0], 1_000).Json)!);
        await sandbox.Ok("/v1/test_clock/advance", new { to = "2026-03-01T00:00:00Z" });
        Assert.Equal((100, 0), await Held(sandbox, shop));
        await sandbox.Ok($"/v1/rewards/{(string)sold["decisions"]![0]!["reward"]!["id"]!}/release", new { });
        Assert.Equal((0, 100), await Held(sandbox, shop));
    }

    private static async Task<(long Pending, long Payable)> Held(Api api, Shop shop)
    {
        var balance = (await api.Ok($"/v1/referrers/{shop.Referrers[0]}/balance"))["balances"]![0]!;
        return ((long)balance["pending_minor"]!, (long)balance["payable_minor"]!);
    }
}
