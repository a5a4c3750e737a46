using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Discounts;

/// <summary>A discounted payment as its events left it. Where somebody else was first with its id, the append does not hold.</summary>
/// <param name="IsNew">Made by this append; otherwise it was there, and only its owner changes it.</param>
public sealed record DiscountRow(DiscountSide Side, DiscountedPayment Payment, bool IsNew) : ISideRow<DiscountRow>
{
    public static string Table => "discount";

    public static string Uniqueness => "discount_pkey";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, DiscountRow Row)> rows)
    {
        Write(batch, "insert into discount (tenant, side, payment, stream, program, amount, discount, state, applied, uses, why) select * from unnest(", [.. rows.Where(static row => row.Row.IsNew)], ")");

        // Two appends of one owner may be in a commit: the last one stands.
        Write(
            batch,
            "update discount d set discount = n.discount, state = n.state, applied = n.applied, uses = n.uses, why = n.why from unnest(",
            [.. rows.Where(static row => !row.Row.IsNew).GroupBy(static row => (row.Tenant, row.Row.Side, row.Row.Payment.Payment)).Select(static same => same.Last())],
            ") as n(tenant, side, payment, stream, program, amount, discount, state, applied, uses, why) where d.tenant = n.tenant and d.side = n.side and d.payment = n.payment");
    }

    public static async Task<Func<int, DiscountRow, bool>> Taken(NpgsqlConnection connection, IReadOnlyList<(int Tenant, DiscountRow Row)> rows)
    {
        var taken = await Contention.Read(
            connection,
            """
            select d.tenant, d.side, d.payment from unnest($1, $2, $3) as n(tenant, side, payment)
            join discount d on d.tenant = n.tenant and d.side = n.side and d.payment = n.payment
            """,
            reader => (reader.GetInt32(0), (DiscountSide)reader.GetInt16(1), reader.GetString(2)),
            CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Side)),
            CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Payment.Payment.Value)));
        return (tenant, row) => row.IsNew && !taken.Add((tenant, row.Side, row.Payment.Payment.Value));
    }

    private static void Write(NpgsqlBatch batch, string before, List<(int Tenant, DiscountRow Row)> rows, string after)
    {
        if (rows.Count == 0) return;
        CommitBatch.Command(
            batch,
            $"{before}$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11{after}",
            CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Side)),
            CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Payment.Payment.Value)),
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Payment.Owner.Value)),
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Payment.Program.Value)),
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Payment.AmountMinor)),
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Payment.DiscountMinor)),
            CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Payment.State)),
            CommitBatch.Array(NpgsqlDbType.Json, rows.Select(static row => Json(row.Row.Payment))),
            CommitBatch.Array(NpgsqlDbType.Boolean, rows.Select(static row => row.Row.Payment.Uses)),
            CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Payment.Why)));
    }

    internal static string Json(DiscountedPayment payment) => JsonSerializer.Serialize(payment.Applied, JournalJson.Default.ImmutableArrayAppliedReferral);
}
