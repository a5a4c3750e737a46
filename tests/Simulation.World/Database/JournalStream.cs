using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Simulation.Database;

/// <summary>A row of the journal.</summary>
/// <param name="Commit">The group commit that wrote it.</param>
/// <param name="Position">Its place in the order in which everything was committed.</param>
public sealed record JournalRow(StreamId Stream, int Seq, int Tenant, EventRow Event, long Commit, long Position)
{
    public StoredRow Stored => new(
        Seq, Event.At, Event.Type, Event.Version, Event.ActionId?.Value, Event.Hash?.ToGuid(), Event.Data!);

    public T Decode<T>()
        where T : class => Stored.Decode<T>();
}

/// <summary>A stream of the directory, its rows and its snapshot.</summary>
public sealed class JournalStream(StreamId id, StreamKey key)
{
    private readonly List<JournalRow> rows = [];

    public StreamId Id => id;

    public StreamKey Key => key;

    public Snapshot? Snapshot { get; set; }

    public IReadOnlyList<JournalRow> Rows => rows;

    public bool Has(int seq) => rows.Exists(row => row.Seq == seq);

    public void Add(JournalRow row) => rows.Add(row);
}
