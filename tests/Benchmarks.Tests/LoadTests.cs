using Cli.Tests;
using Microsoft.AspNetCore.Http;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;

namespace Benchmarks.Tests;

public sealed class LoadTests
{
    private static readonly TimeSpan longEnough = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Stream_load_counts_every_answer_of_every_connection()
    {
        await using var server = await StandIn.Start();

        var outcome = await StreamLoad.Run([Access(server)], Sales(server, 2_500), 3, longEnough, TestContext.Current.CancellationToken);

        Assert.Equal((2_500, 2_500), (outcome.Actions, server.Actions));
        Assert.Equal(3, server.FirstActions.Count);
    }

    [Fact]
    public async Task Stream_load_fails_on_an_answer_that_is_missing()
    {
        await using var server = await StandIn.Start();
        server.Troubles.Enqueue(async context =>
        {
            await new StreamReader(context.Request.Body).ReadToEndAsync();
            await context.Response.WriteAsync("{\"line\":1,\"status\":\"rewarded\"}\n{\"summary\":{\"lines\":2,\"rewarded\":1}}\n");
        });

        var failed = await Assert.ThrowsAsync<CommandFailed>(
            () => StreamLoad.Run([Access(server)], Sales(server, 2), 1, longEnough, TestContext.Current.CancellationToken));

        Assert.StartsWith("wrong answers: 2 sales sent, 1 answered", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Single_load_sends_each_action_once()
    {
        await using var server = await StandIn.Start();
        using var load = new SingleLoad(Access(server), 8);

        var outcome = await load.Run(Sales(server, 500), null, longEnough, TestContext.Current.CancellationToken);

        Assert.Equal((500, 500, 500), (outcome.Answered.Actions, outcome.Milliseconds.Count, server.Actions));
    }

    [Fact]
    public async Task Paced_load_keeps_its_rate_and_no_more()
    {
        await using var server = await StandIn.Start();
        using var load = new SingleLoad(Access(server), 8);

        var outcome = await load.Run(Sales(server, 500), 200, TimeSpan.FromSeconds(0.5), TestContext.Current.CancellationToken);

        Assert.Equal(100, outcome.Answered.Actions);
        Assert.InRange(outcome.Answered.Seconds, 0.49, 30);
        Assert.All(outcome.Milliseconds, latency => Assert.True(latency > 0));
    }

    [Fact]
    public async Task Single_load_fails_on_an_action_that_is_not_rewarded()
    {
        await using var server = await StandIn.Start();
        using var load = new SingleLoad(new(server.Url, "wrong"), 2);

        var failed = await Assert.ThrowsAsync<CommandFailed>(
            () => load.Run(Sales(server, 5), null, longEnough, TestContext.Current.CancellationToken));

        Assert.StartsWith("wrong answer to a single action: HTTP/1.1 401", failed.Message, StringComparison.Ordinal);
    }

    private static Access Access(StandIn server) => new(server.Url, StandIn.Key);

    private static PreparedActions Sales(StandIn server, int count) => new(new(Access(server), StandIn.Program, 3, 20), "t", count);
}
