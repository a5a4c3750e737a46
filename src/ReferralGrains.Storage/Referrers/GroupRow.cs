using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Referrers;

/// <summary>What waits in a group of a referrer, as lists show it (H14).</summary>
public readonly record struct GroupRow(StreamId Referrer, StreamId Program, RewardGroup Group) : ISideRow<GroupRow>
{
    public static string Table => "reward_group";

    // Two appends of one referrer may be in a commit: the last one stands.
    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, GroupRow Row)> rows)
    {
        var last = rows.GroupBy(static row => (Referrer: row.Row.Referrer.Value, Program: row.Row.Program.Value, row.Row.Group.Rule, row.Row.Group.Asset.Name))
            .OrderBy(static row => row.Key).Select(static row => row.Last()).ToList();
        CommitBatch.Command(
            batch,
            """
            insert into reward_group (referrer, program, rule, asset, tenant, number, sum, goal) select * from unnest($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (referrer, program, rule, asset) do update set number = excluded.number, sum = excluded.sum, goal = excluded.goal
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, last.Select(static row => row.Row.Referrer.Value)),
            CommitBatch.Array(NpgsqlDbType.Bigint, last.Select(static row => row.Row.Program.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, last.Select(static row => row.Row.Group.Rule)),
            CommitBatch.Array(NpgsqlDbType.Text, last.Select(static row => row.Row.Group.Asset.Name)),
            CommitBatch.Array(NpgsqlDbType.Integer, last.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Integer, last.Select(static row => row.Row.Group.Number)),
            CommitBatch.Array(NpgsqlDbType.Bigint, last.Select(static row => row.Row.Group.SumMinor)),
            CommitBatch.Array(NpgsqlDbType.Bigint, last.Select(static row => row.Row.Group.GoalMinor)));
    }
}
