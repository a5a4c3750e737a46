using Npgsql;
using ReferralGrains.Storage.Database;

namespace Benchmarks;

/// <summary>What the product keeps in PostgreSQL.</summary>
internal static class ProductTables
{
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(1);

    /// <summary>Until every commit is sealed and summed: what follows the journal is the product's cost, and not that of what is measured next.</summary>
    public static async Task Settled(string database, TimeProvider time, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(stop);
        await using var command = new NpgsqlCommand(
            $"""
            SELECT sealed.position = (SELECT count(*) FROM {Migrator.Schema}.commit WHERE NOT tombstone)
              AND sealed.position = (SELECT position FROM {Migrator.Schema}.figure_position)
            FROM (SELECT coalesce(max(position), 0) AS position FROM {Migrator.Schema}.seal) sealed
            """,
            connection);
        for (var began = time.GetTimestamp(); !(bool)(await command.ExecuteScalarAsync(stop))! && time.GetElapsedTime(began) < patience;)
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, stop);
    }

    /// <summary>The size of everything, indexes included.</summary>
    public static async Task<long> Bytes(string database, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(stop);
        await using var command = new NpgsqlCommand(
            $"""
            SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', '{Baseline.Schema}') AND n.nspname NOT LIKE 'pg\_toast%'
            """,
            connection);
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }
}
