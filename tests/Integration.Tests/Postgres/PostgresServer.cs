using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.LocalPostgres;
using ReferralGrains.Server;

namespace ReferralGrains.Integration.Tests.Postgres;

// One real PostgreSQL for all tests of this assembly: started before the first, stopped and deleted after the last.
//   public sealed class JournalTests(PostgresServer server) : IAsyncLifetime      (xunit hands the fixture in)
//   InitializeAsync: database = await server.CreateMigrated();                    (nobody else's; CreateDatabase makes an empty one)
//   run the code under test on database.ConnectionString
//   DisposeAsync:    await database.DisposeAsync();                               (drops it, ends its connections)
public sealed class PostgresServer : IAsyncLifetime
{
    // In memory where the script found room there: each database that is dropped would have all others flushed to a disk that nothing here tests.
    private readonly DirectoryInfo folder = Directory.CreateDirectory(Path.Combine(Environment.GetEnvironmentVariable("GRAINS_TEST_MEMORY") is { Length: > 0 } memory ? memory : Path.GetTempPath(), $"rg-tests-{Guid.NewGuid():n}"));
    private LocalPostgresServer? postgres;
    private readonly Lazy<Task<TestDatabase>> migrated;
    private int databases;

    public PostgresServer() => migrated = new(Migrated);

    public async ValueTask InitializeAsync() =>
        postgres = await LocalPostgresServer.Start(
            new() { DataDirectory = folder.FullName, Small = true }, NullLogger.Instance, TestContext.Current.CancellationToken);

    public Task<TestDatabase> CreateDatabase() => Create("template0");

    /// <summary>With all tables of this version, as a server finds them that is started again.</summary>
    public async Task<TestDatabase> CreateMigrated() => await Copy(await migrated.Value);

    /// <summary>A copy of a database to which nobody is connected any more.</summary>
    public Task<TestDatabase> Copy(TestDatabase original) => Create(original.Name);

    public async ValueTask DisposeAsync()
    {
        if (postgres is not null) await postgres.DisposeAsync();
        folder.Delete(recursive: true);
    }

    // To apply every file once more for each of hundreds of databases would take longer than the tests.
    private async Task<TestDatabase> Migrated()
    {
        var database = await CreateDatabase();
        await Databases.Migrate(database.OwnerConnectionString, CancellationToken.None);
        return database;
    }

    private async Task<TestDatabase> Create(string template)
    {
        var name = $"test_{Interlocked.Increment(ref databases)}";
        // Its files are copied: to log each page of them costs twice as much.
        await Execute($"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY");
        return new(name, On(name, postgres!.OwnerConnectionString), On(name, postgres.ConnectionString), Drop);
    }

    private Task Drop(string name) => Execute($"DROP DATABASE {name} WITH (FORCE)");

    private async Task Execute(string order)
    {
        await using var connection = new NpgsqlConnection(postgres!.OwnerConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(order, connection) { CommandTimeout = (int)Eventually.Patience.TotalSeconds };
        await command.ExecuteNonQueryAsync();
    }

    private static string On(string database, string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Database = database }.ConnectionString;
}
