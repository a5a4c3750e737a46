using System.Text.Json;
using System.Text.Json.Nodes;
using Payouts.Tests.World;
using ReferralGrains.Payouts.Standin;
using Stripe;

namespace Payouts.Tests.Standin;

/// <summary>What the stand-in signs is what both of Stripe's libraries sign and take.</summary>
public sealed class WebhookVectorTests
{
    private static readonly DateTimeOffset at = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);

    [Theory]
    [InlineData("{}", "whsec_1")]
    [InlineData("""{"id":"evt_1","object":"event","text":"Ünïcödé \u2603 \"quoted\"\n"}""", "whsec_a much longer secret 0123456789")]
    public async Task A_signature_is_the_one_of_Stripes_own_libraries(string payload, string secret)
    {
        var ours = StandinWebhooks.Sign(payload, secret, at);
        var node = await Node.Ask("sign", JsonSerializer.Serialize(new { payload, secret, timestamp = at.ToUnixTimeSeconds() }));
        Assert.Equal(node.Trim(), ours);
        Assert.Equal(EventUtility.ComputeSignature(secret, "1790000000", payload), ours.Split("v1=")[1]);
        EventUtility.ValidateSignature(payload, ours, secret, 300, at.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task Both_libraries_read_what_the_stand_in_tells()
    {
        await using var standin = await RunningStandin.Start();
        var target = standin.Platform.Webhooks.AddTarget(new("http://127.0.0.1:1/nobody"));
        var account = standin.Platform.AddAccount();
        var told = standin.Platform.Webhooks.Take();
        Assert.Equal(2, told.Count);

        var now = TimeProvider.System.GetUtcNow();
        Assert.Equal("account.updated", await Read(told[0].Payload, thin: false));
        Assert.Equal("v2.core.account[configuration.recipient].capability_status_updated", await Read(told[1].Payload, thin: true));
        var fat = EventUtility.ConstructEvent(told[0].Payload, StandinWebhooks.Sign(told[0].Payload, target.Secret, now), target.Secret, 300, now.ToUnixTimeSeconds(), false);
        Assert.Equal(account, Assert.IsType<Account>(fat.Data.Object).Id);
        var thin = standin.Client().ParseEventNotification(told[1].Payload, StandinWebhooks.Sign(told[1].Payload, target.Secret, now), target.Secret, 300);
        Assert.Equal("v2.core.account[configuration.recipient].capability_status_updated", thin.Type);

        async Task<string> Read(string payload, bool thin) => (await Node.Ask(
            "verify", JsonSerializer.Serialize(new { payload, secret = target.Secret, header = StandinWebhooks.Sign(payload, target.Secret, now), thin }))).Trim();
    }

    [Fact]
    public async Task What_is_not_taken_is_told_again_in_order()
    {
        await using var standin = await RunningStandin.Start();
        standin.Platform.Webhooks.AddTarget(new("http://127.0.0.1:1/nobody"));
        standin.Platform.Tell("invoice.paid", new JsonObject { ["id"] = "in_1", ["object"] = "invoice" });
        standin.Platform.Tell("invoice.paid", new JsonObject { ["id"] = "in_2", ["object"] = "invoice" });
        using var http = new HttpClient();
        Assert.Equal(2, await standin.Platform.Webhooks.Deliver(http, CancellationToken.None));
        Assert.Equal(["in_1", "in_2"], standin.Platform.Webhooks.Take().Select(one => (string)JsonNode.Parse(one.Payload)!["data"]!["object"]!["id"]!));
    }
}
