using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Referrers;

/// <summary>The event under an id of its own: an id is of one referrer, once and for ever. Where another was first, an append does not hold.</summary>
public readonly record struct EntryRow(EntryKind Kind, CallerId Id, StreamId Referrer, int Seq) : ISideRow<EntryRow>
{
    public static string Table => "entry";

    public static string Uniqueness => "entry_pkey";

    // Without a way out on purpose: who is second learns of it.
    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, EntryRow Row)> rows) => CommitBatch.Command(
        batch,
        "insert into entry (tenant, kind, id, stream, seq) select * from unnest($1, $2, $3, $4, $5)",
        [
            .. Keys(rows),
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Referrer.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Row.Seq)),
        ]);

    public static async Task<Func<int, EntryRow, bool>> Taken(NpgsqlConnection connection, IReadOnlyList<(int Tenant, EntryRow Row)> rows)
    {
        var taken = await Contention.Read(
            connection,
            "select e.tenant, e.kind, e.id from unnest($1, $2, $3) as n(tenant, kind, id) join entry e on e.tenant = n.tenant and e.kind = n.kind and e.id = n.id",
            reader => (reader.GetInt32(0), (EntryKind)reader.GetInt16(1), reader.GetString(2)), Keys(rows));
        return (tenant, row) => !taken.Add((tenant, row.Kind, row.Id.Value));
    }

    private static NpgsqlParameter[] Keys(IReadOnlyList<(int Tenant, EntryRow Row)> rows) =>
    [
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Kind)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Id.Value)),
    ];
}
