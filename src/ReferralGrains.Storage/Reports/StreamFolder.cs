using Npgsql;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>Folds a stream from what was kept of it last: only the rows after that are read.</summary>
internal sealed class StreamFolder(NpgsqlDataSource database)
{
    /// <summary>Null when nothing was ever written to it.</summary>
    public async Task<FoldedStream?> Fold(FoldedStream? named, CancellationToken stop)
    {
        if (named is null) return null;
        await database.Each(
            "select state::text from referral_page where stream = $1 and fold = $2",
            reader => named.Begin(reader.GetString(0)), stop, Questions.Long(named.Stream.Value), Questions.Int(ReferralFold.Version));
        await database.Each(
            "select seq, recorded_at, type, version, action_id, action_hash, data::text from event where stream = $1 and seq > $2 and type <> 0 order by seq",
            reader => named.Add(ActionQuery.Row(reader, 0)), stop, Questions.Long(named.Stream.Value), Questions.Int(named.State.Seq));
        return named.State.Seq == 0 ? null : named;
    }
}
