using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Payouts.World;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>Paying out as an operator sees it: a server, a sandbox with its clock, and the stand-in that it pays without a Stripe account.</summary>
[Collection(OneServer.Name)]
public sealed class PayoutStoryTests(LivingServer server)
{
    private static int tenants;

    [Fact]
    public async Task A_history_is_paid_to_the_penny_and_what_is_refunded_later_is_earned_back_first()
    {
        using var shop = await PayoutSandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2011-08-01T00:00:00Z", second: true);
        var referrers = await shop.Import("online-retail");
        await shop.Advance("2011-09-15T00:00:00Z");
        foreach (var referrer in referrers) await shop.Onboard(referrer);

        // One has not asked for cash, and one has no account.
        await shop.Admin.Ok("/v1/referrers", new { id = "shy" });
        await shop.Admin.Ok("/v1/referrers", new { id = "homeless", cash_opt_in = true });
        foreach (var referrer in (string[])["shy", "homeless"]) await shop.Earn(referrer, 700);
        var payable = new Dictionary<string, long>();
        foreach (var referrer in referrers) payable[referrer] = (await shop.Balance(referrer)).Payable;
        var owed = payable.Where(one => one.Value >= 500).ToDictionary(one => one.Key, one => one.Value);
        Assert.True(owed.Count > 5, "The history pays nobody.");

        var preview = (await shop.Finance.Ok("/v1/payout_batches?dry_run=true", new { }))["preview"]!;
        Assert.Equal(owed.Values.Sum(), (long)preview["currencies"]![0]!["amount_minor"]!);
        var left = preview["left_out"]!.AsArray().ToDictionary(one => (string)one!["referrer_id"]!, one => (string)one!["reason"]!);
        Assert.Equal(("not_opted_in", "no_account"), (left["shy"], left["homeless"]));
        Assert.All(payable.Where(one => one.Value is > 0 and < 500), one => Assert.Equal("below_minimum", left[one.Key]));
        Assert.Empty((await shop.Finance.Ok("/v1/payout_batches"))["data"]!.AsArray());

        await shop.Finance.Ok("/v1/payout_batches", new { id = "first" });
        var frozen = await shop.Until("first", "frozen");
        Assert.Equal((403, 409), (
            (await shop.Finance.Post("/v1/payout_batches/first/approve", new { hash = (string)frozen["hash"]! })).Status,
            (await shop.Second.Post("/v1/payout_batches/first/approve", new { hash = "another" })).Status));
        Assert.Equal(0, await shop.Transfers());
        await shop.Second.Ok("/v1/payout_batches/first/approve", new { hash = (string)frozen["hash"]! });
        var settled = await shop.Until("first", "settled");

        Assert.Equal(owed.Values.Sum(), (long)settled["totals"]![0]!["paid_minor"]!);
        Assert.Equal(owed.Values.Sum(), await shop.Transfers());
        foreach (var (referrer, minor) in owed) Assert.Equal((0, 0, minor), await shop.Balance(referrer));
        Assert.Equal(owed.OrderBy(one => one.Key), (await shop.Items("first")).ToDictionary(one => (string)one["referrer_id"]!, one => (long)one["amount_minor"]!).OrderBy(one => one.Key));
        await LedgerCheck.Clean(shop.Finance);
        await shop.Reconcile();

        // A refund of what was paid is a receivable, and is earned back before anything is paid.
        var (sale, referee, of, amount) = shop.Sales.First(sale => owed.ContainsKey(sale.Referrer) && sale.Amount > 3_000);
        await shop.Send(new { action_id = "back-" + sale, program_id = shop.Name, type = "refund", referee_id = referee, refund_of = sale, occurred_at = "2011-09-14T00:00:00Z" });
        var debt = (await shop.Balance(of)).Payable;
        Assert.True(debt < 0, $"The refund of {amount} took back nothing.");
        await shop.Earn(of, -debt - 1);
        Assert.Equal(-1, (await shop.Balance(of)).Payable);
        Assert.DoesNotContain((await shop.Finance.Ok("/v1/payout_batches?dry_run=true", new { }))["preview"]!["items"]!.AsArray(), one => (string)one!["referrer_id"]! == of);
        await shop.Earn(of, 801);
        await shop.Pay("second");
        Assert.Equal([(of, 800L)], (await shop.Items("second")).Select(one => ((string)one["referrer_id"]!, (long)one["amount_minor"]!)));
        Assert.Equal((0, 0, owed[of] + 800), await shop.Balance(of));
        await LedgerCheck.Clean(shop.Finance);
    }

    [Fact]
    public async Task An_account_that_takes_anothers_place_drops_out_of_the_open_batch_and_waits()
    {
        using var shop = await PayoutSandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-01T00:00:00Z");
        foreach (var referrer in (string[])["ann", "bob"])
        {
            await shop.Admin.Ok("/v1/referrers", new { id = referrer, cash_opt_in = true });
            await shop.Onboard(referrer);
            await shop.Earn(referrer, 900);
        }

        await shop.Finance.Ok("/v1/payout_batches", new { id = "b" });
        var frozen = await shop.Until("b", "frozen");
        var bobs = (string)(await shop.Admin.Ok("/v1/referrers/bob/payout_account"))["stripe_account_id"]!;
        await shop.Put("/v1/referrers/ann/payout_account", new { stripe_account_id = bobs });
        JsonNode changed = null!;
        await Eventually.Holds("the item is dropped", async () => (string?)(changed = await shop.Finance.Ok("/v1/payout_batches/b"))["hash"] != (string)frozen["hash"]! && (int)changed["totals"]![0]!["items"]! == 1);
        Assert.Equal("account_changed", (string?)changed["why"]);
        Assert.Equal((900, 0), ((await shop.Balance("ann")).Payable, (await shop.Balance("ann")).InTransit));
        Assert.Equal(409, (await shop.Finance.Post("/v1/payout_batches/b/approve", new { hash = (string)frozen["hash"]! })).Status);
        await shop.Finance.Ok("/v1/payout_batches/b/approve", new { hash = (string)changed["hash"]! });
        await shop.Until("b", "settled");
        Assert.Equal((900, 900), (await shop.Transfers(), (await shop.Balance("ann")).Payable));

        // X9: two who are paid on one account are looked at first.
        Assert.Equal("flagged", await shop.WhyLeftOut("ann"));
        await shop.Admin.Ok($"/v1/flags/{(await shop.Admin.Ok("/v1/flags"))["data"]![0]!["id"]}/clear", new { reason = "a couple" });
        Assert.Equal("cooling_off", await shop.WhyLeftOut("ann"));
        await shop.Advance("2026-01-03T23:59:59Z");
        Assert.Equal("cooling_off", await shop.WhyLeftOut("ann"));
        await shop.Advance("2026-01-05T00:00:00Z");
        Assert.Null(await shop.WhyLeftOut("ann"));
        await LedgerCheck.Clean(shop.Finance);
    }

    // X9: a flag that comes after the draw.
    [Fact]
    public async Task X9_who_is_flagged_drops_out_of_the_open_batch_and_money_is_asked_back_by_a_person()
    {
        using var shop = await PayoutSandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-01T00:00:00Z");
        foreach (var referrer in (string[])["ann", "bob"])
        {
            await shop.Admin.Ok("/v1/referrers", new { id = referrer, cash_opt_in = true, email = $"{referrer}@shop.test" });
            await shop.Onboard(referrer);
            await shop.Earn(referrer, 900);
        }

        await shop.Finance.Ok("/v1/payout_batches", new { id = "b" });
        var frozen = await shop.Until("b", "frozen");
        var answer = await shop.Admin.Send(HttpMethod.Patch, "/v1/referrers/ann", JsonContent.Create(new { email = "bob@shop.test" }));
        Assert.True(answer.IsSuccess, answer.Body);
        JsonNode changed = null!;
        await Eventually.Holds("the item is dropped", async () => (string?)(changed = await shop.Finance.Ok("/v1/payout_batches/b"))["hash"] != (string)frozen["hash"]! && (int)changed["totals"]![0]!["items"]! == 1);
        Assert.Equal("flagged", (string?)changed["why"]);
        Assert.Equal((900, 0, 0), await shop.Balance("ann"));
        await shop.Finance.Ok("/v1/payout_batches/b/approve", new { hash = (string)changed["hash"]! });
        await shop.Until("b", "settled");
        Assert.Equal((0, 0, 900), await shop.Balance("bob"));

        // What was dropped is in no sum, was paid to nobody, and there is nothing to retry.
        Assert.Contains("GBP,1,900,900,0", await shop.Csv("/v1/payout_batches"), StringComparison.Ordinal);
        Assert.Equal("payout_nothing_failed", (string?)(await shop.Finance.Post("/v1/payout_batches/b/retry", new { })).Json["code"]);
        var since = (await shop.Finance.Ok("/v1/payout_batches?dry_run=true", new { }))["preview"]!["currencies"]![0]!["since_last"]!;
        Assert.Equal((-1, -900, 1), ((int)since["items"]!, (int)since["amount_minor"]!, (int)since["gone_referrers"]!));

        // What was paid is asked back once, and covers what is owed.
        var items = (await shop.Items("b")).ToDictionary(one => (string)one["referrer_id"]!, one => (string)one["id"]!);
        var path = $"/v1/payout_batches/b/items/{items["bob"]}";
        await shop.Earn("bob", -300);
        var asked = await shop.Finance.Post($"{path}/reverse", new { reversal_id = "back", amount_minor = 300, reason = "a test order" });
        Assert.Equal((201, "back", 300L, items["bob"]), (asked.Status, (string?)asked.Json["reversal_id"], (long)asked.Json["amount_minor"]!, (string?)asked.Json["item_id"]));
        await Eventually.Holds("it came back", async () => (string?)(await shop.Finance.Ok($"{path}/reversals"))["data"]![0]!["state"] == "made");
        Assert.Equal((0, 0, 600), await shop.Balance("bob"));
        Assert.True((bool)(await shop.Finance.Ok($"{path}/reverse", new { reversal_id = "back", amount_minor = 300, reason = "another word" }))["duplicate"]!);
        foreach (var (code, reversal, amount) in ((string, string, long)[])[("conflict", "back", 301), ("reversal_too_large", "more", 601)])
            Assert.Equal(code, (string?)(await shop.Finance.Post($"{path}/reverse", new { reversal_id = reversal, amount_minor = amount, reason = "why" })).Json["code"]);
        Assert.Equal("payout_wrong_state", (string?)(await shop.Finance.Post($"/v1/payout_batches/b/items/{items["ann"]}/reverse", new { reversal_id = "r", amount_minor = 1, reason = "why" })).Json["code"]);
        await shop.Reconcile();
        await LedgerCheck.Clean(shop.Finance);
    }

    [Fact]
    public async Task S1_account_credit_is_redeemed_by_hand_or_goes_to_the_customer_where_the_terms_say_so()
    {
        using var shop = await PayoutSandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-01T00:00:00Z");
        await shop.Admin.Ok("/v1/referrers", new { id = "ann", email = "ann@shop.test" });
        await shop.Earn("ann", 900, "credit:GBP");
        await shop.Admin.Ok("/v1/referrers/ann/spends", new { spend_id = shop.Name, asset = "credit:GBP", amount_minor = 100 });
        Assert.Empty((await shop.Finance.Ok("/v1/payout_batches?dry_run=true", new { }))["preview"]!["currencies"]!.AsArray());

        Assert.Equal("stripe", (string?)(await shop.Put("/v1/payout_terms", new { credit_delivery = "stripe" }))["credit_delivery"]);
        Assert.Equal("no_customer", await shop.WhyLeftOut("ann"));
        var path = "/v1/referrers/ann/credit_account";
        Assert.Equal("credit_account_not_found", (string?)(await shop.Finance.Get(path)).Json["code"]);
        foreach (var (code, body) in ((string, object)[])[("missing_field", new { }), ("invalid_field", new { stripe_customer_id = "cus/1" }), ("stripe_customer_not_found", new { stripe_customer_id = "cus_none" })])
            Assert.Equal(code, (string?)(await shop.Finance.Send(HttpMethod.Put, path, JsonContent.Create(body))).Json["code"]);
        var first = (string)(await shop.Finance.Ok(path, new { }))["stripe_customer_id"]!;
        Assert.Equal(first, (string?)(await shop.Finance.Ok(path, new { }))["stripe_customer_id"]);

        // Another customer drops what is not sent yet, and waits.
        await shop.Finance.Ok("/v1/payout_batches", new { id = "a" });
        var frozen = await shop.Until("a", "frozen");
        await shop.Admin.Ok("/v1/referrers", new { id = "bob" });
        var second = (string)(await shop.Finance.Ok("/v1/referrers/bob/credit_account", new { }))["stripe_customer_id"]!;
        Assert.NotNull((await shop.Put(path, new { stripe_customer_id = second }))["changed_at"]);
        await Eventually.Holds("the item is dropped", async () => (string?)(await shop.Finance.Ok("/v1/payout_batches/a"))["why"] == "account_changed");
        Assert.Equal(409, (await shop.Finance.Post("/v1/payout_batches/a/approve", new { hash = (string)frozen["hash"]! })).Status);
        await Eventually.Holds("it is given back", async () => await shop.Balance("ann") == (800, 0, 100));

        // X9: two who are credited at one customer are looked at first.
        Assert.Equal("flagged", await shop.WhyLeftOut("ann"));
        var flag = Assert.Single((await shop.Admin.Ok("/v1/flags"))["data"]!.AsArray())!;
        Assert.Equal(("shared_payout_account", "shared_customer"), ((string?)flag["kind"], (string?)flag["reason"]));
        await shop.Admin.Ok($"/v1/flags/{flag["id"]}/clear", new { reason = "a couple" });
        Assert.Equal("cooling_off", await shop.WhyLeftOut("ann"));
        await shop.Advance("2026-01-04T00:00:01Z");

        await shop.Pay("b");
        var item = Assert.Single(await shop.Items("b"));
        Assert.Equal(("credit:GBP", 800L, second, "ann"), ((string?)item["currency"], (long)item["amount_minor"]!, (string?)item["destination"], (string?)item["referrer_id"]));
        Assert.StartsWith("cbtxn_", (string)item["transfer"]!, StringComparison.Ordinal);
        Assert.Equal((0, 0, 900), await shop.Balance("ann"));
        Assert.Contains($",ann,credit:GBP,8.00,800,{second},", await shop.Csv("/v1/payout_batches/b"), StringComparison.Ordinal);
        Assert.Equal(
            "credit_not_reversible",
            (string?)(await shop.Finance.Post($"/v1/payout_batches/b/items/{item["id"]}/reverse", new { reversal_id = "r", amount_minor = 1, reason = "why" })).Json["code"]);
        await LedgerCheck.Clean(shop.Finance);
    }

    [Fact]
    public async Task Paid_outside_each_item_is_confirmed_with_a_reference_and_what_cannot_be_is_payable_again()
    {
        using var shop = await PayoutSandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-01T00:00:00Z");
        foreach (var referrer in (string[])["ann", "bob"])
        {
            await shop.Admin.Ok("/v1/referrers", new { id = referrer, cash_opt_in = true });
            await shop.Earn(referrer, 901);
        }

        await shop.Finance.Ok("/v1/payout_batches", new { id = "b", delivery = "outside" });
        var frozen = await shop.Until("b", "frozen");
        var items = (await shop.Items("b")).ToDictionary(one => (string)one["referrer_id"]!, one => (string)one["id"]!);
        Assert.Equal("payout_wrong_state", (string?)(await shop.Finance.Post($"/v1/payout_batches/b/items/{items["ann"]}/confirm_paid", new { reference = "r1" })).Json["code"]);
        await shop.Finance.Ok("/v1/payout_batches/b/approve", new { hash = (string)frozen["hash"]! });
        await shop.Until("b", "sending");
        Assert.StartsWith("item_id,referrer_id,currency,amount,amount_minor,destination", await shop.Csv("/v1/payout_batches/b"), StringComparison.Ordinal);
        Assert.Contains(",ann,GBP,9.01,901,outside,reserved,", await shop.Csv("/v1/payout_batches/b"), StringComparison.Ordinal);

        for (var i = 0; i < 2; i++) Assert.Equal("confirmed", (string?)(await shop.Finance.Ok($"/v1/payout_batches/b/items/{items["ann"]}/confirm_paid", new { reference = "r1" }))["state"]);
        Assert.Equal(409, (await shop.Finance.Post($"/v1/payout_batches/b/items/{items["ann"]}/confirm_paid", new { reference = "r2" })).Status);
        Assert.Equal("released", (string?)(await shop.Finance.Ok($"/v1/payout_batches/b/items/{items["bob"]}/release", new { reason = "no such bank account" }))["state"]);
        await shop.Until("b", "settled");

        // Whoever uploads the table pays what is on it; all of them are shown where that is asked for.
        Assert.Single((await shop.Csv("/v1/payout_batches/b")).TrimEnd().Split("\r\n"));
        var all = await shop.Csv("/v1/payout_batches/b?all=true");
        Assert.Contains(",ann,GBP,9.01,901,outside,confirmed,", all, StringComparison.Ordinal);
        Assert.Contains(",bob,GBP,9.01,901,outside,released,", all, StringComparison.Ordinal);
        Assert.Equal((0, 0, 901), await shop.Balance("ann"));
        Assert.Equal((901, 0, 0), await shop.Balance("bob"));
        Assert.Equal(0, await shop.Transfers());
        Assert.Contains("b,settled,outside,", await shop.Csv("/v1/payout_batches"), StringComparison.Ordinal);
        await LedgerCheck.Clean(shop.Finance);
    }

    [Fact]
    public async Task D18_who_forfeits_is_never_paid_whatever_was_reserved_or_in_a_hold_when_it_was_closed()
    {
        using var shop = await PayoutSandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-01T00:00:00Z");
        foreach (var referrer in (string[])["ann", "bob"])
        {
            await shop.Admin.Ok("/v1/referrers", new { id = referrer, cash_opt_in = true });
            await shop.Onboard(referrer);
            await shop.Earn(referrer, 900);
        }

        await shop.Admin.Ok("/v1/referrals", new { program_id = shop.Name, referee_id = "jane", referrer_id = "ann" });
        await shop.Send(new { action_id = shop.Name + "-held", program_id = shop.Name, type = "sale", referee_id = "jane", amount_minor = 9_000 });
        await shop.Finance.Ok("/v1/payout_batches", new { id = "b" });
        var frozen = await shop.Until("b", "frozen");
        await shop.Admin.Ok("/v1/referrers/ann/close", new { balance = "forfeit" });
        JsonNode left = null!;
        await Eventually.Holds("the item is dropped", async () => (string?)(left = await shop.Finance.Ok("/v1/payout_batches/b"))["hash"] != (string)frozen["hash"]!);
        Assert.Equal("forfeited", (string?)left["why"]);
        await Eventually.Holds("it is taken back", async () => await Taken() == (0, 900));
        await shop.Finance.Ok("/v1/payout_batches/b/approve", new { hash = (string)left["hash"]! });
        await shop.Until("b", "settled");

        // A month later the hold ends.
        await shop.Advance("2026-02-15T00:00:00Z");
        await Eventually.Holds("what was held is taken back as well", async () => await Taken() == (0, 1_800));
        Assert.Equal(((0, 0, 0), (0, 0, 900), 900), (await shop.Balance("ann"), await shop.Balance("bob"), await shop.Transfers()));
        await LedgerCheck.Clean(shop.Finance);

        async Task<(long Payable, long ClawedBack)> Taken()
        {
            var balance = Assert.Single((await shop.Admin.Ok("/v1/referrers/ann/balance"))["balances"]!.AsArray())!;
            return ((long)balance["payable_minor"]!, (long)balance["clawed_back_minor"]!);
        }
    }

    [Fact]
    public async Task S8_the_chain_leads_from_the_code_to_the_item_that_paid()
    {
        using var shop = await PayoutSandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-01T00:00:00Z");
        var code = (string)(await shop.Admin.Ok("/v1/referrers", new { id = "ann", cash_opt_in = true }))["code"]!;
        await shop.Onboard("ann");

        // What was paid before the referral was there did not pay it.
        await shop.Earn("ann", 700);
        await shop.Pay("before");
        await shop.Admin.Ok("/v1/redemptions", new { program_id = shop.Name, code, referee_id = "jane" });
        await shop.Send(new { action_id = shop.Name + "-first", program_id = shop.Name, type = "sale", referee_id = "jane", amount_minor = 9_000 });
        Assert.Equal(["attributed", "approved", "first_sale", "first_reward"], (await Chain()).Select(step => (string)step["step"]!));
        await shop.Advance("2026-02-15T00:00:00Z");
        Assert.Equal("first_release", (string)(await Chain())[^1]["step"]!);
        Assert.Null((await shop.Admin.Ok($"/v1/actions/{shop.Name}-first"))["paid_by"]);
        await shop.Pay("after");

        var paid = (await Chain())[^1];
        var item = Assert.Single(await shop.Items("after"));
        Assert.Equal(("first_payout", "after", (string)item["id"]!), ((string)paid["step"]!, (string?)paid["batch_id"], (string?)paid["item_id"]));
        Assert.Equal(900, (long)item["amount_minor"]!);
        var by = (await shop.Admin.Ok($"/v1/actions/{shop.Name}-first"))["paid_by"]!;
        Assert.Equal(("after", (string)item["id"]!), ((string)by["batch_id"]!, (string)by["item_id"]!));

        async Task<List<JsonNode>> Chain() => [.. (await shop.Admin.Ok($"/v1/referrals/{shop.Name}/jane"))["chain"]!.AsArray().Select(step => step!)];
    }

    [Fact]
    public async Task D15_a_schedule_draws_up_one_batch_for_each_date_by_the_clock_of_the_sandbox()
    {
        using var shop = await PayoutSandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-30T12:00:00Z");
        await shop.Admin.Ok("/v1/referrers", new { id = "ann", cash_opt_in = true });
        await shop.Onboard("ann");
        await shop.Earn("ann", 1_000);
        var terms = await shop.Put("/v1/payout_terms", new { schedule = new { every = "month", day = 31 }, time_zone = "Europe/London" });
        Assert.Equal("2026-01-31T00:00:00Z", (string?)terms["next_at"]);
        await shop.Advance("2026-01-31T00:00:00Z");
        await shop.Until("po_scheduled_1", "frozen");
        Assert.Equal("2026-02-28T00:00:00Z", (string?)(await shop.Finance.Ok("/v1/payout_terms"))["next_at"]);
        await shop.Finance.Ok("/v1/payout_batches/po_scheduled_1/cancel", new { });
        await shop.Until("po_scheduled_1", "cancelled");
        Assert.Equal(1_000, (await shop.Balance("ann")).Payable);

        // Dates that were passed over are made up by one, and what pays nobody gives itself up.
        terms = await shop.Put("/v1/payout_terms", new { schedule = new { every = "week", day = 1 }, auto_approve = true });
        Assert.Equal("2026-02-02T00:00:00Z", (string?)terms["next_at"]);
        await shop.Advance("2026-03-01T00:00:00Z");
        await shop.Until("po_scheduled_2", "settled");
        Assert.Equal((0, 0, 1_000), await shop.Balance("ann"));
        await shop.Advance("2026-03-02T00:00:00Z");
        await shop.Until("po_scheduled_3", "cancelled");

        // By the amount that is reached.
        await shop.Put("/v1/payout_terms", new { schedule = new { every = "amount" }, minimums = new[] { new { currency = "GBP", amount_minor = 500 } } });
        await shop.Earn("ann", 499);
        await shop.Advance("2026-03-03T00:00:00Z");
        Assert.Equal(404, (await shop.Finance.Get("/v1/payout_batches/po_scheduled_4")).Status);
        await shop.Earn("ann", 1);
        await shop.Advance("2026-03-03T01:00:00Z");
        Assert.Equal(500, (long)(await shop.Until("po_scheduled_4", "frozen"))["totals"]![0]!["amount_minor"]!);

        // What was paid counts in the week in which it was drawn up, by the same clock.
        var weeks = (await shop.Admin.Ok("/v1/overview"))["weeks"]!.AsArray().Where(week => (long)week!["paid_minor"]! != 0);
        Assert.Equal([("2026-02-23T00:00:00Z", 1_000L)], weeks.Select(week => ((string)week!["from"]!, (long)week["paid_minor"]!)));
        await LedgerCheck.Clean(shop.Finance);
    }
}
