using Npgsql;

namespace Benchmarks;

/// <summary>The size of everything the product keeps in PostgreSQL, indexes included.</summary>
internal static class ProductTables
{
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
