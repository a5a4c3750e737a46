using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Payouts;

/// <summary>A payout batch as lists, senders and runners see it.</summary>
public readonly record struct PayoutBatchRow(StreamId Stream, PayoutBatchStatus Status, int Orders, string DrawnBy, string? ApprovedBy) : ISideRow<PayoutBatchRow>
{
    public static string Table => "payout_batch";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, PayoutBatchRow Row)> rows) => CommitBatch.Command(
        batch,
        """
        insert into payout_batch (stream, tenant, status, orders, drawn_by, approved_by) select * from unnest($1, $2, $3, $4, $5, $6)
        on conflict (stream) do update set status = excluded.status, orders = excluded.orders, approved_by = excluded.approved_by
        """,
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Status)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Row.Orders)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.DrawnBy)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.ApprovedBy)));
}
