using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>
/// The database is there and takes nothing, as with a full disk (53100): a trigger refuses, so that it can be emptied again at will.
/// </summary>
public sealed class RefusingDatabaseTests(PostgresServer postgres)
{
    [Fact]
    public async Task A_full_disk_is_a_503_without_a_partial_entry_and_works_again_once_there_is_space()
    {
        await using var house = await ServerHouse.On(postgres);
        var server = await house.Start();
        using var api = new Api(server.Address);
        var shop = await Shop.Open(api, "shop", referrers: 1, refereesEach: 3);
        var log = new ClientLog();
        await log.SendUntilAcknowledged(api, shop.Sale(shop.Referees[0], 1_000));
        var before = await Rows(house);

        // The last statements of a commit: everything before them must be undone.
        await Fill(house, "balance");
        var refused = shop.Referees.Select(referee => shop.Sale(referee, 2_000)).ToList();
        foreach (var answer in await Task.WhenAll(refused.Select(sale => api.PostRaw("/v1/actions", sale.Json))))
        {
            Assert.Equal(503, answer.Status);
            Assert.True(answer.RetryAfter > TimeSpan.Zero);
        }

        Assert.Equal(before, await Rows(house));
        Assert.Equal(503, (await api.Try("/health/ready"))!.Status);
        await Empty(house, "balance");
        await server.Ready();
        foreach (var sale in refused) await log.SendUntilAcknowledged(api, sale);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)));
        Assert.Equal((1, 1), (Lines(server, "refuses commits (53100"), Lines(server, "takes commits again")));
        Assert.Equal((1, 1), (Lines(server, "Not ready: The database takes no commits."), Lines(server, "Ready again")));
    }

    [Fact]
    public async Task A_lease_that_could_not_be_renewed_for_a_while_is_not_lost()
    {
        await using var house = await ServerHouse.On(postgres);
        var server = await house.Start();
        using var api = new Api(server.Address);
        await Fill(house, "silo");
        await Eventually.Holds("it is not ready", async () => await api.Try("/health/ready") is { Status: 503 });
        await Empty(house, "silo");
        await server.Ready();
        Assert.False(server.HasExited);
    }

    private static int Lines(ServerProcess server, string text) => server.Log.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));

    private static Task Fill(ServerHouse house, string table) => Run(
        house,
        $"""
        create function grains.full() returns trigger language plpgsql as
          $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
        create trigger full_disk before insert or update on grains.{table} execute function grains.full();
        """);

    private static Task Empty(ServerHouse house, string table) => Run(house, $"drop trigger full_disk on grains.{table}");

    private static async Task<long> Rows(ServerHouse house) =>
        (long)(await PostgresHouse.Ask(house.Owner, "select (select count(*) from grains.event) + (select count(*) from grains.commit where not tombstone)"))!;

    private static async Task Run(ServerHouse house, string sql)
    {
        await using var database = NpgsqlDataSource.Create(house.Owner);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
