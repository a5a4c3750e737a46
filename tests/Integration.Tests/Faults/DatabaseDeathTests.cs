using System.Diagnostics;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>The server's own PostgreSQL dies under load.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[Collection(Name)]
public sealed class DatabaseDeathTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private const string Name = "Timed";
    private const int Clients = 8;
    private const int Tries = 4;

    // Ten seconds is the promise of a machine that does nothing else; here are other tests.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    // Half a minute of being away makes its supervisor look only every five seconds.
    private static readonly TimeSpan BoundAfterLong = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_server_is_ready_again_within_seconds_and_acknowledged_work_is_there()
    {
        var (house, server) = (embedded.House, embedded.Process);
        using var api = new Api(server.Address);
        var shop = await Shop.Open(api, "dies", referrers: 2, refereesEach: Clients / 2);
        var log = new ClientLog();
        using var enough = new CancellationTokenSource();
        var load = shop.Referees.Select(referee => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested) await log.SendUntilAcknowledged(api, shop.Sale(referee, 1_000));
        })).ToList();

        // KILL as a crash does it; QUIT is what pg_ctl stop -m immediate sends. Other tests may have the machine for a while, but not each time.
        foreach (var signal in (string[])["KILL", "QUIT", "KILL"])
        {
            var waits = new List<TimeSpan>();
            do
            {
                var before = log.Acknowledged;
                await Eventually.Holds("work is being acknowledged", () => Task.FromResult(log.Acknowledged > before + 50));
                var postmaster = house.Postmaster!.Value;
                ServerProcess.Signal(signal, postmaster);
                var away = Stopwatch.StartNew();
                await Eventually.Holds("PostgreSQL is another process", () => Task.FromResult(house.Postmaster is { } now && now != postmaster));
                await Eventually.Holds("the server is ready", async () => await NotReadyIsSaid(api));
                waits.Add(away.Elapsed);
            }
            while (waits[^1] >= Bound && waits.Count < Tries);

            Assert.True(waits[^1] < Bound, $"{signal}: ready after {string.Join(", ", waits)}");
        }

        await enough.CancelAsync();
        await Task.WhenAll(load);
        Assert.False(server.HasExited, server.Log);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)));
        await LedgerCheck.Clean(api);
    }

    [Fact]
    public async Task While_the_database_is_away_every_call_says_when_to_come_again()
    {
        var house = embedded.House;
        using var api = new Api(embedded.Process.Address);
        var shop = await Shop.Open(api, "away", referrers: 1, refereesEach: 2);
        var log = new ClientLog();
        await log.SendUntilAcknowledged(api, shop.Sale(shop.Referees[0], 1_000));

        // A line that PostgreSQL refuses keeps it away until it is taken out again.
        var settings = Path.Combine(house.Folder, "pg", "postgresql.conf");
        var good = await File.ReadAllTextAsync(settings);
        await File.AppendAllTextAsync(settings, "max_connections = many\n");
        var postmaster = house.Postmaster!.Value;
        ServerProcess.Signal("KILL", postmaster);
        await Eventually.Holds("PostgreSQL is gone", () => Task.FromResult(house.Postmaster is null));

        var warm = api.Try("/v1/actions", shop.Sale(shop.Referees[0], 1_000, "warm").Json);
        foreach (var answer in (Answer?[])
                 [
                     await api.Try("/health/ready"),
                     await api.Try($"/v1/referrers/{shop.Referrers[0]}/balance"),
                     await api.Try("/v1/actions", shop.Sale(shop.Referees[1], 1_000, "cold").Json),
                     await api.Try("/v1/referrers", """{"id":"new"}"""),
                     await warm,
                 ])
        {
            Assert.Equal(503, answer!.Status);
            Assert.True(answer.RetryAfter > TimeSpan.Zero, answer.Body);
        }

        Assert.Equal(200, (await api.Get("/health/live")).Status);
        await File.WriteAllTextAsync(settings, good);
        var back = await Eventually.Holds("the server is ready", () => NotReadyIsSaid(api));
        Assert.True(back < BoundAfterLong, $"ready after {back}");

        await log.SendUntilAcknowledged(api, shop.Sale(shop.Referees[0], 1_000, "warm"));
        await log.SendUntilAcknowledged(api, shop.Sale(shop.Referees[1], 1_000, "cold"));
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)));
    }

    private static async Task<bool> NotReadyIsSaid(Api api)
    {
        var answer = await api.Try("/health/ready");
        if (answer is { Status: 503 }) Assert.True(answer.RetryAfter > TimeSpan.Zero);
        return answer is { Status: 200 };
    }
}
