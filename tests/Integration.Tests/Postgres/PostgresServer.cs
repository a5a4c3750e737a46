using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.LocalPostgres;

namespace ReferralGrains.Integration.Tests.Postgres;

// One real PostgreSQL for all tests of this assembly: started before the first, stopped and deleted after the last.
//   public sealed class JournalTests(PostgresServer server) : IAsyncLifetime      (xunit hands the fixture in)
//   InitializeAsync: database = await server.CreateDatabase();                    (about 50 ms, empty, nobody else's)
//   run the migrations on database.OwnerConnectionString, the code under test on database.ConnectionString
//   DisposeAsync:    await database.DisposeAsync();                               (drops it, ends its connections)
public sealed class PostgresServer : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("rg-tests-");
    private LocalPostgresServer? postgres;
    private int databases;

    public async ValueTask InitializeAsync() =>
        postgres = await LocalPostgresServer.Start(
            new() { DataDirectory = folder.FullName, Small = true }, NullLogger.Instance, TestContext.Current.CancellationToken);

    public async Task<TestDatabase> CreateDatabase()
    {
        var name = $"test_{Interlocked.Increment(ref databases)}";
        await Execute($"CREATE DATABASE {name} TEMPLATE template0");
        return new(name, On(name, postgres!.OwnerConnectionString), On(name, postgres.ConnectionString), Drop);
    }

    public async ValueTask DisposeAsync()
    {
        if (postgres is not null) await postgres.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private Task Drop(string name) => Execute($"DROP DATABASE {name} WITH (FORCE)");

    private async Task Execute(string order)
    {
        await using var connection = new NpgsqlConnection(postgres!.OwnerConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(order, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string On(string database, string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Database = database }.ConnectionString;
}
