using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Payouts;

/// <summary>A payout item as lists and senders see it.</summary>
public sealed record PayoutItemRow(StreamId Stream, PayoutItem Item) : ISideRow<PayoutItemRow>
{
    public static string Table => "payout_item";

    // The index on transfers is no way out: that two items have one transfer is our own bug, and the second append falls.
    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, PayoutItemRow Row)> rows) => CommitBatch.Command(
        batch,
        """
        insert into payout_item (stream, tenant, batch, referrer, asset, minor, destination, status, in_transit, generation, transfer, step, next_at, review, reference, why, changed_at, given_up)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        on conflict (stream) do update set minor = excluded.minor, destination = excluded.destination, status = excluded.status,
          in_transit = excluded.in_transit, generation = excluded.generation, transfer = excluded.transfer, step = excluded.step, next_at = excluded.next_at,
          review = excluded.review, reference = excluded.reference, why = excluded.why, changed_at = excluded.changed_at,
          given_up = excluded.given_up
        """,
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Order.Batch.Value)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Order.Referrer.Value)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Order.Amount.Asset.Name)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Order.Amount.Minor)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Order.Destination)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Item.Status)),
        CommitBatch.Array(NpgsqlDbType.Boolean, rows.Select(static row => row.Row.Item.InTransit)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Row.Item.Generation)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Item.Transfer)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Item.Next)),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.Item.NextAt)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Item.Review)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Item.Reference)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Item.Why)),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.Item.LastAt)),
        CommitBatch.Array(NpgsqlDbType.Boolean, rows.Select(static row => row.Row.Item.IsGivenUp)));

    private PayoutOrder Order => Item.Order!;
}
