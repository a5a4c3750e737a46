using System.Net;
using Microsoft.Extensions.DependencyInjection;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Webhooks.World;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns.Webhooks;
using ReferralGrains.Webhooks;

namespace ReferralGrains.Integration.Tests.Webhooks;

/// <summary>Nobody makes this server talk to what only it can reach.</summary>
public sealed class WebhookAddressTests(PostgresServer server)
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("93.184.216.34", true)]
    [InlineData("2606:2800:220:1::1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.8.9.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("192.0.2.7", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("203.0.113.9", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("ff02::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2001::1", false)]
    [InlineData("2002:7f00:1::", false)]
    public void Only_public_addresses_are_told(string address, bool isAllowed) =>
        Assert.Equal(isAllowed, new WebhookAddresses(new()).Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://8.8.8.8/hooks", null)]
    [InlineData("http://8.8.8.8/hooks", "https is expected")]
    [InlineData("https://127.0.0.1/hooks", "private")]
    [InlineData("https://2130706433/", "private")] // 127.0.0.1, as curl and browsers read it.
    [InlineData("https://0x7f.1/", "private")]
    [InlineData("https://[::1]:9443/", "private")]
    [InlineData("https://[::ffff:10.0.0.1]/", "private")]
    [InlineData("https://localhost/", "private")]
    [InlineData("https://me:secret@8.8.8.8/", "password")]
    public async Task An_address_that_nobody_is_told_at_is_not_taken(string url, string? why)
    {
        var refused = await new WebhookAddresses(new()).Refuses(new(url), mayBeClear: false, TestContext.Current.CancellationToken);
        if (why is null) Assert.Null(refused);
        else Assert.Contains(why, refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Networks_that_an_operator_opens_may_be_told_in_clear_and_sandboxes_may_in_any_case()
    {
        var open = new WebhookAddresses(new() { Networks = [IPNetwork.Parse("10.1.0.0/16")] });
        Assert.Null(await open.Refuses(new("http://10.1.2.3/"), mayBeClear: false, TestContext.Current.CancellationToken));
        Assert.NotNull(await open.Refuses(new("http://10.2.2.3/"), mayBeClear: true, TestContext.Current.CancellationToken));
        Assert.Null(await open.Refuses(new("http://8.8.8.8/"), mayBeClear: true, TestContext.Current.CancellationToken));
    }

    // What a name means when it is added says nothing of what it means when it is told.
    [Fact]
    public async Task A_name_that_has_become_private_is_refused_when_it_is_connected_to()
    {
        await using var house = await WebhookHouse.Open(server);
        await using var receiver = await Receiver.Start();
        var target = await house.Add(receiver.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        var strict = house.Services(new(), TimeProvider.System, silo: 1).GetRequiredService<IWebhookTrials>();
        var message = WebhookSamples.Message(WebhookEventType.Test, TimeProvider.System.GetUtcNow());
        var refused = await strict.Send(target, message, WebhookCause.Test, TestContext.Current.CancellationToken);
        Assert.Equal((null, "address_refused"), (refused.Status, refused.Failure));
        Assert.Empty(receiver.All);
        var open = house.Offices.GetRequiredService<IWebhookTrials>();
        Assert.Equal((204, null), await Sent());

        async Task<(int?, string?)> Sent()
        {
            var sent = await open.Send(target, message, WebhookCause.Test, TestContext.Current.CancellationToken);
            return (sent.Status, sent.Failure);
        }
    }

    [Fact]
    public async Task What_hangs_is_cut_off_and_what_is_not_there_has_a_word()
    {
        await using var house = await WebhookHouse.Open(server);
        await using var receiver = await Receiver.Start();
        receiver.Answer = static async (_, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return 204;
        };
        var target = await house.Add(receiver.Url);
        var hasty = house.Services(WebhookHouse.Quick with { Timeout = TimeSpan.FromMilliseconds(300) }, TimeProvider.System, silo: 1).GetRequiredService<IWebhookTrials>();
        var trials = house.Services(WebhookHouse.Quick with { Timeout = TimeSpan.FromMinutes(1) }, TimeProvider.System, silo: 1).GetRequiredService<IWebhookTrials>();
        var message = WebhookSamples.Message(WebhookEventType.Test, TimeProvider.System.GetUtcNow());
        Assert.Equal("timeout", (await hasty.Send(target, message, WebhookCause.Test, TestContext.Current.CancellationToken)).Failure);
        await receiver.Down();
        Assert.Equal("connection", (await trials.Send(target, message, WebhookCause.Test, TestContext.Current.CancellationToken)).Failure);
        Assert.Equal("tls", (await trials.Send(target with { Url = await Clear() }, message, WebhookCause.Test, TestContext.Current.CancellationToken)).Failure);

        async Task<string> Clear()
        {
            await receiver.Up();
            return receiver.Url.Replace("http://", "https://", StringComparison.Ordinal);
        }
    }
}
