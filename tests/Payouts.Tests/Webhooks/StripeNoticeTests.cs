using System.Text.Json;
using System.Text.Json.Nodes;
using Payouts.Tests.World;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Payouts.Webhooks;

namespace Payouts.Tests.Webhooks;

/// <summary>What Stripe signed is believed, and nothing else.</summary>
public sealed class StripeNoticeTests
{
    private const string Secret = "whsec_of_ours";
    private const string Payload = """{"id":"evt_1","object":"event","type":"transfer.created","livemode":true,"account":"acct_1","data":{"object":{"id":"tr_1"}}}""";

    private static readonly DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);

    [Fact]
    public void What_is_signed_is_read() => Assert.Equal(new StripeNotice("evt_1", "transfer.created", "acct_1", true, "tr_1"), Read(Payload, Sign(Payload)));

    [Fact]
    public async Task What_Stripes_own_library_signs_is_read()
    {
        var header = await Node.Ask("sign", JsonSerializer.Serialize(new { payload = Payload, secret = Secret, timestamp = now.ToUnixTimeSeconds() }));
        Assert.Equal("evt_1", Read(Payload, header.Trim())!.Id);
    }

    [Fact]
    public void Any_of_several_secrets_may_have_signed_it()
    {
        Assert.NotNull(StripeNotice.Read(Payload, Sign(Payload), ["whsec_new", Secret], isLive: true, now));
        Assert.Null(StripeNotice.Read(Payload, Sign(Payload), ["whsec_new"], isLive: true, now));
        Assert.Null(StripeNotice.Read(Payload, Sign(Payload), [], isLive: true, now));
    }

    [Theory]
    [InlineData(-300, true)]
    [InlineData(-301, false)]
    public void What_is_old_is_not_believed(int seconds, bool believed) =>
        Assert.Equal(believed, Read(Payload, StandinWebhooks.Sign(Payload, Secret, now.AddSeconds(seconds))) is not null);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData(",,,===,t")]
    [InlineData("v1=00")]
    [InlineData("t=1790000000")]
    [InlineData("t=,v1=00")]
    [InlineData("t=1790000000,v1=00")]
    [InlineData("t=abc,v1=00")]
    [InlineData("t=99999999999999999999999999999999,v1=00")]
    [InlineData("t=9223372036854775807,v1=00")]
    [InlineData("t=-9223372036854775808,v1=00")]
    [InlineData("t=1790000000,t=1790000000,v1=00,v1=11")]
    public void A_header_that_is_none_is_not_believed(string? header) => Assert.Null(Read(Payload, header));

    [Fact]
    public void What_was_altered_or_forged_is_not_believed()
    {
        Assert.Null(Read(Payload.Replace("tr_1", "tr_2", StringComparison.Ordinal), Sign(Payload)));
        Assert.Null(Read(Payload + " ", Sign(Payload)));
        Assert.Null(Read(Payload, StandinWebhooks.Sign(Payload, "whsec_of_theirs", now)));
        Assert.Null(Read(Payload, Sign(Payload).Replace("v1=", "v0=", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_test_event_in_live_or_the_reverse_is_no_event_of_this_tenant()
    {
        var test = Payload.Replace("\"livemode\":true", "\"livemode\":false", StringComparison.Ordinal);
        Assert.Null(Read(test, Sign(test)));
        Assert.NotNull(StripeNotice.Read(test, Sign(test), [Secret], isLive: false, now));
        Assert.Null(StripeNotice.Read(Payload, Sign(Payload), [Secret], isLive: false, now));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"id":1,"type":"a","livemode":true}""")]
    [InlineData("""{"id":"\ud800","type":"a","livemode":true}""")]
    [InlineData("""{"id":"a","type":"a","livemode":true,"\ud800":1}""")]
    [InlineData("""{"id":"a","type":"a","livemode":true,"data":{"object":{"id":"\ud800"} } }""")]
    [InlineData("""{"id":"a","type":"a","livemode":"true"}""")]
    [InlineData("""{"id":"a","type":"a"}""")]
    public void What_is_signed_and_is_no_event_is_not_believed(string payload) => Assert.Null(Read(payload, Sign(payload)));

    [Fact]
    public async Task Thin_and_whole_events_of_the_stand_in_are_read()
    {
        await using var standin = await RunningStandin.Start();
        var target = standin.Platform.Webhooks.AddTarget(new("http://127.0.0.1:1/nobody"));
        var account = standin.Platform.AddAccount();
        standin.Platform.Tell("invoice.paid", new JsonObject { ["id"] = "in_1", ["object"] = "invoice" });
        var notices = standin.Platform.Webhooks.Take()
            .Select(told => StripeNotice.Read(told.Payload, StandinWebhooks.Sign(told.Payload, target.Secret, now), [target.Secret], isLive: false, now)!).ToList();
        Assert.Equal(
            [("account.updated", account), ("v2.core.account[configuration.recipient].capability_status_updated", account), ("invoice.paid", "in_1")],
            notices.Select(notice => (notice.Type, notice.About!)));
    }

    private static StripeNotice? Read(string payload, string? header) => StripeNotice.Read(payload, header, [Secret], isLive: true, now);

    private static string Sign(string payload) => StandinWebhooks.Sign(payload, Secret, now);
}
