using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace ReferralGrains.Storage.Database;

/// <summary>
/// Applies the <c>.sql</c> files of an assembly, each once and in order, under a lock. A file that was applied and then changed
/// stops the start, for its checksum is on record; so does one that this version does not have.
/// </summary>
public static class Migrator
{
    /// <summary>All our tables live here, so that a database can be shared with other programs.</summary>
    public const string Schema = "grains";

    private const long LockKey = 7_237_011;

    private static readonly TimeSpan again = TimeSpan.FromSeconds(1);

    /// <param name="connectionString">Of the role that owns the schema.</param>
    /// <returns>How many files were applied.</returns>
    public static Task<int> Migrate(string connectionString, CancellationToken stop) =>
        Migrate(connectionString, Assembly.GetExecutingAssembly(), Schema, stop);

    /// <summary>The same for the files of another room, in a schema of its own.</summary>
    public static async Task<int> Migrate(string connectionString, Assembly files, string schema, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = schema, Pooling = false, CommandTimeout = 0 }.ConnectionString);
        await connection.OpenAsync(stop);
        await Execute(connection, $"select pg_advisory_lock({LockKey})", stop);
        await Execute(connection, $"create schema if not exists {schema}", stop);
        await Execute(
            connection, "create table if not exists migration (name text primary key, sha256 text not null, applied_at timestamptz not null default now())", stop);
        var applied = await Applied(connection, stop);
        var known = Files(files).ToList();
        if (applied.Keys.Except(known.Select(file => file.Name)).FirstOrDefault() is { } later)
            throw new InvalidOperationException($"This database was made by a newer version of ReferralGrains ({later} is not known here). Start that version, or name another database.");
        var count = 0;
        foreach (var (name, sql) in known)
        {
            var checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));
            if (applied.TryGetValue(name, out var recorded))
            {
                if (recorded != checksum)
                    throw new InvalidOperationException($"This database has the layout of another version of ReferralGrains ({name} was applied with other content). Start that version, or name another database.");
                continue;
            }

            while (!await Apply(connection, name, sql, checksum, stop)) await Task.Delay(again, TimeProvider.System, stop);
            count++;
        }

        return count;
    }

    // Older processes work meanwhile. A change of a table waits for whoever reads it, and all others wait behind the change: so it gives up
    // soon, lets them pass and comes again, however long a reader takes.
    private static async Task<bool> Apply(NpgsqlConnection connection, string name, string sql, string checksum, CancellationToken stop)
    {
        await using var transaction = await connection.BeginTransactionAsync(stop);
        try
        {
            // Shorter than it takes PostgreSQL to look for a deadlock, so that it is we who give way.
            await Execute(connection, "set local lock_timeout = '500ms'", stop);
            await Execute(connection, sql, stop);
        }
        catch (PostgresException waited) when (waited.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return false;
        }

        await using var record = new NpgsqlCommand("insert into migration (name, sha256) values ($1, $2)", connection)
        {
            Parameters = { new() { Value = name }, new() { Value = checksum } },
        };
        await record.ExecuteNonQueryAsync(stop);
        await transaction.CommitAsync(stop);
        return true;
    }

    private static async Task<Dictionary<string, string>> Applied(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("select name, sha256 from migration", connection);
        await using var reader = await command.ExecuteReaderAsync(stop);
        var applied = new Dictionary<string, string>();
        while (await reader.ReadAsync(stop)) applied.Add(reader.GetString(0), reader.GetString(1));
        return applied;
    }

    private static IEnumerable<(string Name, string Sql)> Files(Assembly assembly)
    {
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (resource[(resource.IndexOf(".Migrations.", StringComparison.Ordinal) + ".Migrations.".Length)..], reader.ReadToEnd());
        }
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(stop);
    }
}
