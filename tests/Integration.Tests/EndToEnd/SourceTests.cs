using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>
/// Events of other systems over HTTP, signed as these sign. The samples are ours, in the form that the systems' own pages describe.
/// </summary>
[Collection(OneServer.Name)]
public sealed class SourceTests(LivingServer server)
{
    private static readonly DateTimeOffset now = TimeProvider.System.GetUtcNow();

    // A signature is good for five minutes, and a slow machine takes longer for all of this.
    private static DateTimeOffset Clock() => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task X10_Stripe_events_in_any_order_and_again_end_exact()
    {
        var (shop, url) = await Source("src-stripe", "stripe");
        using var owner = shop;
        var paid = Invoice("in_1", "pi_1", "cus_jane", 12_000, 10_500, 500);
        var refund = Stripe("evt_refund", "refund.created", """{"id":"re_1","object":"refund","amount":3000,"currency":"usd","created":CREATED,"payment_intent":"pi_1","charge":"ch_1","status":"succeeded"}""");
        var lost = Stripe("evt_lost", "charge.dispute.funds_withdrawn", """{"id":"dp_1","object":"dispute","amount":9000,"currency":"usd","created":CREATED,"payment_intent":"pi_1","charge":"ch_1"}""");
        var won = Stripe("evt_won", "charge.dispute.funds_reinstated", """{"id":"dp_1","object":"dispute","amount":9000,"currency":"usd","created":CREATED,"payment_intent":"pi_1","charge":"ch_1"}""");

        // Out of order: what names a payment that nobody knows waits for it, and what undoes another waits for that.
        Assert.Equal("waiting", await Tell(url, won));
        Assert.Equal("waiting", await Tell(url, refund));
        Assert.Equal("ignored", await Tell(url, Stripe("evt_other", "customer.created", """{"id":"cus_jane"}""")));
        Assert.Equal("recorded", await Tell(url, paid));

        // The code of the invoice attributed its customer; commission is on what was paid without tax and shipping.
        Assert.Equal("rita", (string)(await shop.Ok("/v1/referrals/src-stripe/cus_jane"))["referrer_id"]!);
        Assert.Equal((1_000, 250), await Earned(shop));
        Assert.Equal("recorded", await Tell(url, lost));
        Assert.Equal((1_000, 250), await Earned(shop)); // Lost, and won before it was known to be lost.
        foreach (var again in (string[])[won, paid, refund, lost]) Assert.Equal("duplicate", await Tell(url, again));

        // Another event of the same object is no other action.
        Assert.Equal("recorded", await Tell(url, paid.Replace("evt_in_1", "evt_in_1b", StringComparison.Ordinal)));
        Assert.Equal("recorded", await Tell(url, Stripe("evt_failed", "refund.failed", """{"id":"re_1","object":"refund","amount":3000,"currency":"usd","created":CREATED,"payment_intent":"pi_1"}""")));
        Assert.Equal((1_000, 0), await Earned(shop));
        Assert.Equal("recorded", await Tell(url, Stripe("evt_gone", "customer.subscription.deleted", """{"id":"sub_1","object":"subscription","customer":"cus_jane"}""")));
        Assert.False((bool)(await shop.Ok("/v1/referrals/src-stripe/cus_jane"))["active"]!);
        Assert.Equal("ignored", await Tell(url, Stripe("evt_nobody", "invoice.paid", """{"id":"in_9","object":"invoice","amount_paid":100,"total":100,"currency":"usd","created":CREATED,"customer":null}""")));
        await LedgerCheck.Clean(new(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "finance", tenant = "src-stripe" }))["key"]!));
    }

    // As since version 2025-03-31 of Stripe's API: what names the invoice's payment is an object of its own, and may come last, first or between.
    [Theory]
    [InlineData("late", "invoice recorded", "payment recorded", "refund recorded")]
    [InlineData("last", "invoice recorded", "refund waiting", "payment recorded")]
    [InlineData("first", "payment waiting", "refund waiting", "invoice recorded")]
    [InlineData("between", "refund waiting", "payment waiting", "invoice recorded")]
    public async Task X10_an_invoice_that_names_no_payment_is_refunded_once_that_is_named(string name, params string[] told)
    {
        var (shop, url) = await Source("src-" + name, "stripe");
        using var owner = shop;
        var events = new Dictionary<string, string>
        {
            ["invoice"] = Invoice("in_1", "pi_1", "cus_jane", 10_000, 10_000, 0).Replace("\"payment_intent\":\"pi_1\",", "", StringComparison.Ordinal),
            ["payment"] = Stripe("evt_inpay", "invoice_payment.paid", """{"id":"inpay_1","object":"invoice_payment","amount_paid":10000,"currency":"usd","created":CREATED,"invoice":"in_1","payment":{"type":"payment_intent","payment_intent":"pi_1"},"status":"paid"}"""),
            ["refund"] = Stripe("evt_refund", "refund.created", Refunded("succeeded")),
        };
        foreach (var one in told) Assert.Equal(one, $"{one.Split(' ')[0]} {await Tell(url, events[one.Split(' ')[0]])}");
        Assert.Equal((1_000, 300), await Earned(shop));
        foreach (var e in events.Values) Assert.Equal("duplicate", await Tell(url, e));

        // A refund that was cancelled takes nothing.
        Assert.Equal("ignored", await Tell(url, Stripe("evt_updated", "refund.updated", Refunded("succeeded"))));
        Assert.Equal("recorded", await Tell(url, Stripe("evt_canceled", "refund.updated", Refunded("canceled"))));
        Assert.Equal("recorded", await Tell(url, Stripe("evt_failed", "refund.failed", Refunded("failed"))));
        Assert.Equal((1_000, 0), await Earned(shop));

        static string Refunded(string status) => $$"""{"id":"re_1","object":"refund","amount":3000,"currency":"usd","created":CREATED,"payment_intent":"pi_1","status":"{{status}}"}""";
    }

    // Times are in days from now. An add-on is a subscription of its own, and the last invoice of one that has ended may be paid late.
    [Fact]
    public async Task G6_who_still_pays_for_another_subscription_or_pays_again_is_active()
    {
        var (shop, url) = await Source("src-plans", "stripe");
        using var owner = shop;
        Assert.True(await After(Paid("in_1", "sub_plan", until: 30)));
        Assert.True(await After(Paid("in_2", "sub_addon", until: 30)));
        Assert.True(await After(Ended("sub_addon", at: 10)));
        Assert.False(await After(Ended("sub_plan", at: 12)));
        Assert.False(await After(Paid("in_3", "sub_plan", until: 30)));
        Assert.True(await After(Paid("in_4", "sub_new", until: 60)));
        Assert.False(await After(Ended("sub_new", at: 40)));
        Assert.False(await After(Paid("in_5", null, until: 60))); // No subscription, and nothing that goes on.

        // What was not paid on is nothing that the customer goes on with.
        Assert.True(await After(Paid("in_6", "sub_lapsed", until: 50)));
        Assert.True(await After(Paid("in_7", "sub_last", until: 90)));
        Assert.False(await After(Ended("sub_last", at: 70)));

        async Task<bool> After(string e)
        {
            Assert.Equal("recorded", await Tell(url, e));
            return (bool)(await shop.Ok("/v1/referrals/src-plans/cus_jane"))["active"]!;
        }

        static string Paid(string id, string? subscription, int until)
        {
            var paid = Invoice(id, "pi_" + id, "cus_jane", 1_000, 1_000, 0).Replace("\"price\":", $"\"period\":{{\"end\":{now.AddDays(until).ToUnixTimeSeconds()}}},\"price\":", StringComparison.Ordinal);
            return subscription is null ? paid : paid.Replace("\"object\":\"invoice\",", $"\"object\":\"invoice\",\"parent\":{{\"subscription_details\":{{\"subscription\":\"{subscription}\"}}}},", StringComparison.Ordinal);
        }

        static string Ended(string id, int at) => Stripe("evt_" + id, "customer.subscription.deleted", $$"""
            {"id":"{{id}}","object":"subscription","customer":"cus_jane","ended_at":{{now.AddDays(at).ToUnixTimeSeconds()}}}
            """);
    }

    [Fact]
    public async Task X10_nothing_is_believed_that_is_forged_old_altered_or_sent_elsewhere()
    {
        var (shop, url) = await Source("default", "stripe", "x10-forged");
        var paid = Invoice("x10_in", "x10_pi", "x10_cus", 1_000, 1_000, 0);
        var signed = Sign(paid, ServerProcess.SourceSecret, Clock());
        Assert.Equal(400, await Post(url, paid, ("Stripe-Signature", Sign(paid, "whsec_theirs", Clock()))));
        Assert.Equal(400, await Post(url, paid, ("Stripe-Signature", Sign(paid, ServerProcess.SourceSecret, now.AddSeconds(-400)))));
        Assert.Equal(400, await Post(url, paid.Replace("1000", "9000", StringComparison.Ordinal), ("Stripe-Signature", signed)));
        Assert.Equal(400, await Post(url, paid, ("Stripe-Signature", "")));
        Assert.Equal(400, await Post(url.Replace("src_", "src_0", StringComparison.Ordinal), paid, ("Stripe-Signature", signed)));
        Assert.Equal(400, await Post(url.Replace("/stripe/", "/shopify/", StringComparison.Ordinal), paid, ("Stripe-Signature", signed)));
        var test = paid.Replace("\"livemode\":true", "\"livemode\":false", StringComparison.Ordinal);
        Assert.Equal(400, await Post(url, test, ("Stripe-Signature", Sign(test, ServerProcess.SourceSecret, Clock()))));
        Assert.Equal(404, (await shop.Get("/v1/actions/x10_in")).Status);
        Assert.Equal(200, await Post(url, paid, ("Stripe-Signature", Sign(paid, "the one before it", Clock()))));
        Assert.Equal(422, (await shop.Post("/v1/sources", new { kind = "stripe", program_id = "x10-forged", secret_ref = "another" })).Status);
        Assert.Equal(404, (await shop.Post("/v1/sources", new { kind = "stripe", program_id = "nowhere", secret_ref = "shop" })).Status);
        Assert.Contains((await shop.Ok("/v1/sources"))["data"]!.AsArray(), one => (string)one!["url"]! == url);
    }

    [Fact]
    public async Task X10_Shopify_orders_and_refunds_by_the_codes_and_the_amounts_of_the_order()
    {
        var (shop, url) = await Source("src-shopify", "shopify");
        using var owner = shop;
        const string Order = """
            {"id":820982911,"admin_graphql_api_id":"gid://shopify/Order/820982911","currency":"USD","total_price":"126.50","subtotal_price":"110.00","taxes_included":true,
             "processed_at":"2026-01-05T10:00:00-05:00","customer":{"id":115310627},"discount_codes":[{"code":"SPRING"},{"code":"rita-10"}],
             "line_items":[{"product_id":788,"tax_lines":[{"price":"7.00"}]},{"product_id":789,"tax_lines":[{"price":"3.00"}]}]}
            """;
        const string Refund = """
            {"id":509562969,"admin_graphql_api_id":"gid://shopify/Refund/509562969","order_id":820982911,"processed_at":"2026-01-06T10:00:00-05:00",
             "transactions":[{"kind":"refund","status":"success","amount":"63.25","currency":"USD"},{"kind":"refund","status":"failure","amount":"1.00","currency":"USD"}]}
            """;
        Assert.Equal("waiting", await TellShopify(url, "refunds/create", "w2", Refund));
        Assert.Equal("recorded", await TellShopify(url, "orders/paid", "w1", Order));
        Assert.Equal("duplicate", await TellShopify(url, "orders/paid", "w1", Order));
        Assert.Equal("recorded", await TellShopify(url, "orders/paid", "w3", Order));
        Assert.Equal("ignored", await TellShopify(url, "orders/create", "w4", Order));

        // 10 % of 100.00, which is without tax and shipping; half of what was paid came back.
        Assert.Equal((1_000, 500), await Earned(shop));
        Assert.Equal(400, await Post(url, Order, ("X-Shopify-Hmac-Sha256", Convert.ToBase64String(HMACSHA256.HashData("theirs"u8, Encoding.UTF8.GetBytes(Order)))), ("X-Shopify-Topic", "orders/paid"), ("X-Shopify-Webhook-Id", "w5")));
    }

    [Fact]
    public async Task X10_CloudEvents_carry_actions_of_ours_signed_or_by_a_bearer_secret()
    {
        var (shop, url) = await Source("src-events", "cloudevents");
        using var owner = shop;
        const string Sale = """{"specversion":"1.0","id":"e1","source":"/shop","type":"com.shop.sale","time":"2026-01-05T10:00:00Z","data":{"referee_id":"jane","amount_minor":5000,"code":"RITA-10"}}""";
        const string Refund = """{"specversion":"1.0","id":"e2","source":"/shop","type":"com.shop.refund","data":{"referee_id":"jane","refund_of":"e1"}}""";
        Assert.Equal("recorded", await TellEvent(url, "m2", Refund));
        Assert.Equal("recorded", await TellEvent(url, "m1", Sale));
        Assert.Equal("duplicate", await TellEvent(url, "m1", Sale));
        Assert.Equal((500, 500), await Earned(shop));
        Assert.Equal("ignored", await TellEvent(url, "m3", """{"specversion":"1.0","id":"e3","source":"/shop","type":"com.shop.visited"}"""));
        const string Next = """{"specversion":"1.0","id":"e4","source":"/shop","type":"sale","data":{"referee_id":"jane","amount_minor":700}}""";
        Assert.Equal(400, await Post(url, Next, "application/cloudevents+json", ("Authorization", "Bearer theirs")));
        Assert.Equal(200, await Post(url, Next, "application/cloudevents+json", ("Authorization", "Bearer " + ServerProcess.SourceSecret)));
        Assert.Equal((570, 500), await Earned(shop));

        // Systems number their things; what names nothing is none of ours, and its sender does not send it for ever.
        Assert.Equal("recorded", await TellEvent(url, "m5", """{"specversion":"1.0","id":"e5","source":"/shop","type":"sale","data":{"action_id":1001,"referee_id":"jane","amount_minor":1000}}"""));
        Assert.Equal("recorded", await TellEvent(url, "m6", """{"specversion":"1.0","id":"e6","source":"/shop","type":"refund","data":{"referee_id":"jane","refund_of":1001}}"""));
        Assert.Equal((670, 600), await Earned(shop));
        Assert.Equal("ignored", await TellEvent(url, "m7", """{"specversion":"1.0","id":"e7","source":"/shop","type":"sale","data":{"action_id":{"n":1},"referee_id":"jane","amount_minor":1000}}"""));
        Assert.Equal("ignored", await TellEvent(url, "m8", """{"specversion":"1.0","id":"e8","source":"/shop","type":"sale","data":{"referee_id":[7],"amount_minor":1000}}"""));
    }

    [Fact]
    public async Task X10_a_source_is_changed_for_what_is_still_to_come_and_taken_away_with_what_waits()
    {
        var (shop, url) = await Source("src-changed", "stripe");
        using var owner = shop;
        await shop.Ok("/v1/programs", new { id = "second", name = "second", currency = "USD", time_zone = "UTC" });
        await shop.Ok("/v1/programs/second/rules", JsonNode.Parse("{\"id\":\"second-twenty\",\"trigger\":\"recurring_action\",\"reward\":{\"kind\":\"cash\",\"type\":\"percent\",\"basis_points\":2000} }")!);
        var source = "/v1/sources/" + url.Split('/')[^1];
        Assert.Equal("recorded", await Tell(url, Invoice("in_1", "pi_1", "cus_jane", 10_000, 10_000, 0)));
        Assert.Null((await shop.Ok(source))["waiting"]);
        Assert.Equal("waiting", await Tell(url, Refund("re_2", "pi_2")));
        Assert.Equal("waiting", await Tell(url, Refund("re_3", "pi_3")));

        // Should nothing ever name their sales, then a person can see that they wait, since when, and for what.
        foreach (var shown in (JsonNode[])[await shop.Ok(source), (await shop.Ok("/v1/sources"))["data"]![0]!])
        {
            Assert.Equal((2, "evt_re_2"), ((long)shown["waiting"]!["events"]!, (string)shown["waiting"]!["event_id"]!));
            Assert.Contains("pi_2", shown["waiting"]!["names"]!.AsArray().Select(static name => (string)name!));
            Assert.InRange((DateTimeOffset)shown["waiting"]!["since"]!, now.AddMinutes(-1), now.AddHours(1));
        }

        Assert.Equal("program_not_found", (await shop.Send(HttpMethod.Patch, source, JsonContent.Create(new { program_id = "nowhere" }))).Code);
        Assert.Equal("secret_unknown", (await shop.Send(HttpMethod.Patch, source, JsonContent.Create(new { secret_ref = "another" }))).Code);
        var changed = await shop.Send(HttpMethod.Patch, source, JsonContent.Create(new { program_id = "second", secret_ref = "shop-next", mapping = new { code = "metadata.partner" } }));
        Assert.Equal(("second", "shop-next", "stripe", url), ((string)changed.Json["program_id"]!, (string)changed.Json["secret_ref"]!, (string)changed.Json["kind"]!, (string)changed.Json["url"]!));
        Assert.Equal(changed.Json.ToJsonString(), (await shop.Ok(source)).ToJsonString());

        // What signed before signs no more; what undoes a sale goes to the program that the sale is in; what comes is of the other one, by the other name of its code.
        Assert.Equal(400, await Post(url, Refund("re_1", "pi_1"), ("Stripe-Signature", Sign(Refund("re_1", "pi_1"), ServerProcess.SourceSecret, Clock()))));
        Assert.Equal("recorded", await Tell(url, Refund("re_1", "pi_1"), ServerProcess.NextSourceSecret));
        Assert.Equal(("reversed", "src-changed"), await Action("re_1"));
        var next = Invoice("in_2", "pi_2", "cus_jane", 20_000, 20_000, 0).Replace("referral_code", "partner", StringComparison.Ordinal);
        Assert.Equal("recorded", await Tell(url, next, ServerProcess.NextSourceSecret));
        Assert.Equal(("reversed", "second"), await Action("re_2"));
        Assert.Equal((5_000, 700), await Earned(shop));
        Assert.Equal("shop", (string)(await shop.Send(HttpMethod.Patch, source, JsonContent.Create(new { secret_ref = "shop" }))).Json["secret_ref"]!);
        Assert.Equal("metadata.partner", (string)(await shop.Ok(source))["mapping"]!["code"]!);

        Assert.Equal("waiting", await Tell(url, Refund("re_9", "pi_9")));
        Assert.Equal(200, (await shop.Send(HttpMethod.Delete, source, null)).Status);
        Assert.Equal(400, await Post(url, next, ("Stripe-Signature", Sign(next, ServerProcess.SourceSecret, Clock()))));
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Delete, HttpMethod.Patch])
            Assert.Equal("source_not_found", (await shop.Send(method, source, method == HttpMethod.Patch ? JsonContent.Create(new { }) : null)).Code);
        Assert.Empty((await shop.Ok("/v1/sources"))["data"]!.AsArray());
        Assert.Equal((5_000, 700), await Earned(shop));
        var done = (await shop.Ok("/v1/audit_entries?limit=100"))["data"]!.AsArray().Select(static one => ((string)one!["request"]!, (int?)one["status"])).ToList();
        foreach (var method in (string[])["PATCH", "DELETE"]) Assert.Contains(($"{method} {source}", 200), done);

        async Task<(string Status, string Program)> Action(string id) =>
            await shop.Ok($"/v1/actions/{id}") is var action ? ((string)action["status"]!, (string)action["program_id"]!) : default;

        static string Refund(string id, string payment) => Stripe("evt_" + id, "refund.created", $$"""
            {"id":"{{id}}","object":"refund","amount":{{(payment == "pi_1" ? 3_000 : 2_000)}},"currency":"usd","created":CREATED,"payment_intent":"{{payment}}"}
            """);
    }

    // What was imported, or sent by hand, has the ids of the other system: its events name it by these.
    [Fact]
    public async Task X10_a_sale_that_came_another_way_is_undone_by_what_names_it()
    {
        var (shop, url) = await Source("src-imported", "stripe");
        using var owner = shop;
        await shop.Ok("/v1/referrals", new { program_id = "src-imported", referee_id = "jane@example.com", referrer_id = "rita", approved_at = now.AddDays(-400) });
        foreach (var id in (string[])["in_1", "ch_2", "in_3", "in_5"])
            await shop.Ok("/v1/actions", new { action_id = id, program_id = "src-imported", type = "sale", referee_id = "jane@example.com", amount_minor = 10_000, occurred_at = now.AddDays(-100) });
        Assert.Equal((4_000, 0), await Earned(shop));

        Assert.Equal("recorded", await Tell(url, Refund("re_1", 2_000, "\"metadata\":{\"invoice\":\"in_1\"}")));
        Assert.Equal("recorded", await Tell(url, Refund("re_2", 3_000, "\"charge\":\"ch_2\"")));
        Assert.Equal((4_000, 500), await Earned(shop));

        // That its invoice comes too, in other words, changes nothing of it and names its payment, for which a refund waited.
        Assert.Equal("waiting", await Tell(url, Refund("re_3", 10_000, "\"payment_intent\":\"pi_3\"")));
        Assert.Equal("ignored", await Tell(url, Invoice("in_3", "pi_3", "cus_jane", 12_000, 10_000, 0)));
        Assert.Equal((4_000, 1_500), await Earned(shop));

        // So does what only names its payment.
        Assert.Equal("waiting", await Tell(url, Refund("re_5", 10_000, "\"payment_intent\":\"pi_5\"")));
        Assert.Equal("recorded", await Tell(url, Stripe("evt_inpay", "invoice_payment.paid", """{"id":"inpay_5","object":"invoice_payment","invoice":"in_5","payment":{"type":"payment_intent","payment_intent":"pi_5"},"status":"paid"}""")));
        Assert.Equal((4_000, 2_500), await Earned(shop));

        // What is of another program, or is no sale, is not meant.
        await shop.Ok("/v1/programs", new { id = "another", name = "another", currency = "USD", time_zone = "UTC" });
        await shop.Ok("/v1/actions", new { action_id = "in_6", program_id = "another", type = "sale", referee_id = "tom", amount_minor = 10_000 });
        Assert.Equal("waiting", await Tell(url, Refund("re_6", 1_000, "\"metadata\":{\"invoice\":\"in_6\"}")));
        Assert.Equal("waiting", await Tell(url, Refund("re_7", 1_000, "\"metadata\":{\"invoice\":\"re_1\"}")));
        await LedgerCheck.Clean(new(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "finance", tenant = "src-imported" }))["key"]!));

        static string Refund(string id, long minor, string names) =>
            Stripe("evt_" + id, "refund.created", $$"""{"id":"{{id}}","object":"refund","amount":{{minor}},"currency":"usd","created":CREATED,{{names}} }""");
    }

    [Fact]
    public async Task X10_who_is_attributed_by_an_event_is_known_by_customer_and_e_mail()
    {
        var (shop, url) = await Source("src-known", "stripe");
        using var owner = shop;
        await shop.Ok("/v1/referrers", new { id = "tom", code = "TOM-10", email = "Tom@Example.com" });
        var theirs = Invoice("in_1", "pi_1", "cus_jane", 10_000, 10_000, 0).Replace("\"customer\":", "\"customer_email\":\"jane@example.com\",\"customer\":", StringComparison.Ordinal);
        var own = Invoice("in_2", "pi_2", "cus_tom", 10_000, 10_000, 0).Replace("\"customer\":", "\"customer_email\":\"tom@example.com\",\"customer\":", StringComparison.Ordinal)
            .Replace("rita-10", "tom-10", StringComparison.Ordinal);
        Assert.Equal("recorded", await Tell(url, theirs));
        Assert.Equal("recorded", await Tell(url, own));

        // H15 asks of this customer whether it is active; to name another one is another referral.
        Assert.Equal(200, (await shop.Post("/v1/referrals", new { program_id = "src-known", referee_id = "cus_jane", referrer_id = "rita", stripe_customer_id = "cus_jane" })).Status);
        Assert.Equal(409, (await shop.Post("/v1/referrals", new { program_id = "src-known", referee_id = "cus_jane", referrer_id = "rita", stripe_customer_id = "cus_other" })).Status);
        Assert.Empty(await Flags("cus_jane"));
        Assert.Contains("self_referral", await Flags("cus_tom")); // D16
        foreach (var (kind, tenant) in (ValueTuple<string, string>[])[("shopify", "src-known-shop"), ("cloudevents", "src-known-events")])
        {
            var (other, address) = await Source(tenant, kind);
            await other.Ok("/v1/referrers", new { id = "tom", code = "TOM-10", email = "Tom@Example.com" });
            Assert.Equal("recorded", kind == "shopify"
                ? await TellShopify(address, "orders/paid", "w1", """{"id":1,"currency":"USD","total_price":"10.00","processed_at":"2026-01-05T10:00:00Z","email":"tom@example.com","customer":{"id":7},"discount_codes":[{"code":"TOM-10"}]}""")
                : await TellEvent(address, "m1", """{"specversion":"1.0","id":"e1","source":"/shop","type":"sale","data":{"referee_id":"7","amount_minor":1000,"code":"TOM-10","referee_email":"tom@example.com","stripe_customer_id":"cus_7"}}"""));
            Assert.Contains("self_referral", ((await other.Ok($"/v1/referrals/{tenant}/7"))["flags"]?.AsArray() ?? []).Select(static flag => (string)flag!["kind"]!));
            other.Dispose();
        }

        async Task<List<string>> Flags(string referee) =>
            [.. ((await shop.Ok($"/v1/referrals/src-known/{referee}"))["flags"]?.AsArray() ?? []).Select(static flag => (string)flag!["kind"]!)];
    }

    [Fact]
    public async Task X10_what_cannot_be_taken_in_is_shown_with_its_reason()
    {
        var (shop, url) = await Source("src-shown", "shopify");
        using var owner = shop;
        const string Order = """{"id":1,"currency":"USD","total_price":"10.00","processed_at":"2026-01-05T10:00:00Z","customer":{"id":7},"discount_codes":[{"code":"RITA-10"}]}""";
        var waited = Refund(2, """{"kind":"refund","status":"success","amount":"8.00","currency":"EUR"}""");
        Assert.Equal("waiting", await TellShopify(url, "refunds/create", "w1", waited));
        Assert.Equal("recorded", await TellShopify(url, "orders/paid", "w2", Order));
        Assert.Equal("ignored", await TellShopify(url, "refunds/create", "w3", Refund(3, """{"kind":"refund","status":"success","amount":"1.00","currency":"EUR"}""")));
        Assert.Equal("ignored", await TellShopify(url, "refunds/create", "w4", Refund(4,
            """{"kind":"refund","status":"success","amount":"1.00","currency":"EUR"},{"kind":"refund","status":"success","amount":"1.00","currency":"USD"}""")));
        Assert.Equal("ignored", await TellShopify(url, "orders/paid", "w5", Order.Replace("USD", "XXL", StringComparison.Ordinal).Replace(":1,", ":5,", StringComparison.Ordinal)));
        Assert.Equal((100, 0), await Earned(shop));

        // In the shop's own money it is the order's.
        Assert.Equal("recorded", await TellShopify(url, "refunds/create", "w6", Refund(6,
            """{"kind":"refund","status":"success","amount":"4.00","currency":"EUR","amount_set":{"shop_money":{"amount":"5.00","currency_code":"USD"},"presentment_money":{"amount":"4.00","currency_code":"EUR"} } }""")));
        Assert.Equal((100, 50), await Earned(shop));
        var stripe = (string)(await shop.Ok("/v1/sources", new { kind = "stripe", program_id = "src-shown", secret_ref = "shop" }))["url"]!;
        Assert.Equal("ignored", await Tell(stripe, Invoice("in_1", "pi_1", "cus_jane", 1_000, 1_000, 0).Replace("usd", "xxl", StringComparison.Ordinal)));
        Assert.Equal("ignored", await Tell(stripe, Stripe("evt_refund", "refund.created", """{"id":"re_1","amount":3000,"currency":"xxl","created":CREATED,"payment_intent":"pi_1"}""")));

        // Nor is what Stripe gives back in another money than the sale's taken for so much of that.
        Assert.Equal("waiting", await Tell(stripe, Stripe("evt_waits", "refund.created", """{"id":"re_2","amount":3000,"currency":"eur","created":CREATED,"payment_intent":"pi_2"}""")));
        Assert.Equal("recorded", await Tell(stripe, Invoice("in_2", "pi_2", "cus_jane", 5_000, 5_000, 0)));
        Assert.Equal("ignored", await Tell(stripe, Stripe("evt_lost", "charge.dispute.funds_withdrawn", """{"id":"dp_2","amount":3000,"currency":"eur","created":CREATED,"payment_intent":"pi_2"}""")));
        Assert.Equal((600, 50), await Earned(shop));

        // The answer to a source is 200 all the same: a person finds what became of it.
        var finance = new Api(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "finance", tenant = "src-shown" }))["key"]!);
        var shown = (await finance.Ok("/v1/reconciliation"))["notices"]!.AsArray().Select(static one => $"{one!["event_id"]} {one["failure"]}").Order(StringComparer.Ordinal);
        Assert.Equal(["evt_in_1 currency_unknown", "evt_lost other_currency", "evt_refund currency_unknown", "evt_waits other_currency", "w1 other_currency", "w3 other_currency", "w4 currency_unknown", "w5 currency_unknown"], shown);
        finance.Dispose();

        static string Refund(int id, string transactions) => $$"""{"id":{{id}},"order_id":1,"processed_at":"2026-01-06T10:00:00Z","transactions":[{{transactions}}]}""";
    }

    [Fact]
    public async Task X10_what_waits_is_listed_tried_again_or_dismissed_with_a_reason()
    {
        var (shop, url) = await Source("src-waiting", "stripe");
        using var owner = shop;
        var source = url.Split('/')[^1];
        foreach (var (id, payment) in (ValueTuple<string, string>[])[("re_1", "in_1"), ("re_2", "pi_2"), ("re_3", "pi_3")])
        {
            Assert.Equal("waiting", await Tell(url, Stripe("evt_" + id, "refund.created", $$"""
                {"id":"{{id}}","object":"refund","amount":400,"currency":"usd","created":CREATED,"payment_intent":"{{payment}}","metadata":{"invoice":"{{payment}}"} }
                """)));
        }

        var waiting = (await shop.Ok("/v1/source_events?limit=2"))!;
        Assert.Equal([$"{source}:evt_re_1", $"{source}:evt_re_2"], waiting["data"]!.AsArray().Select(static one => (string)one!["id"]!));
        Assert.True((bool)waiting["has_more"]!);
        Assert.Equal(("refund", "re_1", "waiting", source), ((string)waiting["data"]![0]!["type"]!, (string)waiting["data"]![0]!["action_id"]!, (string)waiting["data"]![0]!["state"]!, (string)waiting["data"]![0]!["source_id"]!));
        Assert.Equal("re_3", (string)Assert.Single((await shop.Ok($"/v1/source_events?limit=2&source_id={source}&starting_after={source}:evt_re_2"))["data"]!.AsArray())!["action_id"]!);

        // A sale that came by another way afterwards told nobody: it is looked for once more.
        await shop.Ok("/v1/referrals", new { program_id = "src-waiting", referee_id = "cus_jane", referrer_id = "rita", approved_at = now.AddDays(-1) });
        Assert.Equal("waiting", (string)(await shop.Ok($"/v1/source_events/{source}:evt_re_1/retry", new { }))["state"]!);
        await shop.Ok("/v1/actions", new { action_id = "in_1", program_id = "src-waiting", type = "sale", referee_id = "cus_jane", amount_minor = 1_000 });
        Assert.Equal((100, 0), await Earned(shop));
        Assert.Equal("recorded", (string)(await shop.Ok($"/v1/source_events/{source}:evt_re_1/retry", new { }))["state"]!);
        Assert.Equal((100, 40), await Earned(shop));

        // What never will have a sale is let go, and nothing else with it.
        var dismiss = $"/v1/source_events/{source}:evt_re_2/dismiss";
        Assert.Equal((400, "missing_field"), await Refused(dismiss, new { }));
        Assert.Equal(("refused", "dismissed: of another shop"), await shop.Ok(dismiss, new { reason = "of another shop" }) is var gone ? ((string)gone["state"]!, (string)gone["why"]!) : default);
        foreach (var path in (string[])[dismiss, $"/v1/source_events/{source}:evt_re_1/retry", "/v1/source_events/nothing/retry"]) Assert.Equal((404, "source_event_not_found"), await Refused(path, new { reason = "again" }));
        Assert.Equal("re_3", (string)Assert.Single((await shop.Ok("/v1/source_events"))["data"]!.AsArray())!["action_id"]!);
        var refused = Assert.Single((await shop.Ok($"/v1/source_events?state=refused&source_id={source}"))["data"]!.AsArray())!;
        Assert.Equal(("evt_re_2", "refund.created", "dismissed: of another shop"), ((string)refused["event_id"]!, (string)refused["type"]!, (string)refused["why"]!));
        Assert.Equal("duplicate", await Tell(url, Stripe("evt_re_2", "refund.created", """{"id":"re_2","object":"refund","amount":400,"currency":"usd","created":CREATED,"payment_intent":"pi_2"}""")));
        Assert.Equal("recorded", await Tell(url, Invoice("in_2", "pi_2", "cus_jane", 1_000, 1_000, 0)));
        Assert.Equal((200, 40), await Earned(shop));
        Assert.Equal((400, "invalid_field"), (await shop.Get("/v1/source_events?state=lost")) is var lost ? (lost.Status, lost.Code) : default);
        var audited = (await shop.Ok("/v1/audit_entries?operation=dismissSourceEvent"))["data"]!.AsArray().Select(static one => ((string?)one!["subject_id"], (int?)one["status"], (string?)one["reason"]));
        Assert.Contains(($"{source}:evt_re_2", 200, "of another shop"), audited);

        // It is nobody else's.
        using var other = (await Source("src-waiting-not", "stripe")).Shop;
        Assert.Empty((await other.Ok($"/v1/source_events?source_id={source}"))["data"]!.AsArray());
        Assert.Equal(404, (await other.Post($"/v1/source_events/{source}:evt_re_3/dismiss", new { reason = "theirs" })).Status);

        async Task<(int, string?)> Refused(string path, object body) => await shop.Post(path, body) is var answer ? (answer.Status, answer.Code) : default;
    }

    // Whoever goes through the pages is who tries again and dismisses.
    [Fact]
    public async Task X10_a_page_goes_on_after_an_entry_that_waits_no_more()
    {
        var (shop, url) = await Source("src-paged", "stripe");
        using var owner = shop;
        var source = url.Split('/')[^1];
        for (var i = 1; i <= 4; i++)
            Assert.Equal("waiting", await Tell(url, Stripe($"evt_{i}", "refund.created", $$"""{"id":"re_{{i}}","object":"refund","amount":400,"currency":"usd","created":CREATED,"payment_intent":"in_{{i}}"}""")));
        Assert.Equal("evt_1 …", await Page(""));
        await shop.Ok($"/v1/source_events/{source}:evt_1/dismiss", new { reason = "of another shop" });
        Assert.Equal("evt_2 …", await Page("evt_1"));
        await shop.Ok("/v1/referrals", new { program_id = "src-paged", referee_id = "cus_jane", referrer_id = "rita", approved_at = now.AddDays(-1) });
        await shop.Ok("/v1/actions", new { action_id = "in_2", program_id = "src-paged", type = "sale", referee_id = "cus_jane", amount_minor = 1_000 });
        Assert.Equal("recorded", (string)(await shop.Ok($"/v1/source_events/{source}:evt_2/retry", new { }))["state"]!);
        Assert.Equal("evt_3 …", await Page("evt_2"));
        Assert.Equal("evt_4", await Page("evt_3"));
        Assert.Equal("", await Page("evt_4"));

        // What was never there is no entry, nor is what is another tenant's.
        using var other = (await Source("src-paged-not", "stripe")).Shop;
        foreach (var (asked, after) in (ValueTuple<Api, string>[])[(shop, "evt_5"), (other, "evt_1"), (other, "evt_3")])
            foreach (var state in (string[])["waiting", "refused"])
                Assert.Equal((400, "invalid_field", "starting_after"), (await asked.Get($"/v1/source_events?state={state}&starting_after={source}:{after}")) is var answer ? (answer.Status, answer.Code, answer.Param) : default);

        async Task<string> Page(string after)
        {
            var page = await shop.Ok("/v1/source_events?limit=1" + (after.Length == 0 ? "" : $"&starting_after={source}:{after}"));
            return string.Concat(page["data"]!.AsArray().Select(static one => (string)one!["event_id"]!)) + ((bool)page["has_more"]! ? " …" : "");
        }
    }

    // PostgreSQL keeps none of it: it is left out where nothing hangs on it, and otherwise is no event.
    [Fact]
    public async Task X10_a_NUL_in_a_name_is_answered()
    {
        var (shop, url) = await Source("src-nul", "stripe");
        using var owner = shop;
        var paid = Invoice("in_1", "pi_1", "cus_jane", 1_000, 1_000, 0);
        Assert.Equal("recorded", await Tell(url, paid.Replace("pi_1", "pi_\\u0000", StringComparison.Ordinal).Replace("rita-10", "rita-\\u0000", StringComparison.Ordinal)));
        Assert.Equal("recorded", await Tell(url, paid.Replace("in_1", "in_2", StringComparison.Ordinal).Replace("\"payment_intent\"", "\"subscription\"", StringComparison.Ordinal).Replace("pi_1", "sub_\\u0000", StringComparison.Ordinal)));
        Assert.Equal("ignored", await Tell(url, Invoice("in_3", "pi_3", "cus_jane", 1_000, 1_000, 0).Replace("\"in_3", "\"in_\\u0000", StringComparison.Ordinal)));
        Assert.Equal("ignored", await Tell(url, Stripe("evt_gone", "customer.subscription.deleted", """{"id":"sub_\u0000","object":"subscription","customer":"cus_jane"}""")));
    }

    // A program of 10 % at once, of the referrer whose code is RITA-10, and an address for events.
    private async Task<(Api Shop, string Url)> Source(string tenant, string kind, string? program = null)
    {
        if (tenant != "default") await server.Api.Ok("/v1/tenants", new { id = tenant });
        var shop = new Api(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant }))["key"]!);
        program ??= tenant;
        await shop.Ok("/v1/programs", new { id = program, name = program, currency = "USD", time_zone = "UTC" });
        await shop.Ok($"/v1/programs/{program}/rules", JsonNode.Parse($$"""{"id":"{{program}}-ten","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000} }""")!);
        if (tenant != "default") await shop.Ok("/v1/referrers", new { id = "rita", code = "RITA-10" });
        var source = await shop.Ok("/v1/sources", new { kind, program_id = program, secret_ref = "shop" });
        return (shop, (string)source["url"]!);
    }

    private static async Task<(long Earned, long Back)> Earned(Api shop)
    {
        var usd = (await shop.Ok("/v1/referrers/rita/balance"))["balances"]!.AsArray().Single(line => (string)line!["asset"]! == "USD")!;
        return ((long)usd["earned_minor"]!, (long)usd["clawed_back_minor"]!);
    }

    private static string Invoice(string id, string payment, string customer, long total, long net, long shipping) => Stripe("evt_" + id, "invoice.paid", $$"""
        {"id":"{{id}}","object":"invoice","amount_paid":{{total}},"total":{{total}},"total_excluding_tax":{{net}},"shipping_cost":{"amount_subtotal":{{shipping}} },"currency":"usd",
         "created":CREATED,"customer":"{{customer}}","payment_intent":"{{payment}}","metadata":{"referral_code":"rita-10"},"lines":{"data":[{"price":{"product":"prod_1"} }]} }
        """);

    private static string Stripe(string id, string type, string about) =>
        $$"""{"id":"{{id}}","object":"event","type":"{{type}}","livemode":true,"data":{"object":{{about.Replace("CREATED", $"{now.ToUnixTimeSeconds() - 60}", StringComparison.Ordinal)}} } }""";

    private async Task<string> Tell(string url, string body, string secret = ServerProcess.SourceSecret) =>
        await Outcome(url, body, "application/json", ("Stripe-Signature", Sign(body, secret, Clock())));

    private Task<string> TellShopify(string url, string topic, string id, string body) => Outcome(
        url, body, "application/json",
        ("X-Shopify-Hmac-Sha256", Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(ServerProcess.SourceSecret), Encoding.UTF8.GetBytes(body)))),
        ("X-Shopify-Topic", topic), ("X-Shopify-Webhook-Id", id), ("X-Shopify-Shop-Domain", "shop.test"));

    private Task<string> TellEvent(string url, string id, string body)
    {
        var (at, key) = ($"{Clock().ToUnixTimeSeconds()}", Convert.FromBase64String(ServerProcess.SourceSecret["whsec_".Length..]));
        var signature = "v1,bm90IHRoaXM= v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{at}.{body}")));
        return Outcome(url, body, "application/cloudevents+json", ("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", signature));
    }

    internal static string Sign(string body, string secret, DateTimeOffset at)
    {
        var time = at.ToUnixTimeSeconds();
        return $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{body}")))}";
    }

    private async Task<string> Outcome(string url, string body, string type, params (string Name, string Value)[] headers)
    {
        using var answer = await Send(url, body, type, headers);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {text}");
        return (string)JsonNode.Parse(text)!["outcome"]!;
    }

    private Task<int> Post(string url, string body, params (string Name, string Value)[] headers) => Post(url, body, "application/json", headers);

    private async Task<int> Post(string url, string body, string type, params (string Name, string Value)[] headers)
    {
        using var answer = await Send(url, body, type, headers);
        return (int)answer.StatusCode;
    }

    private async Task<HttpResponseMessage> Send(string url, string body, string type, (string Name, string Value)[] headers)
    {
        using var http = new HttpClient { BaseAddress = server.Api.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new(type) } } };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await http.SendAsync(request);
    }
}
