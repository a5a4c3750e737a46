using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>What people see and decide, by HTTP: flags, codes and what is shared, figures, and a referrer that leaves.</summary>
[Collection(OneServer.Name)]
public sealed class ReviewTests(LivingServer server)
{
    [Fact]
    public async Task X9_D16_a_self_referral_is_flagged_held_and_cleared_or_confirmed()
    {
        using var shop = await Sandbox("x9");
        await Refer(shop, "x9", "anna", "rita@example.com");
        await Refer(shop, "x9", "rita");
        await Sell(shop, "x9", "a1", "anna");
        await Sell(shop, "x9", "b1", "rita");
        var open = (await shop.Ok("/v1/flags?state=open"))["data"]!.AsArray();
        Assert.Equal([("anna", "same_email"), ("rita", "same_id")], open.Select(flag => ((string)flag!["referee_id"]!, (string)flag["reason"]!)).Order());
        Assert.Equal((2_000, 0), await Balance(shop));
        Assert.Equal("anna", (string)Assert.Single((await shop.Ok("/v1/flags?program_id=x9&referee_id=anna&state=open"))["data"]!.AsArray())!["referee_id"]!);
        foreach (var none in (string[])["program_id=x9&referee_id=anna&state=cleared", "program_id=x9&referee_id=nobody", "referrer_id=rita", "referrer_id=nobody"])
            Assert.Empty((await shop.Ok("/v1/flags?" + none))["data"]!.AsArray());

        var anna = open.First(flag => (string)flag!["referee_id"]! == "anna")!;
        Assert.Equal("cleared", (string)(await shop.Ok($"/v1/flags/{anna["id"]}/clear", new { reason = "a couple" }))["state"]!);
        Assert.Equal((1_000, 1_000), await Balance(shop));
        var rita = open.First(flag => (string)flag!["referee_id"]! == "rita")!;
        Assert.Equal("confirmed", (string)(await shop.Ok($"/v1/flags/{rita["id"]}/confirm", new { }))["state"]!);
        Assert.Equal((0, 1_000), await Balance(shop));
        Assert.Equal("cancelled", (string)(await shop.Ok("/v1/referrals/x9/rita"))["status"]!);
        Assert.Empty((await shop.Ok("/v1/flags?state=open"))["data"]!.AsArray());
        await LedgerCheck.Clean(await Books("x9"));
    }

    [Fact]
    public async Task X9_one_mailbox_of_several_referrers_and_many_attributions_are_flags_on_referrers()
    {
        using var shop = await Sandbox("x9r");
        await shop.Ok("/v1/referrers", new { id = "tom", email = "Rita+2@Example.com" });
        for (var i = 0; i < 21; i++) await Refer(shop, "x9r", $"c{i}");
        var flags = (await shop.Ok("/v1/flags"))["data"]!.AsArray();
        Assert.Equal([("rita", "many_attributions"), ("tom", "shared_email")], flags.Select(flag => ((string)flag!["referrer_id"]!, (string)flag["kind"]!)).Order());
        Assert.All(flags, flag => Assert.DoesNotContain("@", flag!.ToJsonString(), StringComparison.Ordinal));
        Assert.Equal("shared_email", (string)Assert.Single((await shop.Ok("/v1/flags?referrer_id=tom"))["data"]!.AsArray())!["kind"]!);
        var first = (await shop.Ok("/v1/flags?limit=1"))["data"]![0]!;
        Assert.Single((await shop.Ok($"/v1/flags?starting_after={first["id"]}"))["data"]!.AsArray());
        Assert.Equal("confirmed", (string)(await shop.Ok($"/v1/flags/{first["id"]}/confirm", new { }))["state"]!);
        Assert.Equal("cleared", (string)(await shop.Ok($"/v1/flags/{first["id"]}/clear", new { }))["state"]!);

        // One account for several referrers is a flag on the second.
        using var finance = await Books("x9r");
        await shop.Ok("/v1/referrers", new { id = "uma" });
        await shop.Ok("/v1/referrers/rita/onboarding_link", new { return_url = "https://shop.test/back", country = "GB" });
        var account = (string)(await finance.Ok("/v1/referrers/rita/payout_account"))["stripe_account_id"]!;
        Assert.True((await finance.Send(HttpMethod.Put, "/v1/referrers/uma/payout_account", JsonContent.Create(new { stripe_account_id = account }))).IsSuccess);
        var shared = Assert.Single((await shop.Ok("/v1/flags?state=open"))["data"]!.AsArray(), static flag => (string)flag!["kind"]! == "shared_payout_account")!;
        Assert.Equal("uma", (string)shared["referrer_id"]!);
        Assert.DoesNotContain(account, shared.ToJsonString(), StringComparison.Ordinal);

        // And who is paid at it does not refer anybody else with it (D16).
        await Refer(shop, "x9r", "uma");
        await Sell(shop, "x9r", "u1", "uma");
        var own = Assert.Single((await shop.Ok("/v1/flags?state=open"))["data"]!.AsArray(), static flag => (string)flag!["kind"]! == "self_referral")!;
        Assert.Equal(("uma", "same_account"), ((string)own["referee_id"]!, (string)own["reason"]!));
        Assert.Equal((1_000, 0), await Balance(shop));
        await LedgerCheck.Clean(finance);
    }

    [Fact]
    public async Task X9_many_attributions_are_those_of_any_hour()
    {
        using var shop = await Sandbox("x9h");
        await Refer(shop, "x9h", "early");
        await shop.Ok("/v1/test_clock/advance", new { to = "2026-01-10T00:58:00Z" });
        for (var i = 0; i < 19; i++) await Refer(shop, "x9h", $"c{i}");
        await shop.Ok("/v1/test_clock/advance", new { to = "2026-01-10T01:01:00Z" });
        await Refer(shop, "x9h", "c19");
        Assert.Empty((await shop.Ok("/v1/flags"))["data"]!.AsArray());
        await Refer(shop, "x9h", "c20");
        Assert.Equal("many_attributions", (string)Assert.Single((await shop.Ok("/v1/flags"))["data"]!.AsArray())!["kind"]!);
    }

    [Fact]
    public async Task V1_S2_a_referrer_chooses_its_code_and_shares_it()
    {
        using var shop = await Sandbox("s2");
        await shop.Ok("/v1/referrers", new { id = "uma", code = " uma-10 " });
        Assert.Equal((409, "code_taken"), await Problem(shop, "/v1/referrers", new { id = "una", code = "UMA-10" }));
        Assert.Equal((400, "invalid_field"), await Problem(shop, "/v1/referrers", new { id = "una", code = "no" }));
        var bare = await shop.Ok("/v1/referrers/uma/share?program_id=s2");
        Assert.Null(bare["link"]);
        await Patch(shop, "/v1/programs/s2", new { share_url = "https://s2.example/join?code={code}", new_customer_discount = new { type = "percent", value = 1_500 } });
        var share = await shop.Ok("/v1/referrers/uma/share?program_id=s2");
        Assert.Equal(("UMA-10", "https://s2.example/join?code=UMA-10"), ((string)share["code"]!, (string)share["link"]!));
        Assert.Equal(
            "I recommend s2. You get 15 % off your first invoice. Sign up with my code UMA-10: https://s2.example/join?code=UMA-10", (string)share["texts"]!["copy"]!);
        Assert.StartsWith("sms:?&body=I%20recommend", (string)share["texts"]!["sms"]!, StringComparison.Ordinal);
        Assert.StartsWith("mailto:?subject=s2&body=", (string)share["texts"]!["email"]!, StringComparison.Ordinal);
        await shop.Ok("/v1/redemptions", new { program_id = "s2", code = "uma-10", referee_id = "anna" });
        Assert.Equal("uma", (string)(await shop.Ok("/v1/referrals/s2/anna"))["referrer_id"]!);
        await Patch(shop, "/v1/referrers/uma", new { code = "UMA-20" });
        Assert.Equal((404, "code_not_found"), await Problem(shop, "/v1/redemptions", new { program_id = "s2", code = "UMA-10", referee_id = "ben" }));
    }

    [Fact]
    public async Task S11_figures_count_referrers_clients_rewards_and_what_waits()
    {
        using var shop = await Sandbox("s11");
        await Refer(shop, "s11", "anna");
        await Refer(shop, "s11", "ben");
        await shop.Ok("/v1/referrals", new { program_id = "s11", referee_id = "carl", referrer_id = "rita", status = "pending" });
        await Sell(shop, "s11", "a1", "anna");
        await Sell(shop, "s11", "b0", "ben", 0);
        await Refund(shop, "s11", "r1", "anna", "a1", 5_000);
        Assert.Equal((1, 1, 1), Counted(await shop.Ok("/v1/programs/s11/figures")));
        var cash = (await shop.Ok("/v1/programs/s11/figures"))["rewards"]!.AsArray().Single()!;
        Assert.Equal((1_000, 500, 500, 0, 500), ((long)cash["earned_minor"]!, (long)cash["clawed_back_minor"]!, (long)cash["net_minor"]!, (long)cash["pending_minor"]!, (long)cash["released_minor"]!));
        await shop.Ok("/v1/test_clock/advance", new { to = "2026-02-15T00:00:00Z" });
        Assert.Equal((1, 0, 1), Counted(await shop.Ok("/v1/programs/s11/figures")));
        await shop.Ok("/v1/referrers/rita/close", new { });
        Assert.Equal((0, 0, 1), Counted(await shop.Ok("/v1/programs/s11/figures")));
    }

    [Fact]
    public async Task S1_S5_S11_five_referrals_of_jane_come_to_250_dollars_of_credit()
    {
        using var shop = await Sandbox("s5jane");
        await shop.Ok("/v1/programs", new { id = "s5credit", name = "Credit", currency = "USD", time_zone = "UTC" });
        await shop.Ok("/v1/programs/s5credit/rules", JsonNode.Parse("""{"trigger":"first_action","reward":{"kind":"credit","type":"fixed","amount_minor":5000}}""")!);
        await shop.Ok("/v1/referrers", new { id = "jane", name = "Jane Smith" });
        for (var i = 1; i <= 5; i++)
        {
            await shop.Ok("/v1/referrals", new { program_id = "s5credit", referee_id = $"client-{i}", referrer_id = "jane" });
            for (var invoice = 0; invoice < 2; invoice++) await Sell(shop, "s5credit", $"inv-{i}-{invoice}", $"client-{i}");
        }

        Assert.Equal(5, (await shop.Ok("/v1/referrals?referrer_id=jane"))["data"]!.AsArray().Count);
        var credit = Assert.Single((await shop.Ok("/v1/referrers/jane/balance"))["balances"]!.AsArray())!;
        Assert.Equal(("credit:USD", 25_000, 25_000), ((string)credit["asset"]!, (long)credit["earned_minor"]!, (long)credit["payable_minor"]!));
        Assert.Equal((1, 5, 0), Counted(await shop.Ok("/v1/programs/s5credit/figures")));
    }

    [Fact]
    public async Task S11_the_overview_says_what_each_week_came_to_for_whom_most_and_what_waits()
    {
        using var shop = await Sandbox("s11week");
        await Refer(shop, "s11week", "anna");
        await Sell(shop, "s11week", "w1", "anna");
        await Sell(shop, "s11week", "w2", "nobody");
        await shop.Ok("/v1/test_clock/advance", new { to = "2026-02-15T00:00:00Z" });
        await Refund(shop, "s11week", "w3", "anna", "w1", 5_000);
        await shop.Ok("/v1/referrers/rita/entries", new { entry_id = "w4", asset = "USD", amount_minor = 300, reason = "paid by hand", already_paid = true });
        var overview = await shop.Ok("/v1/overview");
        var weeks = overview["weeks"]!.AsArray().Where(week => (string?)week!["asset"] == "USD").ToList();
        Assert.Equal((1_000, 500, 300), (Sum("earned_minor"), Sum("clawed_back_minor"), Sum("paid_minor")));
        Assert.Equal((1_000, 0), ((long)weeks[0]!["earned_minor"]!, (long)weeks[0]!["paid_minor"]!));
        Assert.All(weeks, week => Assert.Equal(DayOfWeek.Monday, ((DateTimeOffset)week!["from"]!).DayOfWeek));
        var all = overview["assets"]!.AsArray().Single(static one => (string?)one!["asset"] == "USD")!;
        Assert.Equal((1_000, 500, 500, 300), ((long)all["earned_minor"]!, (long)all["clawed_back_minor"]!, (long)all["released_minor"]!, (long)all["paid_minor"]!));
        Assert.Equal(300, (long)(await shop.Ok("/v1/programs/s11week/figures"))["rewards"]![0]!["paid_minor"]!);
        var best = Assert.Single(overview["best_referrers"]!.AsArray());
        Assert.Equal(("rita", 500, 300), ((string)best!["referrer_id"]!, (long)best["net_minor"]!, (long)best["paid_minor"]!));
        Assert.Equal(1, (long)overview["parked_actions"]!);

        long Sum(string field) => weeks.Sum(week => (long)week![field]!);
    }

    [Fact]
    public async Task D18_a_closed_referrer_settles_or_forfeits_and_its_person_is_erased()
    {
        using var shop = await Sandbox("d18");
        await shop.Ok("/v1/referrers", new { id = "tom", email = "tom@example.com" });
        await Refer(shop, "d18", "anna");
        await shop.Ok("/v1/referrals", new { program_id = "d18", referee_id = "ben", referrer_id = "tom" });
        await Sell(shop, "d18", "a1", "anna");
        await Sell(shop, "d18", "b1", "ben");
        await shop.Ok("/v1/referrers/rita/close", new { balance = "settle" });
        Assert.Equal((0, 1_000), await Balance(shop));
        var closed = await shop.Ok("/v1/referrers/tom/close", new { reason = "left", balance = "forfeit" });
        Assert.Equal(("closed", null), ((string)closed["status"]!, (string?)closed["email"]));
        Assert.Equal((0, 0), await Balance(shop, "tom"));
        Assert.Equal(0, await Earned(shop, "c1", "anna"));

        // Its address is free again: whoever has it next is not flagged.
        await shop.Ok("/v1/referrers", new { id = "tim", email = "tom@example.com" });
        Assert.Empty((await shop.Ok("/v1/flags"))["data"]!.AsArray());
        await LedgerCheck.Clean(await Books("d18"));
    }

    [Fact]
    public async Task What_is_personal_of_a_referrer_is_taken_away_by_null_and_stays_where_it_is_left_out()
    {
        using var shop = await Sandbox("taken");
        Assert.Equal(("r@example.com", "Rita", "cus_r"), Person(await Change("""{"email":"r@example.com","name":"Rita","stripe_customer_id":"cus_r"}""")));
        Assert.Equal(("r@example.com", "Rita", "cus_r"), Person(await Change("""{"tags":["vip"]}""")));
        Assert.Equal((null, "Rita", "cus_r"), Person(await Change("""{"email":null}""")));
        Assert.Equal((null, null, null), Person(await Change("""{"name":"","stripe_customer_id":null}""")));
        Assert.Equal(["vip"], (await shop.Ok("/v1/referrers/rita"))["tags"]!.AsArray().Select(static tag => (string)tag!));

        async Task<JsonNode> Change(string body)
        {
            using var change = new StringContent(body);
            return (await shop.Send(HttpMethod.Patch, "/v1/referrers/rita", change)).Json;
        }

        static (string? Email, string? Name, string? Stripe) Person(JsonNode referrer) => ((string?)referrer["email"], (string?)referrer["name"], (string?)referrer["stripe_customer_id"]);
    }

    [Fact]
    public async Task D16_an_admin_gives_a_referral_to_another_referrer_for_the_future()
    {
        using var shop = await Sandbox("d16");
        await shop.Ok("/v1/referrers", new { id = "tom" });
        await Refer(shop, "d16", "anna");
        await Sell(shop, "d16", "a1", "anna");
        Assert.Equal("tom", (string)(await shop.Ok("/v1/referrals/d16/anna/reassign", new { referrer_id = "tom", reason = "mistyped" }))["referrer_id"]!);
        await Sell(shop, "d16", "a2", "anna");
        await Refund(shop, "d16", "r1", "anna", "a1", 5_000);
        Assert.Equal(((0, 500), (0, 1_000)), (await Balance(shop), await Balance(shop, "tom")));

        // What was earned before is listed with whom it is of.
        Assert.Equal("a1", await Listed("rewards?referrer_id=rita"));
        Assert.Equal("a1", await Listed("rewards?referrer_id=rita&state=released"));
        Assert.Equal("a2", await Listed("rewards?referrer_id=tom"));
        Assert.Equal("a1 r1", await Listed("ledger/postings?referrer_id=rita"));
        Assert.Equal("a2", await Listed("ledger/postings?referrer_id=tom"));
        Assert.Equal((404, "referrer_not_found"), await Problem(shop, "/v1/referrals/d16/anna/reassign", new { referrer_id = "nobody" }));
        Assert.Contains("referral_reassigned", (await shop.Ok("/v1/referrals/d16/anna/activity")).ToJsonString(), StringComparison.Ordinal);
        await LedgerCheck.Clean(await Books("d16"));

        async Task<string> Listed(string path) => string.Join(' ', (await shop.Ok("/v1/" + path))["data"]!.AsArray().Select(entry => (string)entry!["action_id"]!));
    }

    [Fact]
    public async Task X9_D16_what_comes_back_to_the_referrer_before_is_shown_as_it_waits()
    {
        using var shop = await Sandbox("x9b");
        await shop.Ok("/v1/programs/x9b/rules", JsonNode.Parse("""{"id":"later","trigger":"recurring_action","reward":{"kind":"points","type":"fixed","amount_minor":7},"hold":{"mode":"days","days":30}}""")!);
        await shop.Ok("/v1/referrers", new { id = "tom", email = "tom@example.com" });

        // Nobody looked at why hers was held back: it waits for a person.
        await Refer(shop, "x9b", "anna", "rita@example.com");
        await UndoneAndBack("a1", "anna");
        Assert.Equal(["cash pending manual", "points pending manual"], await Shown("a1"));
        await shop.Ok("/v1/test_clock/advance", new { to = "2026-03-01T00:00:00Z" });
        Assert.Equal((1_000, 0), await Balance(shop));
        var cash = (await shop.Ok("/v1/rewards?referee_id=anna&program_id=x9b"))["data"]!.AsArray().First(reward => (string)reward!["asset"]! == "USD")!;
        await shop.Ok($"/v1/rewards/{cash["id"]}/release", new { });
        Assert.Equal(["cash released", "points pending manual"], await Shown("a1"));

        // Hers is not held back for his flag; and his is.
        await Refer(shop, "x9b", "tom");
        await UndoneAndBack("b1", "tom");
        await Sell(shop, "x9b", "b2", "tom");
        Assert.Equal("tom", (string)Assert.Single((await shop.Ok("/v1/flags?state=open"))["data"]!.AsArray())!["referee_id"]!);
        Assert.Equal(["cash released", "points pending days"], await Shown("b1"));
        await shop.Ok("/v1/test_clock/advance", new { to = "2026-05-01T00:00:00Z" });
        Assert.Equal(["cash released", "points released"], await Shown("b1"));
        Assert.Equal(["cash pending days", "points pending days"], await Shown("b2"));
        await LedgerCheck.Clean(await Books("x9b"));

        async Task UndoneAndBack(string sale, string referee)
        {
            await Sell(shop, "x9b", sale, referee);
            await shop.Ok("/v1/actions", new { action_id = "c" + sale, program_id = "x9b", referee_id = referee, type = "chargeback", chargeback_of = sale });
            await shop.Ok($"/v1/referrals/x9b/{referee}/reassign", new { referrer_id = "tom" });
            await shop.Ok("/v1/actions", new { action_id = "w" + sale, program_id = "x9b", referee_id = referee, type = "chargeback_won", chargeback_of = "c" + sale });
        }

        // By the list of rewards; the action's own page says the same of their states.
        async Task<List<string>> Shown(string action)
        {
            var listed = (await shop.Ok("/v1/rewards?program_id=x9b&limit=100"))["data"]!.AsArray().Where(reward => (string)reward!["action_id"]! == action).Select(reward => reward!).ToList();
            var told = (await shop.Ok("/v1/actions/" + action))["decisions"]!.AsArray().ToDictionary(decision => (string)decision!["reward"]!["id"]!, decision => (string)decision!["reward"]!["state"]!);
            Assert.All(listed, reward => Assert.Equal(told[(string)reward["id"]!], (string)reward["state"]!));
            return [.. listed.Select(reward => $"{((string)reward["asset"]! == "USD" ? "cash" : "points")} {reward["state"]} {reward["hold"]}".TrimEnd()).Order(StringComparer.Ordinal)];
        }
    }

    [Fact]
    public async Task S3_D9_a_code_entered_at_checkout_rewards_that_sale()
    {
        using var shop = await Sandbox("s3");
        var code = (string)(await shop.Ok("/v1/referrers/rita"))["code"]!;
        await Sell(shop, "s3", "inv_1", "anna");
        await shop.Ok("/v1/test_clock/advance", new { to = "2026-01-10T00:01:00Z" });
        await shop.Ok("/v1/redemptions", new { program_id = "s3", code, referee_id = "anna", action_id = "inv_1" });
        Assert.Equal((0, 1_000), await Balance(shop));
        Assert.Equal((409, "conflict"), await Problem(shop, "/v1/redemptions", new { program_id = "s3", code, referee_id = "anna", action_id = "inv_2" }));
    }

    private async Task<Api> Sandbox(string name)
    {
        await server.Api.Ok("/v1/tenants", new { id = name, sandbox = true, clock_at = "2026-01-10T00:00:00Z" });
        var sandbox = new Api(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = name }))["key"]!);
        await sandbox.Ok("/v1/programs", new { id = name, name, currency = "USD", time_zone = "UTC" });
        await sandbox.Ok($"/v1/programs/{name}/rules", JsonNode.Parse("""{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000}}""")!);
        await sandbox.Ok("/v1/referrers", new { id = "rita", email = "rita@example.com" });
        return sandbox;
    }

    private async Task<Api> Books(string tenant) => new(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "finance", tenant }))["key"]!);

    private static Task<JsonNode> Refer(Api api, string program, string referee, string? email = null) =>
        api.Ok("/v1/referrals", new { program_id = program, referee_id = referee, referrer_id = "rita", referee_email = email });

    private static Task<JsonNode> Sell(Api api, string program, string id, string referee, long minor = 10_000) =>
        api.Ok("/v1/actions", new { action_id = id, program_id = program, type = "sale", referee_id = referee, amount_minor = minor });

    private static Task<JsonNode> Refund(Api api, string program, string id, string referee, string of, long minor) =>
        api.Ok("/v1/actions", new { action_id = id, program_id = program, type = "refund", referee_id = referee, refund_of = of, amount_minor = minor });

    private static async Task<long> Earned(Api api, string id, string referee) =>
        (long?)(await Sell(api, "d18", id, referee))["decisions"]![0]!["reward"]?["amount_minor"] ?? 0;

    private static async Task Patch(Api api, string path, object body) => Assert.Equal(200, (await api.Send(HttpMethod.Patch, path, JsonContent.Create(body))).Status);

    private static async Task<(int, string?)> Problem(Api api, string path, object body) => await api.Post(path, body) is var answer ? (answer.Status, answer.Code) : default;

    private static (long Referrers, long Clients, long Pending) Counted(JsonNode figures) =>
        ((long)figures["active_referrers"]!, (long)figures["new_clients"]!, (long)figures["pending_referrals"]!);

    private static async Task<(long Pending, long Payable)> Balance(Api shop, string referrer = "rita")
    {
        var line = (await shop.Ok($"/v1/referrers/{referrer}/balance"))["balances"]!.AsArray().FirstOrDefault();
        return line is null ? default : ((long)line["pending_minor"]!, (long)line["payable_minor"]!);
    }
}
