using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Payouts;

/// <summary>A reversal of a payout item's transfer as lists, senders and comparisons see it.</summary>
/// <param name="Stream">Of the item.</param>
public sealed record PayoutReversalRow(StreamId Stream, string Transfer, PayoutReversal Reversal) : ISideRow<PayoutReversalRow>
{
    public static string Table => "payout_reversal";

    // The index on Stripe's names is no way out: that two requests have one reversal is our own bug, and the second append falls.
    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, PayoutReversalRow Row)> rows) => CommitBatch.Command(
        batch,
        """
        insert into payout_reversal (stream, id, tenant, transfer, minor, status, generation, reversal, why, asked_by, asked_at, code, step, next_at)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict (stream, id) do update set status = excluded.status, generation = excluded.generation, reversal = excluded.reversal, code = excluded.code,
          step = excluded.step, next_at = excluded.next_at
        """,
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Reversal.Id)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Transfer)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Reversal.Minor)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Reversal.Status)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Row.Reversal.Sending.Generation)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Reversal.Sending.Transfer)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Reversal.Why)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Reversal.By)),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.Reversal.AskedAt)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Reversal.Code)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Reversal.Next)),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.Reversal.Sending.NextAt)));
}
