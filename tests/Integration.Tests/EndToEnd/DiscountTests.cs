using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>Discounts by HTTP, in a sandbox: the referee's on its first invoice, the referrer's on its own payments.</summary>
[Collection(OneServer.Name)]
public sealed class DiscountTests(LivingServer server)
{
    [Fact]
    public async Task G3_G5_G7_three_referrals_of_60_make_three_months_of_100_cost_0_40_and_100()
    {
        using var gym = await Sandbox("gym", """{"type":"fixed","value":6000}""");
        foreach (var referee in (string[])["anna", "ben", "carl"]) await Refer(gym, "gym", referee);

        Assert.Equal((0, "anna 6000, ben 4000"), await Pay(gym, "gym", "jan"));
        Assert.Equal((4_000, "carl 6000"), Shown(await Quote(gym, "gym", "feb")));

        // The charge fails, and is tried again.
        await gym.Ok("/v1/payment_discounts/feb/release", new { });
        await LedgerCheck.Clean(await Books("gym"));
        Assert.Equal((4_000, "carl 6000"), await Pay(gym, "gym", "feb"));
        Assert.Equal((10_000, ""), await Pay(gym, "gym", "mar"));
        Assert.True((bool)(await Quote(gym, "gym", "mar"))["duplicate"]!);
        await LedgerCheck.Clean(await Books("gym"));
    }

    [Fact]
    public async Task G7_with_the_second_referee_cancelled_it_is_0_from_the_first_and_the_third_and_then_100()
    {
        using var gym = await Sandbox("gym2", """{"type":"fixed","value":6000}""");
        foreach (var referee in (string[])["anna", "ben", "carl"]) await Refer(gym, "gym2", referee);
        await gym.Ok("/v1/referrals/gym2/ben/cancel", new { });
        Assert.Equal((0, "anna 6000, carl 4000"), await Pay(gym, "gym2", "jan"));
        Assert.Equal((10_000, ""), await Pay(gym, "gym2", "feb"));
        await LedgerCheck.Clean(await Books("gym2"));
    }

    [Fact]
    public async Task G2_G6_by_hand_what_a_person_lets_count_is_used_while_its_referee_is_active()
    {
        using var gym = await Sandbox("gym3", """{"type":"percent","value":2500,"every":"next","mode":"manual"}""");
        foreach (var referee in (string[])["anna", "ben", "carl"]) await Refer(gym, "gym3", referee);
        await gym.Ok("/v1/referrals/gym3/anna/payment_discount", new { decision = "apply" });
        await gym.Ok("/v1/referrals/gym3/ben/payment_discount", new { decision = "apply" });
        await gym.Ok("/v1/referrals/gym3/carl/payment_discount", new { decision = "decline", reason = "a jacket" });
        Assert.Equal(("decline", "apply"), (await Decided("carl"), await Decided("anna")));
        await Patch(gym, "/v1/referrals/gym3/anna", new { active = false });
        Assert.Equal((7_500, "ben 2500"), await Pay(gym, "gym3", "jan"));
        await Patch(gym, "/v1/referrals/gym3/anna", new { active = true });
        Assert.Equal((7_500, "anna 2500"), await Pay(gym, "gym3", "feb"));
        Assert.Equal("feb", (string?)(await gym.Ok("/v1/referrals/gym3/anna"))["payment_discount"]!["payment_id"]);
        Assert.Equal((10_000, ""), await Pay(gym, "gym3", "mar"));

        // Another thing was given for the third, which used it up, also where nobody has to decide any more.
        await gym.Ok("/v1/referrers/rita/entries", new { entry_id = "jacket_1", asset = "item:jacket", amount_minor = 1, reason = "instead of a discount" });
        await Patch(gym, "/v1/programs/gym3", new { payment_discount = new { type = "percent", value = 2_500, every = "next", mode = "auto" } });
        Assert.Equal((10_000, ""), await Pay(gym, "gym3", "apr"));
        var again = await gym.Post("/v1/referrals/gym3/carl/payment_discount", new { decision = "apply" });
        Assert.Equal((409, "referral_declined", "referee_id"), (again.Status, again.Code, again.Param));
        Assert.Equal((10_000, ""), await Pay(gym, "gym3", "may"));
        var given = Assert.Single((await gym.Ok("/v1/referrers/rita/balance"))["balances"]!.AsArray())!;
        Assert.Equal(("item:jacket", 1), ((string)given["asset"]!, (long)given["payable_minor"]!));
        await LedgerCheck.Clean(await Books("gym3"));

        async Task<string?> Decided(string referee) => (string?)(await gym.Ok($"/v1/referrals/gym3/{referee}"))["payment_discount"]?["decision"];
    }

    [Fact]
    public async Task S4_a_first_invoice_has_its_discount_until_24_hours_have_passed_without_a_word()
    {
        using var shop = await Sandbox("s4", null);
        await Patch(shop, "/v1/programs/s4", new { new_customer_discount = new { type = "percent", value = 1_500 } });
        await Refer(shop, "s4", "kiera");
        Assert.Equal((1_485, "quoted"), await Checkout(shop, "in_1"));
        await shop.Ok("/v1/test_clock/advance", new { to = "2026-01-02T00:00:00Z" });
        Assert.Equal((1_485, "quoted"), await Checkout(shop, "in_2"));
        Assert.Equal("confirmed", (string)(await shop.Ok("/v1/checkout_discounts/in_2/confirm", new { }))["state"]!);
        Assert.Equal((0, "none"), await Checkout(shop, "in_3"));
        var activity = (await shop.Ok("/v1/referrals/s4/kiera/activity")).ToJsonString();
        Assert.All(["discount_quoted", "discount_released", "discount_confirmed"], word => Assert.Contains(word, activity, StringComparison.Ordinal));
        await LedgerCheck.Clean(await Books("s4"));
    }

    private async Task<Api> Sandbox(string name, string? paymentDiscount)
    {
        await server.Api.Ok("/v1/tenants", new { id = name, sandbox = true, clock_at = "2026-01-01T00:00:00Z" });
        var sandbox = new Api(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = name }))["key"]!);
        var discount = paymentDiscount is null ? null : JsonNode.Parse(paymentDiscount);
        await sandbox.Ok("/v1/programs", new { id = name, name, currency = "USD", time_zone = "UTC", payment_discount = discount });
        await sandbox.Ok("/v1/referrers", new { id = "rita" });
        return sandbox;
    }

    private async Task<Api> Books(string tenant) => new(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "finance", tenant }))["key"]!);

    private static Task<JsonNode> Refer(Api api, string program, string referee) => api.Ok("/v1/referrals", new { program_id = program, referee_id = referee, referrer_id = "rita" });

    private static async Task Patch(Api api, string path, object body) => Assert.Equal(200, (await api.Send(HttpMethod.Patch, path, JsonContent.Create(body))).Status);

    private static async Task<(long DiscountMinor, string State)> Checkout(Api api, string payment)
    {
        var answer = await api.Ok("/v1/checkout_discounts", new { program_id = "s4", referee_id = "kiera", payment_id = payment, amount_minor = 9_900 });
        return ((long)answer["discount_minor"]!, (string)answer["state"]!);
    }

    private static Task<JsonNode> Quote(Api api, string program, string payment) =>
        api.Ok("/v1/payment_discounts", new { program_id = program, referrer_id = "rita", payment_id = payment, amount_minor = 10_000 });

    private static async Task<(long ToPay, string Used)> Pay(Api api, string program, string payment)
    {
        var quoted = await Quote(api, program, payment);
        await api.Ok($"/v1/payment_discounts/{payment}/confirm", new { });
        return Shown(quoted);
    }

    private static (long ToPay, string Used) Shown(JsonNode answer) => (
        (long)answer["to_pay_minor"]!, string.Join(", ", answer["referrals"]!.AsArray().Select(one => $"{one!["referee_id"]} {one["discount_minor"]}")));
}
