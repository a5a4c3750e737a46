using System.Diagnostics;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>SIGTERM under load.</summary>
[Collection(OneMortalServer.Name)]
public sealed class CleanStopTests(MortalServer mortal)
{
    private const int Clients = 16;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_clean_stop_loses_nothing_that_was_acknowledged_and_ends_soon()
    {
        var server = await mortal.Alive();
        using var api = new Api(server.Address);
        var shop = await Shop.Open(api, "stopped", referrers: 2, refereesEach: Clients / 2 + 1);
        var log = new ClientLog();

        // One client is in the middle of a line, and one has left its answers unread for long.
        await using var half = await LineSocket.Open(server.Address);
        await half.Send(shop.Sale(shop.Referees[^2], 1_000, "stopped-half").Json);
        await using var deaf = await LineSocket.Open(server.Address);
        var talking = Task.Run(() => deaf.SendLines(Enumerable.Repeat($$"""{"nobody":"{{new string('x', 100)}}"}""", 100_000)));
        await deaf.Stuck(() => { });

        using var enough = new CancellationTokenSource();
        var clients = shop.Referees.Take(Clients).Select(referee => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested) await log.SendUntilAcknowledged(api, shop.Sale(referee, 1_000));
        })).ToList();
        var streamed = Enumerable.Range(0, 10_000).Select(_ => shop.Sale(shop.Referees[^1], 1_000)).ToList();
        var stream = Task.Run(() => log.SendAgain(server.Address, streamed));
        await Eventually.Holds("there is load", () => Task.FromResult(log.Acknowledged > 500));

        var asked = Stopwatch.StartNew();
        server.Term();
        var code = await server.Exit(Bound);
        Assert.True(code == 0, $"It ended with {code}:\n{server.Log}");
        Assert.True(asked.Elapsed < Bound, $"It took {asked.Elapsed}.");
        await Record.ExceptionAsync(() => stream);
        await Record.ExceptionAsync(() => talking);

        var next = await mortal.Next();
        await enough.CancelAsync();
        await Task.WhenAll(clients);
        await log.SendAgain(next.Address, streamed);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)));
        await LedgerCheck.Clean(api);
    }
}
