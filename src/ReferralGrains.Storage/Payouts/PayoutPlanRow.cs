using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Payouts;

/// <summary>How a tenant pays out.</summary>
public sealed record PayoutPlanRow(StreamId Stream, PayoutPlan Plan) : ISideRow<PayoutPlanRow>
{
    public static string Table => "payout_plan";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, PayoutPlanRow Row)> rows) => CommitBatch.Command(
        batch,
        """
        insert into payout_plan (tenant, stream, terms, next_at) select * from unnest($1, $2, $3, $4)
        on conflict (tenant) do update set terms = excluded.terms, next_at = excluded.next_at
        """,
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Json, rows.Select(static row => JsonSerializer.Serialize(row.Row.Plan.Terms!, JournalJson.Default.PayoutTerms))),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.Plan.NextAt)));
}
