using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>The server dies at a named point of a commit, in the middle of a stream.</summary>
[Collection(OneMortalServer.Name)]
public sealed class CrashPointTests(MortalServer mortal)
{
    private static readonly string[] failpoints = ["commit.after:1", "commit.before:3", "commit.after:5"];

    [Fact]
    public async Task A_stream_that_is_sent_again_after_a_crash_has_each_effect_once()
    {
        var server = await mortal.Alive();
        using var api = new Api(server.Address);
        var random = Seed.Plant();
        var crashes = new List<(string Failpoint, Shop Shop, List<SentAction> Actions, ClientLog Log)>();
        foreach (var (i, failpoint) in failpoints.Index())
        {
            var shop = await Shop.Open(api, $"crash{i}", referrers: 3, refereesEach: 20);
            crashes.Add((failpoint, shop, shop.Trade(random, 2_000), new()));
        }

        await server.Kill9();
        foreach (var (failpoint, _, actions, log) in crashes)
        {
            await SendUntilItDies(await mortal.Next(failpoint), actions, log);
            Assert.True(log.Acknowledged < actions.Count, $"With {failpoint} it died before the end.");
        }

        // A third time nothing is new, and nothing changes.
        var next = await mortal.Next();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            foreach (var (failpoint, shop, actions, log) in crashes)
            {
                await log.SendAgain(next.Address, actions);
                Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)).Select(complaint => $"{failpoint}: {complaint}"));
            }
        }

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
