using Npgsql;

namespace ReferralGrains.LocalPostgres;

/// <summary>How PostgreSQL reacts to a connection.</summary>
internal enum PostgresAnswer
{
    /// <summary>Nobody is there, or somebody who says nothing.</summary>
    Silent,

    /// <summary>It is starting, recovering or ending, and says so.</summary>
    Busy,

    /// <summary>It serves.</summary>
    Ready,
}

/// <summary>The socket of our own PostgreSQL.</summary>
internal static class PostgresDoor
{
    public const string Owner = "postgres";
    public const string Application = "grains";
    public const string Database = "grains";

    public static string ConnectionString(string sockets, string role, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = sockets,
        Username = role,
        Database = database,
        // A Unix socket is not encrypted: asking for it would cost every new connection two round trips.
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    public static async Task<PostgresAnswer> Ask(string sockets, CancellationToken stop)
    {
        try
        {
            await using var connection = await Enter(sockets, "postgres", stop);

            // A restored one can be read while it replays its log, and written only afterwards.
            await using var recovery = new NpgsqlCommand("select pg_is_in_recovery()", connection);
            return (bool)(await recovery.ExecuteScalarAsync(stop))! ? PostgresAnswer.Busy : PostgresAnswer.Ready;
        }
        catch (PostgresException refused)
        {
            return refused.SqlState == PostgresErrorCodes.CannotConnectNow ? PostgresAnswer.Busy : PostgresAnswer.Ready;
        }
        catch (NpgsqlException)
        {
            return PostgresAnswer.Silent;
        }
    }

    /// <summary>
    /// Makes the role of the application and its database when they are absent. The role owns nothing: the migrations,
    /// run by the owner, grant it what it may do.
    /// </summary>
    public static async Task Furnish(string sockets, CancellationToken stop)
    {
        try
        {
            await using var connection = await Enter(sockets, "postgres", stop);
            await Furnish(connection, stop);
        }
        catch (NpgsqlException failure)
        {
            throw new LocalPostgresException(
                $"PostgreSQL runs but refuses to make its database: {failure.Message}{PostgresLogFile.Advice(failure.Message)}");
        }
    }

    private static async Task Furnish(NpgsqlConnection connection, CancellationToken stop)
    {
        // Two who start at this moment would both find them absent; the lock ends with the connection.
        await using (var alone = new NpgsqlCommand("SELECT pg_advisory_lock(1)", connection)) await alone.ExecuteNonQueryAsync(stop);
        await EnsureExists(connection, $"SELECT FROM pg_roles WHERE rolname = '{Application}'", $"CREATE ROLE {Application} LOGIN", stop);
        await EnsureExists(
            connection, $"SELECT FROM pg_database WHERE datname = '{Database}'", $"CREATE DATABASE {Database} TEMPLATE template0", stop);
    }

    private static async Task EnsureExists(NpgsqlConnection connection, string question, string order, CancellationToken stop)
    {
        await using var ask = new NpgsqlCommand(question, connection);
        await using (var reader = await ask.ExecuteReaderAsync(stop))
            if (await reader.ReadAsync(stop)) return;

        await using var make = new NpgsqlCommand(order, connection);
        await make.ExecuteNonQueryAsync(stop);
    }

    private static async Task<NpgsqlConnection> Enter(string sockets, string database, CancellationToken stop)
    {
        var builder = new NpgsqlConnectionStringBuilder(ConnectionString(sockets, Owner, database)) { Pooling = false, Timeout = 5 };
        var connection = new NpgsqlConnection(builder.ConnectionString);
        try
        {
            await connection.OpenAsync(stop);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
