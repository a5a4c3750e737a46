using System.Text.Json;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Storage.Journal;

/// <summary>The fold of a stream's first rows, kept so that a long stream need not be read from its beginning.</summary>
/// <param name="Stream">A stream of the same key may begin again under another number.</param>
/// <param name="Seq">Of its last row.</param>
/// <param name="Fold">The version of the fold; one of another version is not read.</param>
public sealed record Snapshot(StreamId Stream, int Seq, short Fold, JsonElement State)
{
    /// <summary>
    /// When its last row was recorded, which tells that row from another under its number: a standby that took over, or a backup, may lack the
    /// newest rows, and the stream goes on with others. Null in those of before it was kept.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? At { get; init; }
}

/// <summary>Where snapshots are kept. A lost one costs a replay, never money.</summary>
public interface ISnapshots
{
    /// <summary>The latest that is kept of a stream. Null when there is none that can be read.</summary>
    /// <exception cref="JournalUnavailableException">The database cannot be reached.</exception>
    Task<Snapshot?> Read(StreamKey key);

    /// <summary>Offers one to be kept, unless a later one of the same fold is. It may be dropped.</summary>
    void Offer(StreamKey key, Snapshot snapshot);
}

/// <summary>A query of what is kept, for who compares all of it: kind, tenant, a and b of the stream's key, and the payload in UTF-8.</summary>
public sealed record KeptSnapshots(string Sql)
{
    /// <summary>Nothing is kept.</summary>
    public static KeptSnapshots None { get; } = new("select 0::smallint as kind, 0 as tenant, '' as a, '' as b, null::bytea as payload where false");
}
