using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Due;

/// <summary>One row a grain, moved only when its earliest date changes.</summary>
/// <param name="At">The earliest date at which the grain has something to settle; null when there is none any more.</param>
public readonly record struct DueChange(StreamId Stream, DateTimeOffset? At) : ISideRow<DueChange>
{
    public static string Table => "due";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, DueChange Row)> rows)
    {
        var gone = rows.Where(static change => change.Row.At is null).Select(static change => change.Row.Stream.Value).ToList();
        var moved = rows.Where(static change => change.Row.At is not null).OrderBy(static change => change.Row.Stream.Value).ToList();
        if (gone.Count > 0) CommitBatch.Command(batch, "delete from due where stream = any($1)", CommitBatch.Column(gone, NpgsqlDbType.Bigint));
        if (moved.Count == 0) return;
        CommitBatch.Command(
            batch,
            """
            insert into due (stream, tenant, at) select * from unnest($1, $2, $3)
            on conflict (stream) do update set at = excluded.at
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, moved.Select(static change => change.Row.Stream.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, moved.Select(static change => change.Tenant)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, moved.Select(static change => change.Row.At!.Value)));
    }
}
