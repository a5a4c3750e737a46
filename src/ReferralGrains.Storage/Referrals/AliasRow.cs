using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Referrals;

/// <summary>An id of a referee that names a referral which is kept under another (X8).</summary>
/// <param name="Stream">Of that id.</param>
public readonly record struct AliasRow(StreamId Stream, StreamId Referral) : ISideRow<AliasRow>
{
    public static string Table => "referral_alias";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, AliasRow Row)> rows) => CommitBatch.Command(
        batch,
        "insert into referral_alias (stream, tenant, referral) select * from unnest($1, $2, $3)",
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Referral.Value)));
}
