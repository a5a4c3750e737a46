using Npgsql;
using ReferralGrains.Cli;

namespace Benchmarks;

/// <summary>
/// Years of history in minutes: the rows of one enrollment that the product itself wrote, copied for many others by SQL. The
/// copies belong to commits that are sealed already, for in a grown system the past is, and carry their holds' due dates.
/// Balances are left alone, so afterwards the ledger check would complain, and rightly.
/// </summary>
internal static class GrownHistory
{
    private const int EnrollmentsPerBatch = 25_000;

    public static async Task Add(string database, BenchProgram program, BenchPlan plan, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { CommandTimeout = 0 }.ConnectionString);
        await connection.OpenAsync(stop);
        await EnterSchema(connection, stop);
        var referee = BenchProgram.Referee(0);
        var rows = plan.GrownJournalRows / plan.GrownEnrollments;
        var template = await FindTemplate(connection, program, referee, rows, stop);
        for (var made = 0; made < plan.GrownEnrollments; made += EnrollmentsPerBatch)
        {
            var count = Math.Min(EnrollmentsPerBatch, plan.GrownEnrollments - made);
            await Copy(connection, template, referee, made, count, rows, stop);
        }

        // What autovacuum and the checkpointer would have done long ago.
        await using var settle = connection.CreateCommand();
        foreach (var statement in (string[])["VACUUM ANALYZE", "CHECKPOINT"])
        {
            settle.CommandText = statement;
            await settle.ExecuteNonQueryAsync(stop);
        }
    }

    private static async Task EnterSchema(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var enter = new NpgsqlCommand(
            "SELECT set_config('search_path', n.nspname, false) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 'event' AND c.relkind IN ('r', 'p')",
            connection);
        if (await enter.ExecuteScalarAsync(stop) is null) throw new CommandFailed("the product's PostgreSQL has no table 'event'");
    }

    private static async Task<long> FindTemplate(NpgsqlConnection connection, BenchProgram program, string referee, int rows, CancellationToken stop)
    {
        await using var find = new NpgsqlCommand(
            """
            SELECT s.id FROM stream s
            WHERE $1 IN (s.a, s.b) AND EXISTS (SELECT FROM referral r WHERE r.stream = s.id)
              AND (SELECT count(*) FROM event e WHERE e.stream = s.id AND e.seq <= $2) = $2
            ORDER BY s.id LIMIT 1
            """,
            connection);
        find.Parameters.Add(new NpgsqlParameter<string> { TypedValue = referee });
        find.Parameters.Add(new NpgsqlParameter<int> { TypedValue = rows });
        return await find.ExecuteScalarAsync(stop) is long id
            ? id
            : throw new CommandFailed($"the enrollment of {referee} in {program.Id} has not the {rows} journal rows that a history is copied from");
    }

    private static async Task Copy(NpgsqlConnection connection, long template, string referee, int first, int count, int rows, CancellationToken stop)
    {
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var streams = await CopyStreams(connection, template, referee, first, count, stop);
        // By sequence first: the rows of one enrollment lie as far apart as they would had they come over the years.
        await CopyRows(connection, "event", $"AND seq <= {rows} ORDER BY seq, copy", template, streams, stop);
        await CopyRows(connection, "referral", "ORDER BY copy", template, streams, stop);
        await CopyRows(connection, "due", "ORDER BY copy", template, streams, stop);
        await transaction.CommitAsync(stop);
    }

    private static async Task<long[]> CopyStreams(NpgsqlConnection connection, long template, string referee, int first, int count, CancellationToken stop)
    {
        await using var insert = new NpgsqlCommand(
            """
            INSERT INTO stream (tenant, kind, a, b)
            SELECT tenant, kind, replace(a, $2, 'old_' || n), replace(b, $2, 'old_' || n)
            FROM stream CROSS JOIN generate_series($3, $4) AS n WHERE id = $1
            RETURNING id
            """,
            connection);
        insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = template });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = referee });
        insert.Parameters.Add(new NpgsqlParameter<int> { TypedValue = first });
        insert.Parameters.Add(new NpgsqlParameter<int> { TypedValue = first + count - 1 });
        var ids = new List<long>(count);
        await using var reader = await insert.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop)) ids.Add(reader.GetInt64(0));
        return [.. ids];
    }

    /// <summary>All columns as they are, but for the stream and for what has to be unique.</summary>
    private static async Task CopyRows(NpgsqlConnection connection, string table, string rest, long template, long[] streams, CancellationToken stop)
    {
        var columns = await Columns(connection, table, stop);
        var values = columns.Select(column => column switch
        {
            "stream" => "copy",
            "action_id" => "action_id || '-' || copy",
            _ => column,
        });
        await using var insert = new NpgsqlCommand(
            $"INSERT INTO {table} ({string.Join(", ", columns)}) SELECT {string.Join(", ", values)} FROM {table} CROSS JOIN unnest($2) AS copy WHERE stream = $1 {rest}",
            connection);
        insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = template });
        insert.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = streams });
        await insert.ExecuteNonQueryAsync(stop);
    }

    private static async Task<List<string>> Columns(NpgsqlConnection connection, string table, CancellationToken stop)
    {
        await using var list = new NpgsqlCommand(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            connection);
        list.Parameters.Add(new NpgsqlParameter<string> { TypedValue = table });
        var names = new List<string>();
        await using var reader = await list.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop)) names.Add(reader.GetString(0));
        return names;
    }
}
