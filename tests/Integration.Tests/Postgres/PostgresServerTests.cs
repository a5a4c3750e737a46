using Npgsql;

namespace ReferralGrains.Integration.Tests.Postgres;

public sealed class PostgresServerTests(PostgresServer server)
{
    [Fact]
    public async Task Each_test_class_has_a_database_of_its_own()
    {
        await using var one = await server.CreateDatabase();
        await using var other = await server.CreateDatabase();
        await Run(one.OwnerConnectionString, "CREATE TABLE mine (id int)");

        var missing = await Assert.ThrowsAsync<PostgresException>(() => Run(other.OwnerConnectionString, "SELECT * FROM mine"));
        Assert.Equal(PostgresErrorCodes.UndefinedTable, missing.SqlState);
    }

    [Fact]
    public async Task The_application_may_do_only_what_a_migration_grants()
    {
        await using var database = await server.CreateDatabase();
        await Run(database.OwnerConnectionString, "CREATE TABLE mine (id int); GRANT SELECT ON mine TO grains");

        await Run(database.ConnectionString, "SELECT * FROM mine");
        var refused = await Assert.ThrowsAsync<PostgresException>(() => Run(database.ConnectionString, "INSERT INTO mine VALUES (1)"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        refused = await Assert.ThrowsAsync<PostgresException>(() => Run(database.ConnectionString, "CREATE TABLE another (id int)"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task A_dropped_database_is_gone_though_its_connections_were_pooled()
    {
        var database = await server.CreateDatabase();
        await Run(database.ConnectionString, "SELECT 1");
        await database.DisposeAsync();

        var gone = await Assert.ThrowsAsync<PostgresException>(() => Run(database.ConnectionString, "SELECT 1"));
        Assert.Equal(PostgresErrorCodes.InvalidCatalogName, gone.SqlState);
    }

    private static async Task Run(string connectionString, string order)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(order, connection);
        await command.ExecuteNonQueryAsync();
    }
}
