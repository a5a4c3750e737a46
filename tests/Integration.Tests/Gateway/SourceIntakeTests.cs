using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using ReferralGrains.Gateway;
using ReferralGrains.Integration.Tests.Gateway.World;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Storage.Idempotency;
using ReferralGrains.Storage.Webhooks;

namespace ReferralGrains.Integration.Tests.Gateway;

/// <summary>What comes of events of other systems (X10), where these could do harm.</summary>
public sealed class SourceIntakeTests : IAsyncLifetime
{
    private const string Secret = "whsec_of_the_test";

    private static readonly string order = """{"id":7,"currency":"GBP","total_price":"50.00","processed_at":"2026-02-01T00:00:00Z","customer":{"id":1}}""";
    private static readonly string testOrder = With("\"test\":true", order);
    private static readonly string refund = """{"id":8,"order_id":7,"processed_at":"2026-02-01T00:00:00Z","transactions":[{"kind":"refund","status":"success","amount":"1.00","currency":"GBP"}]}""";
    private static readonly string testRefund = refund.Replace("\"kind\"", "\"test\":true,\"kind\"", StringComparison.Ordinal);

    private GatewayHost host = null!;

    private InMemoryReconciliations Inbox => host.Services.GetRequiredService<InMemoryReconciliations>();

    public async ValueTask InitializeAsync() => host = await GatewayHost.Start(
        configure: static options => options.SourceSecrets = SourceSecrets.Parse($$"""{"default":{"shop":["{{Secret}}"]},"trial":{"shop":["{{Secret}}"]} }"""));

    public ValueTask DisposeAsync() => host.DisposeAsync();

    // Test and live endpoints of one Stripe account may be sent to the same address: play money is none of a live tenant's.
    [Theory]
    [InlineData(false, "\"livemode\":true", 200)]
    [InlineData(false, "\"livemode\":false", 400)]
    [InlineData(false, "\"livemode\":\"true\"", 400)]
    [InlineData(false, "\"api_version\":\"2025-03-31\"", 400)]
    [InlineData(true, "\"livemode\":false", 200)]
    [InlineData(true, "\"livemode\":true", 400)]
    public async Task X10_Stripes_events_of_the_other_mode_are_not_believed(bool isSandbox, string mode, int status)
    {
        var url = await Source(isSandbox, "stripe");
        var body = $$"""{"id":"evt_1","type":"invoice.paid",{{mode}},"data":{"object":{"id":"in_1","customer":"cus_1","amount_paid":5000,"currency":"gbp","created":1769990400} } }""";
        var (answered, answer) = await Post(url, body, ("Stripe-Signature", StandinWebhooks.Sign(body, Secret, TimeProvider.System.GetUtcNow())));
        Assert.Equal((status, status == 200 ? null : "webhook_not_believed"), (answered, answer.TryGetProperty("code", out var code) ? code.GetString() : null));
        Assert.Equal(status == 200 ? 1 : 0, Inbox.Events.Count);
        Assert.Equal(status == 200 ? 1 : 0, host.Grains.Referrals.Count);
    }

    [Theory]
    [InlineData(false, "recorded", null, "recorded", null)]
    [InlineData(false, "ignored", "test_mode", "ignored", "test_mode", true)]
    [InlineData(true, "recorded", null, "recorded", null, true)]
    [InlineData(true, "recorded", null, "recorded", null)]
    public async Task X10_Shopifys_tests_count_in_a_sandbox_alone(bool isSandbox, string sold, string? whyNot, string paidBack, string? whyNotBack, bool isTest = false)
    {
        var url = await Source(isSandbox, "shopify");
        Assert.Equal(sold, await TellShopify(url, "orders/paid", "w1", isTest ? testOrder : order));
        Assert.Equal(paidBack, await TellShopify(url, "refunds/create", "w2", isTest ? testRefund : refund));
        Assert.Equal([("w1", whyNot), ("w2", whyNotBack)], Inbox.Events.Select(static one => (one.Event, one.Detail)));
        Assert.Equal(whyNot is null ? 1 : 0, host.Grains.Referrals.Count);
    }

    // Both are under way at once: the sale finds the refund waiting before that is noted.
    [Fact]
    public async Task X10_a_refund_that_is_refused_before_it_was_noted_is_shown()
    {
        var url = await Source(isSandbox: false, "shopify");
        await host.Ok("POST", "/v1/referrers", """{"id":"rita"}""");
        await host.Ok("POST", "/v1/referrals", """{"program_id":"p","referee_id":"1","referrer_id":"rita","approved_at":"2026-01-01T00:00:00Z"}""");
        Inbox.BeforeNote = async notice =>
        {
            if (notice.Event == "w2") Assert.Equal("recorded", await TellShopify(url, "orders/paid", "w1", order));
        };
        Assert.Equal("waiting", await TellShopify(url, "refunds/create", "w2", refund.Replace("GBP", "EUR", StringComparison.Ordinal)));
        Assert.Equal(
            [("w1", InboxOutcome.Followed, null), ("w2", InboxOutcome.Shown, "other_currency")], Inbox.Events.Select(static one => (one.Event, one.Outcome, one.Detail)));
        Assert.Empty(host.Services.GetRequiredService<InMemorySources>().Waits);
    }

    [Fact]
    public async Task X10_a_mapping_of_CloudEvents_names_other_places()
    {
        var url = await Source(isSandbox: false, "cloudevents", """{"referee_id":"customer.id","code":"promo.code","sale_id":"order.id"}""");
        await Referrer("rita", "RITA-10");
        Assert.Equal("recorded", await TellEvent(url, "e1", "sale", """{"customer":{"id":7,"name":"Jane"},"promo":{"code":"rita-10"},"amount_minor":500}"""));
        Assert.Equal("rita", (await host.Ok("GET", "/v1/referrals/p/7")).GetProperty("referrer_id").GetString());
        Assert.Equal("recorded", await TellEvent(url, "e2", "refund", """{"customer":{"id":7},"order":{"id":"e1"},"amount_minor":100}"""));
        Assert.Equal("reversed", (await host.Ok("GET", "/v1/actions/e2")).GetProperty("status").GetString());

        // What no place of the mapping begins with is a field that nobody knows, as in any action; and an id elsewhere is none.
        Assert.Equal("ignored", await TellEvent(url, "e3", "sale", """{"customer":{"id":7},"colour":"red","amount_minor":500}"""));
        Assert.Equal("ignored", await TellEvent(url, "e4", "sale", """{"referee_id":"7","amount_minor":500}"""));
        Assert.Equal([null, null, "unknown_field colour", "it names no referee"], Inbox.Events.Select(static one => one.Detail));
    }

    [Theory]
    [InlineData("shopify", "sale_id", 400)]
    [InlineData("shopify", "code", 201)]
    [InlineData("stripe", "sale_id", 201)]
    [InlineData("cloudevents", "sale_id", 201)]
    public async Task X10_a_mapping_names_no_place_that_its_kind_does_not_read(string kind, string member, int status)
    {
        await Source(isSandbox: false, kind);
        var mapping = $$"""{"{{member}}":"note"}""";
        var (made, answer) = await host.Send("POST", "/v1/sources", $$"""{"kind":"{{kind}}","program_id":"p","secret_ref":"shop","mapping":{{mapping}} }""");
        var source = (await host.Ok("GET", "/v1/sources")).GetProperty("data")[0].GetProperty("id").GetString();
        var (changed, problem) = await host.Send("PATCH", $"/v1/sources/{source}", $$"""{"mapping":{{mapping}} }""");
        Assert.Equal((status, status == 201 ? 200 : 400), (made, changed));
        foreach (var refused in (JsonElement[])[answer, problem])
            if (status == 400) Assert.Equal(("invalid_field", "mapping." + member), (refused.GetProperty("code").GetString(), refused.GetProperty("param").GetString()));
    }

    // Which of the two is so, nobody can know.
    [Theory]
    [InlineData("\"type\":\"sale\",\"program_id\":\"p\"", null)]
    [InlineData("\"type\":null,\"program_id\":null", null)]
    [InlineData("\"type\":\"refund\"", "type_differs")]
    [InlineData("\"type\":\"Sale\"", "type_differs")]
    [InlineData("\"type\":{}", "type_differs")]
    [InlineData("\"program_id\":\"q\"", "program_differs")]
    [InlineData("\"program_id\":7", "program_differs")]
    [InlineData("\"program_id\":{}", "program_differs")]
    public async Task X10_an_event_whose_data_contradicts_it_is_shown_and_not_booked(string said, string? why)
    {
        var url = await Source(isSandbox: false, "cloudevents");
        Assert.Equal(why is null ? "recorded" : "ignored", await TellEvent(url, "e1", "sale", $$"""{"referee_id":"jane","amount_minor":500,{{said}} }"""));
        Assert.Equal(why, Assert.Single(Inbox.Events).Detail);
        Assert.Equal(why is null ? 1 : 0, host.Grains.Referrals.Count);
    }

    // It is signed, and so sent again for as long as it is not answered.
    [Theory]
    [InlineData("""{"id":"evt_0","id":"evt_1","type":"invoice.paid","livemode":true,"data":{"object":{}}}""", null)]
    [InlineData("""{"id":"evt_1","type":"invoice.paid","livemode":true,"data":{"object":{"id":"in_1","id":"in_2","customer":"cus_1","amount_paid":5,"currency":"gbp"}}}""", null)]
    [InlineData("""{"id":"evt_\ud800","type":"invoice.paid","livemode":true,"data":{"object":{}}}""", null)]
    [InlineData("""{"id":"evt_1","type":"invoice.paid","livemode":true,"\ud800":1,"data":{"object":{}}}""", null)]
    [InlineData("""{"id":"evt_1","type":"invoice.paid","livemode":true,"data":{"object":{"\ud800":1}}}""", null)]
    [InlineData("\"customer\":\"\\ud800\",\"amount_paid\":5", "it names no referee")]
    [InlineData("\"customer\":\"cus_1\",\"amount_paid\":9223372036854775807", "amount_unknown")]
    [InlineData("\"customer\":\"cus_1\",\"amount_paid\":5,\"total\":-9223372036854775808,\"tax\":5", "amount_unknown")]
    [InlineData("\"customer\":\"cus_1\",\"amount_paid\":5,\"tax\":-9223372036854775808", "amount_unknown")]
    [InlineData("\"customer\":\"cus_1\",\"amount_paid\":10000000000001", "amount_unknown")]
    [InlineData("\"customer\":\"cus_1\",\"amount_paid\":-5", "amount_unknown")]
    [InlineData("\"customer\":\"cus_1\",\"amount_paid\":10000000000000", "")]
    [InlineData("\"customer\":\"cus_1\",\"amount_paid\":5,\"metadata\":{\"referral_code\":\"\\ud800\"},\"description\":\"\\ud800 \\u0000\"", "")]
    public async Task X10_odd_JSON_of_Stripes_is_answered(string told, string? why)
    {
        var url = await Source(isSandbox: false, "stripe");
        var body = told[0] == '{' ? told : $$"""{"id":"evt_1","type":"invoice.paid","livemode":true,"data":{"object":{"id":"in_1","currency":"gbp","created":1769990400,{{told}} } } }""";
        var (status, answer) = await Post(url, body, ("Stripe-Signature", StandinWebhooks.Sign(body, Secret, TimeProvider.System.GetUtcNow())));
        Assert.Equal((why is null ? 400 : 200, why is null ? "webhook_not_believed" : why.Length == 0 ? "recorded" : "ignored"), (status, answer.GetProperty(why is null ? "code" : "outcome").GetString()));
        Assert.Equal(why is null ? [] : [why.Length == 0 ? null : why], Inbox.Events.Select(static one => one.Detail));
    }

    [Theory]
    [InlineData("\"referee_id\":\"\\ud800\"", null)]
    [InlineData("\"referee_id\":\"7\",\"code\":\"\\ud800\"", "")]
    [InlineData("\"referee_id\":\"7\",\"code\":\"\\u0000\"", "")]
    [InlineData("\"referee_id\":\"7\",\"note\":\"\\ud800\"", "invalid_json")]
    [InlineData("\"referee_id\":\"7\",\"note\":\"\\u0000\"", "invalid_field note")]
    [InlineData("\"referee_id\":\"7\",\"type\":\"\\ud800\"", "type_differs")]
    [InlineData("\"referee_id\":\"7\",\"program_id\":\"\\ud800\"", "program_differs")]
    [InlineData("\"referee_id\":\"7\",\"occurred_at\":\"\\ud800\"", "invalid_json")]
    public async Task X10_odd_JSON_of_CloudEvents_is_answered(string told, string? why)
    {
        var url = await Source(isSandbox: false, "cloudevents");
        Assert.Equal(why is "" ? "recorded" : "ignored", await TellEvent(url, "e1", "sale", $$"""{"amount_minor":500,{{told}} }"""));
        Assert.Equal(why is "" ? null : why, Assert.Single(Inbox.Events).Detail);
    }

    // Shopify leaves an address alone that never took an order.
    [Fact]
    public async Task X10_an_order_of_many_lines_is_taken()
    {
        var url = await Source(isSandbox: false, "shopify");
        Assert.Equal("recorded", await TellShopify(url, "orders/paid", "w1", Long(4 * 1024 * 1024)));
        var (status, _) = await Shopify(url, "orders/paid", "w2", Long(4 * 1024 * 1024 + 1));
        Assert.Equal(400, status);

        static string Long(int bytes) => order.Insert(1, $"\"note\":\"{new string('n', bytes - order.Length - "\"note\":\"\",".Length)}\",");
    }

    // The first valid attribution wins (D16), and not the first code.
    [Theory]
    [InlineData("SHUT-1 OPEN-22 LATE-33", "open", null)]
    [InlineData("OPEN-22 SHUT-1", "open", null)]
    [InlineData("SHUT-1 NOBODYS", null, "referrer_closed code")]
    [InlineData("NOBODYS", null, null)]
    [InlineData("SHUT-1 OPEN-22", "late", null, true)]
    [InlineData("OPEN-22 SHUT-1", "late", null, true)]
    public async Task D16_of_several_codes_the_first_attributes_that_can(string codes, string? referrer, string? why, bool isLates = false)
    {
        var url = await Source(isSandbox: false, "shopify");
        await Referrer("shut", "SHUT-1");
        await host.Ok("POST", "/v1/referrers/shut/close", "{}");
        await Referrer("open", "OPEN-22");
        await Referrer("late", "LATE-33");
        if (isLates) await host.Ok("POST", "/v1/referrals", """{"program_id":"p","referee_id":"1","referrer_id":"late","approved_at":"2026-01-01T00:00:00Z"}""");
        var discounts = string.Join(',', codes.Split(' ').Select(static code => $$"""{"code":"{{code}}"}"""));
        Assert.Equal("recorded", await TellShopify(url, "orders/paid", "w1", With($"\"discount_codes\":[{discounts}]", order)));
        var (status, referral) = await host.Send("GET", "/v1/referrals/p/1");
        Assert.Equal(referrer, status == 200 ? referral.GetProperty("referrer_id").GetString() : null);
        Assert.Equal(why, Assert.Single(Inbox.Events).Detail);
    }

    // By no sale nobody was brought: it is corrected and sent again, and then is not before the approval.
    [Fact]
    public async Task D9_a_sale_that_is_refused_attributes_nobody()
    {
        var url = await Source(isSandbox: false, "cloudevents");
        await Referrer("rita", "RITA-10");
        Assert.Equal("ignored", await TellEvent(url, "has blank", "sale", """{"referee_id":"jane","amount_minor":500,"code":"RITA-10"}"""));
        Assert.Equal("invalid_id action_id", Assert.Single(Inbox.Events).Detail);
        Assert.Empty(host.Grains.Referrals);
        Assert.Equal("recorded", await TellEvent(url, "whole", "sale", """{"referee_id":"jane","amount_minor":500,"code":"RITA-10"}"""));
        Assert.Single(host.Grains.Referrals);
    }

    // What reads well may still be refused: its time has not come, or its id is another sale's.
    [Fact]
    public async Task D9_a_sale_that_cannot_be_recorded_attributes_nobody()
    {
        var url = await Source(isSandbox: false, "cloudevents");
        await Referrer("rita", "RITA-10");
        Assert.Equal("ignored", await TellEvent(url, "early", "sale", """{"referee_id":"jane","amount_minor":500,"code":"RITA-10","occurred_at":"2100-01-01T00:00:00Z"}"""));
        Assert.Equal("recorded", await TellEvent(url, "lous", "sale", """{"referee_id":"lou","amount_minor":100,"action_id":"s1"}"""));
        await TellEvent(url, "again", "sale", """{"referee_id":"jane","amount_minor":500,"code":"RITA-10","action_id":"s1"}""");
        Assert.Equal("occurred_in_future", Inbox.Events[0].Detail);
        Assert.Null((await host.Ok("GET", "/v1/referrals/p/jane")).GetProperty("referrer_id").GetString());
        Assert.Equal("recorded", await TellEvent(url, "right", "sale", """{"referee_id":"jane","amount_minor":500,"code":"RITA-10"}"""));
        Assert.Equal("rita", (await host.Ok("GET", "/v1/referrals/p/jane")).GetProperty("referrer_id").GetString());
    }

    // A process that dies between what it does and its answer leaves the source, and no answer to give again.
    [Fact]
    public async Task A_source_that_was_made_without_an_answer_is_the_same_one_under_the_same_key()
    {
        await Source(isSandbox: false, "stripe");
        var (_, first) = await Named("""{"kind":"shopify","program_id":"p","secret_ref":"shop"}""");
        await Forget();
        var (status, again) = await Named("""{"kind":"shopify","program_id":"p","secret_ref":"shop"}""");
        Assert.Equal((200, first.GetProperty("url").GetString()), (status, again.GetProperty("url").GetString()));
        await Forget();
        var (other, problem) = await Named("""{"kind":"stripe","program_id":"p","secret_ref":"shop"}""");
        Assert.Equal((409, "idempotency_key_reuse"), (other, problem.GetProperty("code").GetString()));
        Assert.Equal(2, (await host.Services.GetRequiredService<InMemorySources>().List(1, CancellationToken.None)).Count);

        Task<(int Status, JsonElement Answer)> Named(string body) => Post("/v1/sources", body, ("Authorization", "Bearer " + GatewayHost.AdminKey), ("Idempotency-Key", "k"));

        Task Forget() => host.Services.GetRequiredService<IIdempotentAnswers>().Forget(new(1, "/v1/sources", "k", default), CancellationToken.None);
    }

    private Task<JsonElement> Referrer(string id, string code) => host.Ok("POST", "/v1/referrers", $$"""{"id":"{{id}}","code":"{{code}}"}""");

    private async Task<string> Source(bool isSandbox, string kind, string mapping = "{}")
    {
        var key = GatewayHost.AdminKey;
        if (isSandbox)
        {
            await host.Tenants.Create(new("trial"), true, null, CancellationToken.None);
            key = await host.KeyFor(Storage.Tenants.KeyRole.Admin, 2);
        }

        await host.Send("POST", "/v1/programs", """{"id":"p","name":"P","currency":"GBP","time_zone":"Europe/London"}""", key);
        var (status, source) = await host.Send("POST", "/v1/sources", $$"""{"kind":"{{kind}}","program_id":"p","secret_ref":"shop","mapping":{{mapping}} }""", key);
        Assert.Equal(201, status);
        return source.GetProperty("url").GetString()!;
    }

    private async Task<string> TellShopify(string url, string topic, string id, string body)
    {
        var (status, answer) = await Shopify(url, topic, id, body);
        Assert.Equal(200, status);
        return answer.GetProperty("outcome").GetString()!;
    }

    private Task<(int Status, JsonElement Answer)> Shopify(string url, string topic, string id, string body)
    {
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(body)));
        return Post(url, body, ("X-Shopify-Hmac-Sha256", signature), ("X-Shopify-Topic", topic), ("X-Shopify-Webhook-Id", id));
    }

    private async Task<string> TellEvent(string url, string id, string type, string data)
    {
        var body = $$"""{"specversion":"1.0","id":"{{id}}","source":"/shop","type":"com.shop.{{type}}","time":"2026-02-01T00:00:00Z","data":{{data}} }""";
        var (status, answer) = await Post(url, body, "application/cloudevents+json", ("Authorization", "Bearer " + Secret));
        Assert.Equal(200, status);
        return answer.GetProperty("outcome").GetString()!;
    }

    private Task<(int Status, JsonElement Answer)> Post(string url, string body, params (string Name, string Value)[] headers) => Post(url, body, "application/json", headers);

    private async Task<(int Status, JsonElement Answer)> Post(string url, string body, string type, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, type) };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await host.Client.SendAsync(request);
        return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    private static string With(string member, string body) => body.Insert(1, member + ",");
}
