using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Referrers;

/// <summary>A referrer's code, and its personal data, which are nowhere else.</summary>
public sealed record ReferrerRow(
    StreamId Stream, string Code, string? Email, string? Name, bool CashOptIn, string? StripeCustomerId, DateTimeOffset CreatedAt) : ISideRow<ReferrerRow>
{
    public static string Table => "referrer";

    public static string Uniqueness => "referrer_code";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, ReferrerRow Row)> rows) => CommitBatch.Command(
        batch,
        """
        insert into referrer (stream, tenant, code, email, name, cash_opt_in, stripe_customer_id, created_at)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (stream) do update set code = excluded.code, email = excluded.email, name = excluded.name, cash_opt_in = excluded.cash_opt_in,
          stripe_customer_id = excluded.stripe_customer_id
        """,
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Code)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Email)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Name)),
        CommitBatch.Array(NpgsqlDbType.Boolean, rows.Select(static row => row.Row.CashOptIn)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.StripeCustomerId)),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.CreatedAt)));

    public static async Task<Func<int, ReferrerRow, bool>> Taken(NpgsqlConnection connection, IReadOnlyList<(int Tenant, ReferrerRow Row)> rows)
    {
        var taken = await Contention.Read(
            connection,
            "select r.tenant, r.code, r.stream from unnest($1, $2) as n(tenant, code) join referrer r on r.tenant = n.tenant and r.code = n.code",
            reader => (Code: (reader.GetInt32(0), reader.GetString(1)), Stream: reader.GetInt64(2)),
            CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Code)));
        var owners = taken.ToDictionary(static one => one.Code, static one => one.Stream);
        return (tenant, row) => !owners.TryAdd((tenant, row.Code), row.Stream.Value) && owners[(tenant, row.Code)] != row.Stream.Value;
    }
}
