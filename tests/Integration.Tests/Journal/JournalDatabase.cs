using Npgsql;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Sealing;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>A migrated database of one test, seen as the application and as its superuser.</summary>
public sealed class JournalDatabase : IAsyncDisposable
{
    private readonly TestDatabase database;

    private JournalDatabase(TestDatabase database)
    {
        this.database = database;
        Source = NpgsqlDataSource.Create(ConnectionString);
        Superuser = NpgsqlDataSource.Create(Grains(database.OwnerConnectionString));
    }

    /// <summary>As the application: the role <c>grains</c>, which owns nothing.</summary>
    public NpgsqlDataSource Source { get; }

    public NpgsqlDataSource Superuser { get; }

    public string ConnectionString => Grains(database.ConnectionString);

    public string OwnerConnectionString => database.OwnerConnectionString;

    public static async Task<JournalDatabase> Create(PostgresServer server)
    {
        var made = new JournalDatabase(await server.CreateMigrated());
        await made.Run("insert into silo (name, role, connections, seen_at) values ('still', 'test', 'referralgrains-still', 'infinity')");
        return made;
    }

    /// <summary>As this one is now. It is left by everybody for that, and is not used any more.</summary>
    public async Task<JournalDatabase> Copy(PostgresServer server)
    {
        await Leave();
        return new(await server.Copy(database));
    }

    /// <summary>The connections of another process, as it would open them.</summary>
    public NpgsqlDataSource Process() => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(ConnectionString) { ApplicationName = SiloLease.NewConnectionName() }.ConnectionString);

    /// <summary>One connection and no more, so that what its queries cost can be told.</summary>
    public NpgsqlDataSource Alone() => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { MaxPoolSize = 1 }.ConnectionString);

    public async Task<T> Ask<T>(string sql)
    {
        await using var command = Superuser.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is T answer ? answer : default!;
    }

    public async Task Run(string sql)
    {
        await using var command = Superuser.CreateCommand(sql);
        command.CommandTimeout = (int)Eventually.Patience.TotalSeconds;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Seals every commit; open transactions of other tests on this server hold it up until they end.</summary>
    public Task SealAll() => Eventually.Holds("every commit is sealed", async () =>
    {
        await Sealer.SealAll(Source, TestContext.Current.CancellationToken);
        return await Ask<long>("select (select count(*) from commit where not tombstone) - (select count(*) from seal)") == 0;
    });

    public async ValueTask DisposeAsync()
    {
        await Leave();
        await database.DisposeAsync();
    }

    private async Task Leave()
    {
        await Source.DisposeAsync();
        await Superuser.DisposeAsync();
    }

    private static string Grains(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = Migrator.Schema }.ConnectionString;
}
