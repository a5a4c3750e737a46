using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Storage.Journal;

/// <summary>Actions by id, each with the later rows about it, in one query.</summary>
public static class ActionQuery
{
    public static async Task<IReadOnlyList<ActionHistory?>> Run(NpgsqlDataSource database, IReadOnlyList<(int Tenant, CallerId Id)> ids)
    {
        await using var command = database.CreateCommand(
            $"""
            with own as materialized (
              select a.n, {MovedAction.Place}, e.recorded_at, e.type, e.version, e.action_id, e.data
              from unnest($1, $2) with ordinality as a(tenant, id, n)
              join event e on e.tenant = a.tenant and e.action_id = a.id and e.action_id is not null
              {MovedAction.Beside})
            select n, stream, seq, recorded_at, type, version, action_id, action_hash, data::text from own
            union all
            select o.n, x.stream, x.seq, x.recorded_at, x.type, x.version, x.action_id, x.action_hash, x.data::text
            from own o join event x on x.stream = o.stream and x.about = o.seq and x.about is not null and x.type <> 0
            order by 1, 3
            """);
        command.Parameters.Add(CommitBatch.Array(NpgsqlDbType.Integer, ids.Select(id => id.Tenant)));
        command.Parameters.Add(CommitBatch.Array(NpgsqlDbType.Text, ids.Select(id => id.Id.Value)));
        var found = new ActionHistory?[ids.Count];
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var n = (int)reader.GetInt64(0) - 1;
            var row = Row(reader, 2);
            var recorded = new Recorded(row.Seq, row.At, row.Decode<ReferralEvent>());
            found[n] = found[n] is { } history
                ? history with { Events = history.Events.Add(recorded) }
                : new(ids[n].Id, Hashes.FromGuid(row.Hash!.Value), new(reader.GetInt64(1)), ImmutableArray.Create(recorded));
        }

        return found;
    }

    /// <summary>Reads seq, recorded_at, type, version, action_id, action_hash, data from a column on.</summary>
    internal static StoredRow Row(NpgsqlDataReader reader, int from) => new(
        reader.GetInt32(from),
        reader.GetFieldValue<DateTimeOffset>(from + 1),
        reader.GetInt16(from + 2),
        reader.GetInt16(from + 3),
        reader.IsDBNull(from + 4) ? null : reader.GetString(from + 4),
        reader.IsDBNull(from + 5) ? null : reader.GetGuid(from + 5),
        reader.GetFieldValue<byte[]>(from + 6));
}
