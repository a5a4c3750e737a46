using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>Paying out as an operator sees it: a server, a sandbox with its clock, and the stand-in that it pays without a Stripe account.</summary>
[Collection(OneServer.Name)]
public sealed class PayoutStoryTests(LivingServer server)
{
    private static int tenants;

    [Fact]
    public async Task A_history_is_paid_to_the_penny_and_what_is_refunded_later_is_earned_back_first()
    {
        using var shop = await Sandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2011-08-01T00:00:00Z", second: true);
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
        using var shop = await Sandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-01T00:00:00Z");
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
        await Eventually.Holds("the item is dropped", async () => (string?)(changed = await shop.Finance.Ok("/v1/payout_batches/b"))["hash"] != (string)frozen["hash"]! && (int)changed["totals"]![0]!["failed"]! == 1);
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
        using var shop = await Sandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-01T00:00:00Z");
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
        await Eventually.Holds("the item is dropped", async () => (string?)(changed = await shop.Finance.Ok("/v1/payout_batches/b"))["hash"] != (string)frozen["hash"]! && (int)changed["totals"]![0]!["failed"]! == 1);
        Assert.Equal("flagged", (string?)changed["why"]);
        Assert.Equal((900, 0, 0), await shop.Balance("ann"));
        await shop.Finance.Ok("/v1/payout_batches/b/approve", new { hash = (string)changed["hash"]! });
        await shop.Until("b", "settled");
        Assert.Equal((0, 0, 900), await shop.Balance("bob"));

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
        using var shop = await Sandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-01T00:00:00Z");
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
        using var shop = await Sandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-01T00:00:00Z");
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
        Assert.Equal((0, 0, 901), await shop.Balance("ann"));
        Assert.Equal((901, 0, 0), await shop.Balance("bob"));
        Assert.Equal(0, await shop.Transfers());
        Assert.Contains("b,settled,outside,", await shop.Csv("/v1/payout_batches"), StringComparison.Ordinal);
        await LedgerCheck.Clean(shop.Finance);
    }

    [Fact]
    public async Task S8_the_chain_leads_from_the_code_to_the_item_that_paid()
    {
        using var shop = await Sandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-01T00:00:00Z");
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
        using var shop = await Sandbox.Open(server, $"payout{Interlocked.Increment(ref tenants)}", "2026-01-30T12:00:00Z");
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
        await LedgerCheck.Clean(shop.Finance);
    }

    /// <summary>A sandbox tenant with a program of 10 %, and the keys of those who pay out.</summary>
    private sealed class Sandbox : IDisposable
    {
        private readonly LivingServer server;
        private int entries;

        private Sandbox(LivingServer server, string name) => (this.server, Name) = (server, name);

        public string Name { get; }

        public Api Admin { get; private set; } = null!;

        public Api Finance { get; private set; } = null!;

        public Api Second { get; private set; } = null!;

        public List<(string Action, string Referee, string Referrer, long Amount)> Sales { get; } = [];

        public static async Task<Sandbox> Open(LivingServer server, string name, string at, bool second = false)
        {
            var shop = new Sandbox(server, name);
            await server.Api.Ok("/v1/tenants", new { id = name, sandbox = true, clock_at = at });
            (shop.Admin, shop.Finance, shop.Second) = (await shop.Key("admin"), await shop.Key("finance"), await shop.Key("finance"));
            await shop.Admin.Ok("/v1/programs", new { id = name, name, currency = "GBP", time_zone = "Europe/London" });
            await shop.Admin.Ok($"/v1/programs/{name}/rules", JsonNode.Parse(
                """{"id":"ten","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"hold":{"mode":"days","days":30}}""")!);
            if (second) await shop.Put("/v1/payout_terms", new { minimums = new[] { new { currency = "GBP", amount_minor = 500 } }, second_person = true });
            return shop;
        }

        /// <summary>A part of the history: its referrers, referrals and actions, in order.</summary>
        public async Task<IReadOnlyList<string>> Import(string history)
        {
            var referrals = Rows(history + "-referrals.csv");
            var referrers = referrals.Select(row => row["referrer_id"]).Distinct().ToList();
            foreach (var referrer in referrers) await Admin.Ok("/v1/referrers", new { id = referrer, cash_opt_in = true });
            await Lines("/v1/referrals:batch", referrals.Select(row => (JsonNode)new JsonObject
            {
                ["program_id"] = Name,
                ["referee_id"] = row["referee_id"],
                ["referrer_id"] = row["referrer_id"],
                ["approved_at"] = row["approved_at"],
            }));
            var credited = referrals.ToDictionary(row => row["referee_id"], row => row["referrer_id"]);
            var actions = Rows(history + "-actions.csv");
            foreach (var row in actions.Where(row => row["type"] == "sale"))
                Sales.Add((row["action_id"], row["referee_id"], credited[row["referee_id"]], long.Parse(row["amount_minor"], System.Globalization.CultureInfo.InvariantCulture)));
            var approved = referrals.ToDictionary(row => row["referee_id"], row => row["approved_at"]);
            Sales.RemoveAll(sale => actions.Any(row => row["refund_of"] == sale.Action) || string.CompareOrdinal(actions.First(row => row["action_id"] == sale.Action)["occurred_at"], approved[sale.Referee]) < 0);
            await Lines("/v1/actions:stream", actions.Select(row =>
            {
                var action = new JsonObject { ["program_id"] = Name };
                foreach (var name in (string[])["action_id", "type", "referee_id", "occurred_at", "currency"]) action[name] = row[name];
                action["amount_minor"] = long.Parse(row["amount_minor"], System.Globalization.CultureInfo.InvariantCulture);
                if (row["refund_of"].Length > 0) action["refund_of"] = row["refund_of"];
                return (JsonNode)action;
            }));
            return referrers;
        }

        /// <summary>As the referrer does it who follows the link.</summary>
        public async Task Onboard(string referrer)
        {
            var link = await Admin.Ok($"/v1/referrers/{referrer}/onboarding_link", new { return_url = "https://shop.test/back", country = "GB" });
            var again = await Admin.Ok($"/v1/referrers/{referrer}/onboarding_link", new { return_url = "https://shop.test/back" });
            Assert.Equal((string?)link["account"]!["stripe_account_id"], (string?)again["account"]!["stripe_account_id"]);
            using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
            using var finished = await browser.PostAsync((string)link["url"]!, null);
            Assert.Equal(302, (int)finished.StatusCode);
        }

        public Task<JsonNode> Earn(string referrer, long minor, string asset = "GBP") =>
            Admin.Ok($"/v1/referrers/{referrer}/entries", new { entry_id = $"{Name}-{entries++}", asset, amount_minor = minor, reason = "bonus" });

        public Task<JsonNode> Send(object action) => Admin.Ok("/v1/actions", action);

        public Task<JsonNode> Advance(string to) => Admin.Ok("/v1/test_clock/advance", new { to });

        public async Task<JsonNode> Put(string path, object body)
        {
            var answer = await (path.EndsWith("payout_account", StringComparison.Ordinal) ? Second : Finance).Send(HttpMethod.Put, path, JsonContent.Create(body));
            Assert.True(answer.IsSuccess, answer.Body);
            return answer.Json;
        }

        public async Task<(long Payable, long InTransit, long Paid)> Balance(string referrer)
        {
            var balance = (await Admin.Ok($"/v1/referrers/{referrer}/balance"))["balances"]!.AsArray().SingleOrDefault();
            return balance is null ? default : ((long)balance["payable_minor"]!, (long)balance["in_transit_minor"]!, (long)balance["paid_minor"]!);
        }

        public async Task<JsonNode> Until(string batch, string status)
        {
            JsonNode now = null!;
            await Eventually.Holds($"{batch} is {status}", async () =>
            {
                var answer = await Finance.Get($"/v1/payout_batches/{batch}");
                return answer.IsSuccess && (string?)(now = answer.Json)["status"] == status;
            });
            return now;
        }

        /// <summary>Compares all of it with what the stand-in has: nothing differs.</summary>
        public async Task Reconcile()
        {
            var run = await Finance.Ok("/v1/reconciliation/run", new { full = true });
            await Eventually.Holds("all agrees", async () => (string?)(await Finance.Ok($"/v1/reconciliation?run_id={run["id"]}"))["run"]!["state"] == "clean");
        }

        public async Task Pay(string batch)
        {
            await Finance.Ok("/v1/payout_batches", new { id = batch });
            await Second.Ok($"/v1/payout_batches/{batch}/approve", new { hash = (string)(await Until(batch, "frozen"))["hash"]! });
            await Until(batch, "settled");
        }

        /// <summary>All of them, page by page.</summary>
        public async Task<IReadOnlyList<JsonNode>> Items(string batch)
        {
            var items = new List<JsonNode>();
            for (var after = ""; ; after = $"&starting_after={(string)items[^1]["id"]!}")
            {
                var page = (await Finance.Ok($"/v1/payout_batches/{batch}?limit=3{after}"))["items"]!;
                items.AddRange(page["data"]!.AsArray().Select(one => one!));
                if (!(bool)page["has_more"]!) return items;
            }
        }

        public async Task<string?> WhyLeftOut(string referrer) => (string?)(await Finance.Ok("/v1/payout_batches?dry_run=true", new { }))["preview"]!["left_out"]!.AsArray()
            .SingleOrDefault(one => (string)one!["referrer_id"]! == referrer)?["reason"];

        public async Task<string> Csv(string path)
        {
            using var http = new HttpClient { BaseAddress = Finance.Address };
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = new("Bearer", finance);
            request.Headers.Accept.ParseAdd("text/csv");
            using var answer = await http.SendAsync(request);
            Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
            return await answer.Content.ReadAsStringAsync();
        }

        /// <summary>The sum of what the stand-in was told to transfer for this tenant, whatever else is on record; each key once.</summary>
        public async Task<long> Transfers()
        {
            await using var database = NpgsqlDataSource.Create(server.Owner);
            await using var ask = database.CreateCommand(
                """
                select coalesce(sum(substring(convert_from(c.body, 'UTF8') from '^amount=(\d+)')::bigint), 0)::bigint from (
                  select distinct on (headers ->> 'Idempotency-Key') * from grains.standin_call
                  where target = '/v1/transfers' and headers ->> 'Authorization' = 'Bearer sk_test_standin_' || (select id from grains.tenant where name = $1)) c
                """);
            ask.Parameters.Add(new() { Value = Name });
            return (long)(await ask.ExecuteScalarAsync())!;
        }

        public void Dispose()
        {
            Admin.Dispose();
            Finance.Dispose();
            Second.Dispose();
        }

        private string finance = "";

        private async Task<Api> Key(string role)
        {
            var key = (string)(await server.Api.Ok("/v1/api_keys", new { role, tenant = Name }))["key"]!;
            if (role == "finance") finance = key;
            return new(server.Api.Address, key);
        }

        private async Task Lines(string path, IEnumerable<JsonNode> lines)
        {
            var answer = await Admin.PostRaw(path, string.Concat(lines.Select(line => line.ToJsonString() + "\n")), "application/x-ndjson");
            Assert.True(answer.IsSuccess, answer.Body);
            Assert.DoesNotContain("\"error\":", answer.Body, StringComparison.Ordinal);
        }

        private static List<Dictionary<string, string>> Rows(string file, [CallerFilePath] string here = "")
        {
            var lines = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(here)!, "Data", file), Encoding.UTF8);
            var names = lines[0].Split(',');
            return [.. lines[1..].Select(line => names.Zip(line.Split(',')).ToDictionary(cell => cell.First, cell => cell.Second))];
        }
    }
}
