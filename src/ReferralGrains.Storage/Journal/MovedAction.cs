using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// An action whose id another stream carries than the one where it is now. Its first row keeps the id unique for ever; what came of it is
/// about the row that this one names.
/// </summary>
/// <param name="Hash">Of its content as it is compared from now on (D11).</param>
public readonly record struct MovedAction(CallerId Id, StreamId Stream, int Seq, ContentHash Hash) : ISideRow<MovedAction>
{
    public static string Table => "action_moved";

    /// <summary>Where an action is and what its hash is, of its first row e and its row here, m.</summary>
    internal const string Place = "coalesce(m.stream, e.stream) as stream, coalesce(m.seq, e.seq) as seq, coalesce(m.hash, e.action_hash) as action_hash";

    /// <summary>Beside the first row of an action, e.</summary>
    internal const string Beside = "left join action_moved m on m.tenant = e.tenant and m.action_id = e.action_id";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, MovedAction Row)> rows) => CommitBatch.Command(
        batch,
        "insert into action_moved (tenant, action_id, stream, seq, hash) select * from unnest($1, $2, $3, $4, $5)",
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Id.Value)),
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Row.Seq)),
        CommitBatch.Array(NpgsqlDbType.Uuid, rows.Select(static row => row.Row.Hash.ToGuid())));
}
