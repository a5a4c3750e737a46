using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Referrals;

/// <summary>A referral as lists of them show it.</summary>
public readonly record struct ReferralRow(
    StreamId Stream, StreamId Program, StreamId Referrer, short Status, DateTimeOffset AttributedAt, DateTimeOffset? ApprovedAt, bool Active = true) : ISideRow<ReferralRow>
{
    public static string Table => "referral";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, ReferralRow Row)> rows) => CommitBatch.Command(
        batch,
        """
        insert into referral (stream, tenant, program, referrer, status, attributed_at, approved_at, active)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (stream) do update set referrer = excluded.referrer, status = excluded.status, approved_at = excluded.approved_at,
          active = excluded.active
        """,
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Program.Value)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Referrer.Value)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static row => row.Row.Status)),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.AttributedAt)),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.ApprovedAt)),
        CommitBatch.Array(NpgsqlDbType.Boolean, rows.Select(static row => row.Row.Active)));
}
