using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Payouts;

/// <summary>A payout batch as lists, senders and runners see it.</summary>
public sealed record PayoutBatchRow(StreamId Stream, PayoutBatch Batch) : ISideRow<PayoutBatchRow>
{
    public static string Table => "payout_batch";

    public PayoutBatchStatus Status => Batch.Status;

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, PayoutBatchRow Row)> rows) => CommitBatch.Command(
        batch,
        """
        insert into payout_batch (stream, tenant, status, orders, drawn_by, approved_by, drawn_at, hash, why, second_person, outside, scheduled)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (stream) do update set status = excluded.status, orders = excluded.orders, approved_by = excluded.approved_by, hash = excluded.hash,
          why = excluded.why
        """,
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Status)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Row.Batch.Orders.Length)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Batch.DrawnBy)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Batch.ApprovedBy)),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.Batch.DrawnAt)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Batch.Hash)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Batch.Why)),
        CommitBatch.Array(NpgsqlDbType.Boolean, rows.Select(static row => row.Row.Batch.NeedsSecondPerson)),
        CommitBatch.Array(NpgsqlDbType.Boolean, rows.Select(static row => row.Row.Batch.IsOutside)),
        CommitBatch.Array(NpgsqlDbType.Boolean, rows.Select(static row => row.Row.Batch.IsScheduled)));
}
