using Npgsql;
using ReferralGrains.Grains.Silos;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Server;

/// <summary>How the server connects.</summary>
public static class Databases
{
    // A connection that was cut without a word is found by PostgreSQL too: in mid-commit its locks would stop every silo, for hours.
    private const string EndsDeadConnections = " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=11000";

    public static NpgsqlDataSource Open(string connectionString)
    {
        var connection = new NpgsqlConnectionStringBuilder(connectionString)
        {
            SearchPath = $"{Migrator.Schema},{OrleansSetup.Schema}",
            ApplicationName = SiloLease.NewConnectionName(),
            MaxPoolSize = 40,
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            Timeout = 5,
            CommandTimeout = 30,
        };
        connection.Options += EndsDeadConnections;
        return new NpgsqlDataSourceBuilder(connection.ConnectionString) { Name = "referralgrains" }.Build(); // Metrics would name the pool by its connection string.
    }

    /// <summary>Brings both schemas to the layout of this version, or says in one line why it cannot.</summary>
    /// <param name="connectionString">Of the role that owns the schemas.</param>
    public static async Task Migrate(string connectionString, CancellationToken stop)
    {
        await Migrator.Migrate(connectionString, stop);
        await Migrator.Migrate(connectionString, typeof(OrleansSetup).Assembly, OrleansSetup.Schema, stop);
    }

    /// <summary>An acknowledged action must survive a power cut, so a database that only pretends to write is refused.</summary>
    public static async Task RefuseUnsafe(NpgsqlDataSource database, CancellationToken stop)
    {
        foreach (var setting in (string[])["fsync", "synchronous_commit", "full_page_writes"])
        {
            await using var show = database.CreateCommand($"show {setting}");
            if (await show.ExecuteScalarAsync(stop) is "off")
                throw new InvalidOperationException($"PostgreSQL runs with {setting} off: it could lose acknowledged actions. Turn it on.");
        }
    }
}
