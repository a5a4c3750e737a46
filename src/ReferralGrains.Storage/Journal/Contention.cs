using Npgsql;
using NpgsqlTypes;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// After a commit was refused for contention: finds the appends that can no longer hold, tells their grains why, and keeps the
/// others. A later append of a stream that fell falls with it.
/// </summary>
internal static class Contention
{
    public static async Task<List<PendingAppend>> Drop(NpgsqlConnection connection, List<PendingAppend> batch)
    {
        var moved = await MovedStreams(connection, batch);
        var known = await KnownActions(connection, batch);
        var facts = await MovedFacts(connection, batch);
        var sides = new SideTables(batch);
        await sides.LookUp(connection);
        var keys = await TakenKeys(connection, batch);
        var payable = await PayableAmounts.Guarded(connection, batch);
        var kept = new List<PendingAppend>(batch.Count);
        foreach (var pending in batch)
        {
            AppendOutcome? why =
                pending.Append.Streams.Any(stream => moved.Contains(stream.Stream.Value)) ? AppendOutcome.StreamMoved
                : pending.Append.Streams.Any(stream => stream.Rows.Any(row => row.ActionId is { } id && known.Contains((pending.Append.Tenant, id.Value)))) ? AppendOutcome.ActionKnown
                : pending.Append.Reads.Any(facts.Contains) ? AppendOutcome.FactMoved
                : sides.AnyTaken(pending.Append) ? AppendOutcome.FactMoved
                : pending.Append.Streams.Any(stream => stream.NewKey is { } key && !keys.Add(key)) ? AppendOutcome.StreamMoved
                : payable.IsShort(pending.Append) ? AppendOutcome.BalanceShort
                : null;
            if (why is { } outcome) pending.Complete(outcome);
            else kept.Add(pending);
        }

        return kept;
    }

    private static async Task<HashSet<long>> MovedStreams(NpgsqlConnection connection, List<PendingAppend> batch)
    {
        var streams = batch.SelectMany(pending => pending.Append.Streams).ToList();
        return await Read(
            connection,
            """
            select h.stream from unnest($1, $2) as h(stream, seq)
            where exists (select from event e where e.stream = h.stream and e.seq = h.seq)
               or h.seq > 1 and not exists (select from event e where e.stream = h.stream and e.seq = h.seq - 1)
            """,
            reader => reader.GetInt64(0),
            CommitBatch.Array(NpgsqlDbType.Bigint, streams.Select(stream => stream.Stream.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, streams.Select(stream => stream.FirstSeq)));
    }

    private static async Task<HashSet<(int, string)>> KnownActions(NpgsqlConnection connection, List<PendingAppend> batch)
    {
        var ids = batch.SelectMany(pending => pending.Append.Streams.SelectMany(stream => stream.Rows)
            .Where(row => row.ActionId is not null).Select(row => (pending.Append.Tenant, Id: row.ActionId!.Value.Value))).ToList();
        return await Read(
            connection,
            "select e.tenant, e.action_id from unnest($1, $2) as a(tenant, id) join event e on e.tenant = a.tenant and e.action_id = a.id",
            reader => (reader.GetInt32(0), reader.GetString(1)),
            CommitBatch.Array(NpgsqlDbType.Integer, ids.Select(id => id.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Text, ids.Select(id => id.Id)));
    }

    private static async Task<HashSet<FactRead>> MovedFacts(NpgsqlConnection connection, List<PendingAppend> batch)
    {
        var reads = batch.SelectMany(pending => pending.Append.Reads).Distinct().ToList();
        return await Read(
            connection,
            """
            select r.stream, r.version from unnest($1, $2) as r(stream, version)
            where not exists (select from fact f where f.stream = r.stream and f.version = r.version)
            """,
            reader => new FactRead(new(reader.GetInt64(0)), reader.GetInt32(1)),
            CommitBatch.Array(NpgsqlDbType.Bigint, reads.Select(read => read.Stream.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, reads.Select(read => read.Version)));
    }

    // Those of the batch itself are added as it is gone through: of two that begin a stream under numbers of their own, the first stands.
    private static async Task<HashSet<StreamKey>> TakenKeys(NpgsqlConnection connection, List<PendingAppend> batch)
    {
        var keys = batch.SelectMany(pending => pending.Append.Streams).Select(stream => stream.NewKey).OfType<StreamKey>().ToList();
        if (keys.Count == 0) return [];
        return await Read(
            connection,
            """
            select s.tenant, s.kind, s.a, s.b from unnest($1, $2, $3, $4) as k(tenant, kind, a, b)
            join stream s on s.tenant = k.tenant and s.kind = k.kind and s.a = k.a and s.b = k.b
            """,
            reader => new StreamKey(reader.GetInt32(0), reader.GetInt16(1), reader.GetString(2), reader.GetString(3)),
            StreamLoader.Parameters(keys));
    }

    internal static async Task<HashSet<T>> Read<T>(
        NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> map, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync();
        var found = new HashSet<T>();
        while (await reader.ReadAsync()) found.Add(map(reader));
        return found;
    }
}
