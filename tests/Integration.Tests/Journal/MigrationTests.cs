using Npgsql;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Integration.Tests.Journal;

public sealed class MigrationTests(PostgresServer server) : IAsyncLifetime
{
    private TestDatabase database = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => database = await server.CreateDatabase();

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task Each_file_is_applied_once_however_many_start_at_once()
    {
        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Migrator.Migrate(database.OwnerConnectionString, Stop)));

        Assert.True(applied.Max() > 0);
        Assert.Equal(applied.Max(), applied.Sum());
        Assert.Equal(0, await Migrator.Migrate(database.OwnerConnectionString, Stop));
    }

    [Fact]
    public async Task A_file_that_was_applied_with_other_content_stops_the_start()
    {
        await Migrator.Migrate(database.OwnerConnectionString, Stop);
        await Run("update grains.migration set sha256 = 'other' where name = '0001_journal.sql'");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Migrator.Migrate(database.OwnerConnectionString, Stop));
        Assert.Contains("0001_journal.sql", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_stops_the_start()
    {
        await Migrator.Migrate(database.OwnerConnectionString, Stop);
        await Run("insert into grains.migration (name, sha256) values ('9999_later.sql', 'other')");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Migrator.Migrate(database.OwnerConnectionString, Stop));
        Assert.Contains("newer version", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    // As at Aurora, whose owner may not ask where in its log it is. A role that owns the database is enough for all else.
    [Fact]
    public async Task A_service_that_does_not_tell_its_timeline_is_served()
    {
        var name = new NpgsqlConnectionStringBuilder(database.OwnerConnectionString).Database;
        await Run($"create role {name}_owner login; alter database {name} owner to {name}_owner; revoke execute on function pg_current_wal_lsn() from public");
        await Migrator.Migrate(new NpgsqlConnectionStringBuilder(database.OwnerConnectionString) { Username = name + "_owner" }.ConnectionString, Stop);

        Assert.Equal("", await PostgresHouse.Ask(database.OwnerConnectionString, "select grains.timeline()"));
    }

    // A ledger check reads for minutes. Whoever writes must not wait behind a new version that waits for it.
    [Fact]
    public async Task A_change_that_waits_for_a_reader_lets_all_others_pass()
    {
        await Migrator.Migrate(database.OwnerConnectionString, Stop);
        await using var reader = new NpgsqlConnection(database.OwnerConnectionString + ";Pooling=false");
        await reader.OpenAsync(Stop);
        await using var reading = await reader.BeginTransactionAsync(Stop);
        await using (var read = new NpgsqlCommand("select count(*) from grains.event", reader)) await read.ExecuteScalarAsync(Stop);

        var change = Task.Run(() => Migrator.Migrate(database.OwnerConnectionString, typeof(MigrationTests).Assembly, "later", Stop));
        for (var i = 0; i < 2; i++)
        {
            await Eventually.Holds("it waits for the reader", async () => (bool)(await PostgresHouse.Ask(database.OwnerConnectionString, Waits))!);
            Assert.Equal(0L, await PostgresHouse.Ask(database.OwnerConnectionString, "select count(*) from grains.event"));
        }

        Assert.False(change.IsCompleted);
        await reading.RollbackAsync(Stop);
        Assert.Equal(1, await change);
    }

    private const string Waits =
        "select exists (select from pg_locks where relation = 'grains.event'::regclass and mode = 'AccessExclusiveLock' and not granted)";

    [Fact]
    public async Task A_file_that_fails_half_way_leaves_nothing()
    {
        await Run("create schema grains; create function grains.append_only() returns trigger language plpgsql as $$ begin return null; end $$");

        await Assert.ThrowsAsync<PostgresException>(() => Migrator.Migrate(database.OwnerConnectionString, Stop));
        Assert.Equal(true, await PostgresHouse.Ask(database.OwnerConnectionString, "select to_regclass('grains.tenant') is null"));
        await Run("drop function grains.append_only()");
        Assert.True(await Migrator.Migrate(database.OwnerConnectionString, Stop) > 0);
    }

    [Fact]
    public async Task Everything_of_ours_is_in_a_schema_of_our_own()
    {
        await Migrator.Migrate(database.OwnerConnectionString, Stop);

        Assert.Equal(0L, await PostgresHouse.Ask(database.OwnerConnectionString, "select count(*) from pg_class where relnamespace = 'public'::regnamespace"));
    }

    private async Task Run(string sql)
    {
        await using var connection = new NpgsqlConnection(database.OwnerConnectionString + ";Pooling=false");
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Stop);
    }
}
