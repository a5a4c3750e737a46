using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Discounts;

/// <summary>
/// What became of a referral among the discounts on its referrer's payments. One that nothing became of has no row. It may be another
/// referrer's by now (D16), whose stream says nothing of this one: an append that claims what is used up by then does not hold.
/// </summary>
/// <param name="Released">The payment that gives it back; where another has it by now, that one keeps it.</param>
public readonly record struct ReferralUseRow(ReferralUse Use, CallerId? Released = null) : ISideRow<ReferralUseRow>
{
    public static string Table => "referral_use";

    public static string Uniqueness => "referral_use_pkey";

    /// <summary>Whether it uses the referral or decides on it, which nobody may who comes after another.</summary>
    public bool Claims => Use.Payment is not null || Use.Choice is not null;

    /// <summary>Whether nothing more can come of a referral until it is given back, if ever.</summary>
    public static bool IsUsedUp(ReferralUse use) => use.Payment is not null || use.Choice == ReferralChoice.Declined;

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, ReferralUseRow Row)> rows)
    {
        Write(
            batch,
            $"""
            insert into referral_use as u (referral, tenant, choice, payment) select referral, tenant, coalesce(choice, 0), payment
            from unnest($1, $2, $3, $4) as n(referral, tenant, choice, payment)
            on conflict (referral) do update set payment = excluded.payment, choice = case
              when u.payment is not null or u.choice = {(int)ReferralChoice.Declined} then refuse_claim()
              when excluded.choice = 0 then u.choice else excluded.choice end
            """,
            [.. rows.Where(static row => row.Row.Claims)], static row => row.Use.Payment);
        Write(
            batch,
            """
            with n as (select * from unnest($1, $2, $3, $4) as n(referral, tenant, choice, payment)),
              given_back as (update referral_use u set payment = null from n where u.referral = n.referral and u.payment = n.payment)
            insert into referral_use (referral, tenant, choice) select referral, tenant, 0 from n on conflict do nothing
            """,
            [.. rows.Where(static row => !row.Row.Claims)], static row => row.Released);
    }

    public static async Task<Func<int, ReferralUseRow, bool>> Taken(NpgsqlConnection connection, IReadOnlyList<(int Tenant, ReferralUseRow Row)> rows)
    {
        var taken = await Contention.Read(
            connection,
            $"select referral from referral_use where referral = any($1) and (payment is not null or choice = {(int)ReferralChoice.Declined})",
            static reader => reader.GetInt64(0),
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Where(static row => row.Row.Claims).Select(static row => row.Row.Use.Referral.Value)));
        return (_, row) => row.Claims && !taken.Add(row.Use.Referral.Value);
    }

    private static void Write(NpgsqlBatch batch, string sql, List<(int Tenant, ReferralUseRow Row)> rows, Func<ReferralUseRow, CallerId?> payment)
    {
        if (rows.Count == 0) return;
        CommitBatch.Command(
            batch,
            sql,
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Use.Referral.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short?)row.Row.Use.Choice)),
            CommitBatch.Array(NpgsqlDbType.Text, rows.Select(row => payment(row.Row)?.Value)));
    }
}
