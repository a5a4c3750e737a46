using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>A new version without stopping, as docs/operations.md has it: two of them are side by side in <c>./grains torture --roll</c>.</summary>
public sealed class UpgradeTests(PostgresServer postgres)
{
    private const int Clients = 8;

    [Fact]
    public async Task A_process_goes_on_beside_the_layout_of_a_later_version_and_one_that_is_started_then_refuses_in_a_line()
    {
        await using var house = await ServerHouse.On(postgres);
        var server = await house.Start();
        using var api = new Api(server.Address);
        var shop = await Shop.Open(api, "shop", referrers: 2, refereesEach: Clients / 2);
        var log = new ClientLog();
        using var enough = new CancellationTokenSource();
        var clients = shop.Referees.Select(referee => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested) await log.SendUntilAcknowledged(api, shop.Sale(referee, 1_000));
        })).ToList();
        await Eventually.Holds("there is load", () => HasAcknowledged(100));

        await Migrator.Migrate(house.Owner, typeof(MigrationTests).Assembly, "later", TestContext.Current.CancellationToken);
        await PostgresHouse.Ask(house.Owner, "insert into grains.migration (name, sha256) select name, sha256 from later.migration returning name");
        var before = log.Acknowledged;
        await Eventually.Holds("it goes on", () => HasAcknowledged(before + 100));
        var older = house.Launch(port: Ports.Next());
        Assert.NotEqual(0, await older.Exit(TimeSpan.FromMinutes(4)));
        Assert.Equal("grains: This database was made by a newer version of ReferralGrains (0001_later.sql is not known here). Start that version, or name another database.", older.Log.Trim());

        await enough.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)));
        await LedgerCheck.Clean(api);

        async Task<bool> HasAcknowledged(int actions)
        {
            Assert.False(server.HasExited, $"The server ended:\n{server.Log}");
            if (clients.Find(static client => client.IsFaulted) is { } failed) await failed;
            return log.Acknowledged > actions;
        }
    }
}
