using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Referrals;

/// <summary>An action that was refused for an id that has other content; kept on record, once for each content.</summary>
public sealed record ConflictRow(CallerId ActionId, ContentHash Hash, DateTimeOffset At, string Action) : ISideRow<ConflictRow>
{
    public static string Table => "action_conflict";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, ConflictRow Row)> rows) => CommitBatch.Command(
        batch,
        "insert into action_conflict (tenant, action_id, hash, at, action) select * from unnest($1, $2, $3, $4, $5) on conflict do nothing",
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.ActionId.Value)),
        CommitBatch.Array(NpgsqlDbType.Uuid, rows.Select(static row => row.Row.Hash.ToGuid())),
        CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(static row => row.Row.At)),
        CommitBatch.Array(NpgsqlDbType.Json, rows.Select(static row => row.Row.Action)));
}
