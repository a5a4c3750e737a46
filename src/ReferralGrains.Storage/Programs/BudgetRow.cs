using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Programs;

/// <summary>What is used of a rule's budget in a month, as lists show it (X5).</summary>
/// <param name="Owner">Who decides it: the referrer, or the program where all referrers share it.</param>
public readonly record struct BudgetRow(StreamId Owner, StreamId Program, BudgetUse Use) : ISideRow<BudgetRow>
{
    public static string Table => "budget_use";

    // Two appends of one owner may be in a commit: the last one stands.
    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, BudgetRow Row)> rows)
    {
        var last = rows.GroupBy(static row => (Owner: row.Row.Owner.Value, Program: row.Row.Program.Value, row.Row.Use.Rule, row.Row.Use.Month))
            .OrderBy(static row => row.Key).Select(static row => row.Last()).ToList();
        CommitBatch.Command(
            batch,
            """
            insert into budget_use (owner, program, rule, month, tenant, minor) select * from unnest($1, $2, $3, $4, $5, $6)
            on conflict (owner, program, rule, month) do update set minor = excluded.minor
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, last.Select(static row => row.Row.Owner.Value)),
            CommitBatch.Array(NpgsqlDbType.Bigint, last.Select(static row => row.Row.Program.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, last.Select(static row => row.Row.Use.Rule)),
            CommitBatch.Array(NpgsqlDbType.Integer, last.Select(static row => row.Row.Use.Month)),
            CommitBatch.Array(NpgsqlDbType.Integer, last.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Bigint, last.Select(static row => row.Row.Use.Minor)));
    }
}
