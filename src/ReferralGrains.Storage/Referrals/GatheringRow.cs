using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Referrals;

/// <summary>
/// What one append says of a round of first sales (H9): that more of it is undone, that its reward was given, or that what was undone is
/// settled. The row is locked by whoever writes it, so that a refund and the sale which completes the round never miss each other.
/// </summary>
/// <param name="Undone">More of the sum by this append; below zero for less.</param>
/// <param name="Settled">What was undone when the reward was last changed for it; null where this append did not.</param>
/// <param name="Target">The referral that has the reward; null where this append does not say.</param>
/// <param name="Action">The sale that it is recorded with.</param>
public readonly record struct GatheringRow(
    StreamId Referrer, StreamId Program, int Rule, int Round, DateTimeOffset At, long Undone = 0, long? Settled = null, StreamId? Target = null,
    CallerId? Action = null) : ISideRow<GatheringRow>
{
    public static string Table => "gathering";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, GatheringRow Row)> rows)
    {
        // One of each, in the order of their keys: what two appends of a commit say of a round is added up.
        var merged = rows.GroupBy(static row => (row.Tenant, row.Row.Referrer, row.Row.Program, row.Row.Rule, row.Row.Round))
            .Select(static group => (group.Key.Tenant, Row: group.Select(static row => row.Row).Aggregate(static (one, next) => next with
            {
                Undone = one.Undone + next.Undone,
                Settled = next.Settled ?? one.Settled,
                Target = next.Target ?? one.Target,
                Action = next.Action ?? one.Action,
            })))
            .OrderBy(static row => (row.Row.Referrer.Value, row.Row.Program.Value, row.Row.Rule, row.Row.Round)).ToList();
        CommitBatch.Command(
            batch,
            """
            insert into gathering as g (referrer, program, rule, round, tenant, at, undone, settled, target, action_id)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (referrer, program, rule, round) do update set undone = g.undone + excluded.undone, at = excluded.at,
              settled = coalesce(excluded.settled, g.settled),
              target = coalesce(excluded.target, g.target), action_id = coalesce(excluded.action_id, g.action_id)
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, merged.Select(static row => row.Row.Referrer.Value)),
            CommitBatch.Array(NpgsqlDbType.Bigint, merged.Select(static row => row.Row.Program.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, merged.Select(static row => row.Row.Rule)),
            CommitBatch.Array(NpgsqlDbType.Integer, merged.Select(static row => row.Row.Round)),
            CommitBatch.Array(NpgsqlDbType.Integer, merged.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, merged.Select(static row => row.Row.At)),
            CommitBatch.Array(NpgsqlDbType.Bigint, merged.Select(static row => row.Row.Undone)),
            CommitBatch.Array(NpgsqlDbType.Bigint, merged.Select(static row => row.Row.Settled)),
            CommitBatch.Array(NpgsqlDbType.Bigint, merged.Select(static row => row.Row.Target?.Value)),
            CommitBatch.Array(NpgsqlDbType.Text, merged.Select(static row => row.Row.Action?.Value)));
    }
}
