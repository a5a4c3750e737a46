using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Discounts;

/// <summary>What became of a referral among the discounts on its referrer's payments. One that nothing became of has no row.</summary>
public readonly record struct ReferralUseRow(ReferralUse Use) : ISideRow<ReferralUseRow>
{
    public static string Table => "referral_use";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, ReferralUseRow Row)> rows) => CommitBatch.Command(
        batch,
        """
        insert into referral_use as u (referral, tenant, choice, payment) select referral, tenant, coalesce(choice, 0), payment
        from unnest($1, $2, $3, $4) as n(referral, tenant, choice, payment)
        on conflict (referral) do update set payment = excluded.payment, choice = case when excluded.choice = 0 then u.choice else excluded.choice end
        """,
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Use.Referral.Value)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short?)row.Row.Use.Choice)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Use.Payment?.Value)));
}
