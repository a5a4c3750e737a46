using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>
/// The database is there and takes nothing, as with a full disk (53100): a trigger refuses, so that it can be emptied again at will.
/// </summary>
public sealed class RefusingDatabaseTests(LivingServer living) : IClassFixture<LivingServer>
{
    private readonly int said = living.Process.Log.Length;

    [Fact]
    public async Task A_full_disk_is_a_503_without_a_partial_entry_and_works_again_once_there_is_space()
    {
        var (server, api) = (living.Process, living.Api);
        var shop = await living.OpenShop(referrers: 1, refereesEach: 3);
        var log = new ClientLog();
        await log.SendUntilAcknowledged(api, shop.Sale(shop.Referees[0], 1_000));
        var before = await Rows();

        // The last statements of a commit: everything before them must be undone.
        await Fill("balance");
        var refused = shop.Referees.Select(referee => shop.Sale(referee, 2_000)).ToList();
        foreach (var answer in await Task.WhenAll(refused.Select(sale => api.PostRaw("/v1/actions", sale.Json))))
        {
            Assert.Equal(503, answer.Status);
            Assert.True(answer.RetryAfter > TimeSpan.Zero);
        }

        Assert.Equal(before, await Rows());
        Assert.Equal(503, (await api.Try("/health/ready"))!.Status);
        await Empty("balance");
        await server.Ready();
        foreach (var sale in refused) await log.SendUntilAcknowledged(api, sale);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)));
        foreach (var end in (string[])["takes commits again", "Ready again"]) await Said(server, end);
        Assert.Equal((1, 1), (Lines(server, "refuses commits (53100"), Lines(server, "takes commits again")));
        Assert.Equal((1, 1), (Lines(server, "Not ready: The database takes no commits."), Lines(server, "Ready again")));
    }

    [Fact]
    public async Task A_lease_that_could_not_be_renewed_for_a_while_is_not_lost()
    {
        var (server, api) = (living.Process, living.Api);
        await Fill("silo");
        await Eventually.Holds("it is not ready", async () => await api.Try("/health/ready") is { Status: 503 });
        await Empty("silo");
        await server.Ready();
        await Said(server, "Ready again");
        Assert.False(server.HasExited);
    }

    // What runs beside the requests meets a bug, which is no outage: it says so each time, and goes on.
    [Fact]
    public async Task A_sweep_that_crashes_is_in_the_log_and_the_next_one_comes_all_the_same()
    {
        await Run("alter table grains.due rename to overdue");
        await Eventually.Holds("a sweep that crashes is in the log, each time", () => Task.FromResult(living.Process.Log[said..].Split("42P01").Length > 2));
        await Run("alter table grains.overdue rename to due");
        Assert.False(living.Process.HasExited);
    }

    private Task<TimeSpan> Said(ServerProcess server, string text) => Eventually.Holds($"it says: {text}", () => Task.FromResult(Lines(server, text) > 0));

    private int Lines(ServerProcess server, string text) => server.Log[said..].Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));

    private Task Fill(string table) => Run(
        $"""
        create or replace function grains.full() returns trigger language plpgsql as
          $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
        create trigger full_disk before insert or update on grains.{table} execute function grains.full();
        """);

    private Task Empty(string table) => Run($"drop trigger full_disk on grains.{table}");

    private async Task<long> Rows() =>
        (long)(await PostgresHouse.Ask(living.Owner, "select (select count(*) from grains.event) + (select count(*) from grains.commit where not tombstone)"))!;

    private async Task Run(string sql)
    {
        await using var database = NpgsqlDataSource.Create(living.Owner);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
