using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Payouts;

/// <summary>A referrer's connected account and its customer, as whoever draws up and sends sees them.</summary>
public sealed record PayoutAccountRow(StreamId Stream, StreamId Referrer, PayoutAccount Account) : ISideRow<PayoutAccountRow>
{
    public static string Table => "payout_account";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, PayoutAccountRow Row)> rows) => CommitBatch.Command(
        batch,
        """
        insert into payout_account (referrer, stream, tenant, account, changed_at, links, transfers, pays_out, customer, customer_changed_at)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (referrer) do update set account = excluded.account, changed_at = excluded.changed_at, links = excluded.links,
          transfers = excluded.transfers, pays_out = excluded.pays_out, customer = excluded.customer, customer_changed_at = excluded.customer_changed_at
        """,
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Referrer.Value)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Account.Account)),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.Account.ChangedAt)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Row.Account.Links)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => (short)row.Row.Account.Transfers)),
        CommitBatch.Array(NpgsqlDbType.Boolean, rows.Select(static row => row.Row.Account.PaysOut)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Account.Customer)),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.Account.CustomerChangedAt)));
}
