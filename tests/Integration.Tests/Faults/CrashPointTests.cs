using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>The server dies at a named point of a commit, in the middle of a stream.</summary>
public sealed class CrashPointTests(PostgresServer postgres)
{
    [Theory]
    [InlineData("commit.before:1")]
    [InlineData("commit.after:1")]
    [InlineData("commit.before:3")]
    [InlineData("commit.after:3")]
    [InlineData("commit.after:6")]
    public async Task A_stream_that_is_sent_again_after_a_crash_has_each_effect_once(string failpoint)
    {
        await using var house = await ServerHouse.On(postgres);
        var server = await house.Start();
        using var api = new Api(server.Address);
        var shop = await Shop.Open(api, "shop", referrers: 3, refereesEach: 20);
        await server.Kill9();

        var actions = shop.Trade(Seed.Plant(), 3_000);
        var log = new ClientLog();
        var dying = await house.Start(failpoint);
        await SendUntilItDies(dying, actions, log);
        Assert.True(log.Acknowledged < actions.Count, "It died before the end.");

        var next = await house.Start();
        await log.SendAgain(next.Address, actions);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)));

        // A third time nothing is new, and nothing changes.
        await log.SendAgain(next.Address, actions);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)));
        await LedgerCheck.Clean(api);
    }

    private static async Task SendUntilItDies(ServerProcess server, List<SentAction> actions, ClientLog log)
    {
        foreach (var action in actions) log.Sends(action);
        await using var stream = await LineSocket.Open(server.Address);
        var reading = Task.Run(async () =>
        {
            await foreach (var answer in stream.Answers()) log.Take(answer);
        });

        // The next portion when the last one is answered, so that the stream takes many commits.
        foreach (var portion in actions.Chunk(200))
        {
            if (reading.IsCompleted) break;
            await Record.ExceptionAsync(() => stream.SendLines(portion.Select(action => action.Json)));
            var last = portion[^1].Id;
            await Eventually.Holds("the portion is answered", () => Task.FromResult(reading.IsCompleted || log.Knows(last)));
        }

        await Assert.ThrowsAnyAsync<IOException>(() => reading);
        Assert.Equal(137, await server.Exit());
    }
}
