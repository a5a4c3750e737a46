using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>Reads and folds a whole stream.</summary>
internal sealed class StreamFolder(NpgsqlDataSource database)
{
    /// <summary>Null when nothing was ever written to it.</summary>
    public async Task<FoldedStream?> Fold(FoldedStream? named, CancellationToken stop)
    {
        if (named is null) return null;
        await database.Each(
            "select seq, recorded_at, type, version, action_id, action_hash, data::text from event where stream = $1 and type <> 0 order by seq",
            reader => named.Add(ActionQuery.Row(reader, 0)), stop, Questions.Long(named.Stream.Value));
        if (named.IsGrouped) named.Settle(await Figures.Groups(database, [named.State.Referrer.Value], stop));
        return named.IsEmpty ? null : named;
    }
}
