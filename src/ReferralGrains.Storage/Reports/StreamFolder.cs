using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>Reads and folds whole streams, one at a time, in the order of their numbers.</summary>
internal sealed class StreamFolder(NpgsqlDataSource database)
{
    private const string Columns = "stream, seq, recorded_at, type, version, action_id, action_hash, data::text";

    /// <summary>Null when nothing was ever written to it.</summary>
    public async Task<FoldedStream?> Fold(FoldedStream? named, CancellationToken stop)
    {
        if (named is null) return null;
        await database.Each(
            $"select {Columns} from event where stream = $1 and type <> 0 order by seq",
            reader => named.Add(ActionQuery.Row(reader, 1)), stop, Questions.Long(named.Stream.Value));
        return named.IsEmpty ? null : named;
    }

    /// <summary>Folds some streams and shows each to a reader before the next is read, so that only one is in memory.</summary>
    public async Task Fold(IReadOnlyList<FoldedStream> named, Action<FoldedStream> folded, CancellationToken stop)
    {
        var waiting = new Queue<FoldedStream>(named.OrderBy(stream => stream.Stream.Value));
        await database.Each(
            $"select {Columns} from event where stream = any($1) and type <> 0 order by stream, seq",
            reader =>
            {
                while (waiting.Peek().Stream.Value < reader.GetInt64(0)) folded(waiting.Dequeue());
                waiting.Peek().Add(ActionQuery.Row(reader, 1));
            },
            stop, Questions.Longs(waiting.Select(stream => stream.Stream.Value)));
        while (waiting.TryDequeue(out var last)) folded(last);
    }
}
