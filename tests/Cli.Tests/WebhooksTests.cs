using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cli.Tests;

public sealed class WebhooksTests
{
    private const string Told = """{"id":"evt_1_2_0","type":"reward.payable","timestamp":"2026-01-15T12:00:00Z","data":{"amount_minor":500}}""";
    private const string Other = """{"id":"evt_1_3_0","type":"referral.created","timestamp":"2026-01-15T12:00:01Z","data":{}}""";

    [Fact]
    public async Task Listen_shows_what_comes_and_forwards_it_signed()
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/events"] = new(200, $$"""{"data":[{{Told}},{{Other}}],"has_more":false}""");
        var came = new ConcurrentQueue<(string Body, IHeaderDictionary Headers)>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var receiver = builder.Build();
        receiver.Urls.Add("http://127.0.0.1:0");
        receiver.Run(async context =>
        {
            came.Enqueue((await new StreamReader(context.Request.Body).ReadToEndAsync(), new HeaderDictionary(context.Request.Headers.ToDictionary())));
            context.Response.StatusCode = 202;
        });
        await receiver.StartAsync(TestContext.Current.CancellationToken);
        var key = Encoding.UTF8.GetBytes("the secret of a test, 32 bytes!!");

        var ran = await Ran.Command(
            server, "webhooks", "listen", "--from", "start", "--count", "1", "--events", "reward.payable", "--forward-to", receiver.Urls.First(), "--secret", "whsec_" + Convert.ToBase64String(key));

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.EndsWith("2026-01-15T12:00:00Z  reward.payable  evt_1_2_0 -> 202\n", ran.Out, StringComparison.Ordinal);
        var (body, headers) = Assert.Single(came);
        Assert.Equal(Told, body);
        Assert.Equal(
            "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"evt_1_2_0.{headers["webhook-timestamp"]}.{Told}"))), headers["webhook-signature"].ToString());
        Assert.Equal("evt_1_2_0", headers["webhook-id"].ToString());
    }

    [Fact]
    public async Task Listen_prints_only_events_as_json_and_says_when_nobody_answers()
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/events"] = new(200, $$"""{"data":[{{Told}}],"has_more":false}""");
        var ran = await Ran.Command(server, "webhooks", "listen", "--from", "start", "--count", "1", "--json");
        Assert.Equal((0, Told + "\n"), (ran.ExitCode, ran.Out));
        ran = await Ran.Command(server, "webhooks", "listen", "--from", "start", "--count", "1", "--forward-to", "http://127.0.0.1:1/");
        Assert.EndsWith("-> no answer\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("signed with whsec_", ran.Out, StringComparison.Ordinal);
        ran = await Ran.Command(server, "webhooks", "listen", "--forward-to", "http://127.0.0.1:1/", "--json", "--count", "1", "--from", "start");
        Assert.Equal((1, "grains: --forward-to with --json takes --secret: nobody would see one that is made up"), (ran.ExitCode, ran.Line));
        ran = await Ran.Command(server, "webhooks", "listen", "--forward-to", "nowhere");
        Assert.Equal((1, "grains: --forward-to 'nowhere' is not an http address"), (ran.ExitCode, ran.Line));
        ran = await Ran.Command(server, "webhooks", "listen", "--events", "reward.payable,reward.payed");
        Assert.Equal(1, ran.ExitCode);
        Assert.StartsWith("grains: --events 'reward.payed' is no type of event: they are ", ran.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trigger_makes_an_event_up_and_says_why_it_cannot()
    {
        await using var server = await StandIn.Start();
        server.Answers["POST /v1/events"] = new(200, """{"id":"evt_0_7_0","type":"reward.payable"}""");
        var ran = await Ran.Command(server, "trigger", "reward.payable");
        Assert.Equal((0, "reward.payable evt_0_7_0\n"), (ran.ExitCode, ran.Out));
        server.Answers["POST /v1/events"] = new(422, """{"type":"/docs/errors#not_a_sandbox","title":"no","status":422,"code":"not_a_sandbox","request_id":"req_1","detail":"Only in a sandbox events are made up."}""");
        ran = await Ran.Command(server, "trigger", "reward.payable");
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("Only in a sandbox events are made up.", ran.Line, StringComparison.Ordinal);
    }
}
