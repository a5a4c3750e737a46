using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Programs;

/// <summary>A rule that is new in its program. Where another program was first with the id, its append does not hold.</summary>
public readonly record struct RuleRow(CallerId Id, StreamId Program) : ISideRow<RuleRow>
{
    public static string Table => "rule";

    public static string Uniqueness => "rule_pkey";

    // Without a way out on purpose: who is second learns of it.
    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, RuleRow Row)> rows) => CommitBatch.Command(
        batch,
        "insert into rule (tenant, id, program) select * from unnest($1, $2, $3)",
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Id.Value)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Program.Value)));

    public static async Task<Func<int, RuleRow, bool>> Taken(NpgsqlConnection connection, IReadOnlyList<(int Tenant, RuleRow Row)> rows)
    {
        var taken = await Contention.Read(
            connection,
            "select r.tenant, r.id from unnest($1, $2) as n(tenant, id) join rule r on r.tenant = n.tenant and r.id = n.id",
            reader => (reader.GetInt32(0), reader.GetString(1)),
            CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Id.Value)));
        return (tenant, row) => !taken.Add((tenant, row.Id.Value));
    }
}
