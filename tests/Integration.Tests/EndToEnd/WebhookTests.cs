using System.Net.Http.Json;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>Webhooks by HTTP, as an admin sets them up.</summary>
[Collection(OneServer.Name)]
public sealed class WebhookTests(LivingServer server)
{
    [Fact]
    public async Task An_endpoint_is_set_up_changed_tested_and_removed()
    {
        using var shop = await Sandbox("hooks");
        foreach (var refused in (string[])["https://127.0.0.1/", "http://169.254.169.254/latest", "https://[::1]/", "https://localhost:5432/"])
            Assert.Equal((422, "webhook_address_refused"), await Problem(shop, "/v1/webhook_endpoints", new { url = refused }));
        Assert.Equal((400, "invalid_field"), await Problem(shop, "/v1/webhook_endpoints", new { url = "ftp://shop.test/" }));
        Assert.Equal((400, "invalid_field"), await Problem(shop, "/v1/webhook_endpoints", new { url = "https://shop.test/", events = new[] { "reward.lost" } }));

        var made = await shop.Ok("/v1/webhook_endpoints", new { url = "https://receiver.invalid/hooks", events = new[] { "reward.payable" } });
        var (path, secret) = ($"/v1/webhook_endpoints/{made["id"]}", (string)made["secret"]!);
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        Assert.Null((await shop.Ok(path))["secret"]);
        var tried = await shop.Ok(path + "/test", new { });
        Assert.Equal((false, "unknown_host", "test"), ((bool)tried["taken"]!, (string)tried["failure"]!, (string)tried["cause"]!));
        Assert.Equal("webhook.test", (string)(await shop.Ok(path + "/deliveries"))["data"]![0]!["type"]!);
        Assert.Equal((404, "event_not_found"), await Problem(shop, $"{path}/deliveries/{tried["id"]}/resend", new { }));
        var rotated = await shop.Ok(path + "/rotate_secret", new { });
        Assert.NotEqual(secret, (string)rotated["secret"]!);
        Assert.NotNull(rotated["old_secret_until"]);
        var off = await shop.Send(HttpMethod.Patch, path, JsonContent.Create(new { enabled = false }));
        Assert.Equal("disabled", (string)off.Json["state"]!);
        Assert.Equal("enabled", (string)(await shop.Ok(path + "/resume", new { from = "now" }))["state"]!);
        Assert.Equal(200, (await shop.Send(HttpMethod.Delete, path, null)).Status);
        Assert.Empty((await shop.Ok("/v1/webhook_endpoints"))["data"]!.AsArray());

        for (var i = 0; i < 16; i++) await shop.Ok("/v1/webhook_endpoints", new { url = "https://receiver.invalid/hooks" });
        Assert.Equal((422, "too_many_webhook_endpoints"), await Problem(shop, "/v1/webhook_endpoints", new { url = "https://receiver.invalid/hooks" }));
    }

    [Fact]
    public async Task Events_are_a_list_that_grows_at_its_end()
    {
        using var shop = await Sandbox("events");
        Assert.Empty((await shop.Ok("/v1/events"))["data"]!.AsArray());
        await shop.Ok("/v1/programs", new { id = "events", name = "P", currency = "GBP", time_zone = "Europe/London" });
        await shop.Ok("/v1/programs/events/rules", new { id = "events-rule", trigger = "recurring_action", reward = new { kind = "cash", type = "percent", basis_points = 1_000 } });
        await shop.Ok("/v1/referrers", new { id = "rita", email = "rita@example.com", name = "Rita Personal" });
        await shop.Ok("/v1/referrals", new { program_id = "events", referee_id = "anna", referrer_id = "rita" });
        await shop.Ok("/v1/actions", new { action_id = "events-a", program_id = "events", type = "sale", referee_id = "anna", amount_minor = 5_000 });
        var made = await shop.Ok("/v1/events", new { type = "payout_batch.ready" });
        await Eventually.Holds("all is there", async () => (await shop.Ok("/v1/events"))["data"]!.AsArray().Count >= 5);
        var all = (await shop.Ok("/v1/events"))["data"]!.AsArray();
        Assert.Equal(["referrer.created", "referral.created", "referral.approved", "reward.payable", "payout_batch.ready"], all.Select(static one => (string)one!["type"]!));
        Assert.Equal((string)made["id"]!, (string)all[4]!["id"]!);
        Assert.Equal(500, (long)all[3]!["data"]!["amount_minor"]!);
        Assert.DoesNotContain("Personal", all.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("@", all.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal((string)all[2]!["id"]!, (string)(await shop.Ok($"/v1/events?limit=1&starting_after={all[1]!["id"]}"))["data"]![0]!["id"]!);
        Assert.Equal((string)all[4]!["id"]!, (string)(await shop.Ok("/v1/events?limit=1&latest=true"))["data"]![0]!["id"]!);
        Assert.Equal("event_not_found", (await shop.Get("/v1/events?starting_after=evt_9_9_9")).Code);
        Assert.Equal((422, "not_a_sandbox"), await Problem(server.Api, "/v1/events", new { type = "reward.payable" }));
    }

    [Fact]
    public async Task H9_a_refund_of_one_of_the_first_sales_that_were_paid_together_is_told()
    {
        using var shop = await Sandbox("rounds");
        Assert.Empty((await shop.Ok("/v1/events"))["data"]!.AsArray());
        await shop.Ok("/v1/programs", new { id = "rounds", name = "P", currency = "GBP", time_zone = "Europe/London" });
        await shop.Ok("/v1/programs/rounds/rules", new { id = "rounds-two", trigger = "every_n_referrals", n = 2, reward = new { kind = "cash", type = "percent", basis_points = 1_000, of = "transaction" } });
        await shop.Ok("/v1/referrers", new { id = "rita" });
        foreach (var referee in (string[])["anna", "ben"])
        {
            await shop.Ok("/v1/referrals", new { program_id = "rounds", referee_id = referee, referrer_id = "rita" });
            await shop.Ok("/v1/actions", new { action_id = "first-" + referee, program_id = "rounds", type = "sale", referee_id = referee, amount_minor = 1_000 });
        }

        await shop.Ok("/v1/actions", new { action_id = "back", program_id = "rounds", type = "refund", referee_id = "anna", refund_of = "first-anna", amount_minor = 500 });
        await Eventually.Holds("it is told", async () => (await Told()).Count == 2);
        var told = await Told();
        Assert.Equal(("reward.payable", 200), ((string)told[0]["type"]!, (long)told[0]["data"]!["amount_minor"]!));
        Assert.Equal(("reward.clawed_back", 50), ((string)told[1]["type"]!, (long)told[1]["data"]!["amount_minor"]!));
        Assert.Equal((string)told[0]["data"]!["reward_id"]!, (string)told[1]["data"]!["reward_id"]!);

        async Task<List<System.Text.Json.Nodes.JsonNode>> Told() => [.. (await shop.Ok("/v1/events?limit=100"))["data"]!.AsArray().Select(static one => one!).Where(static one => ((string)one["type"]!).StartsWith("reward.", StringComparison.Ordinal))];
    }

    private async Task<Api> Sandbox(string name)
    {
        await server.Api.Ok("/v1/tenants", new { id = "hook-" + name, sandbox = true });
        return new(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = "hook-" + name }))["key"]!);
    }

    private static async Task<(int, string?)> Problem(Api api, string path, object body)
    {
        var answer = await api.Send(HttpMethod.Post, path, JsonContent.Create(body));
        return (answer.Status, answer.Code);
    }
}
