using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Referrals;

/// <summary>A referral that was given to another referrer, by whose it was: what was counted for that one stays counted (D6, D16).</summary>
public readonly record struct ReassignmentRow(StreamId Stream, int Seq, StreamId From, bool IsApproved) : ISideRow<ReassignmentRow>
{
    public static string Table => "reassignment";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, ReassignmentRow Row)> rows) => CommitBatch.Command(
        batch,
        "insert into reassignment (stream, seq, tenant, from_referrer, approved) select * from unnest($1, $2, $3, $4, $5)",
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Row.Seq)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.From.Value)),
        CommitBatch.Array(NpgsqlDbType.Boolean, rows.Select(static row => row.Row.IsApproved)));
}
