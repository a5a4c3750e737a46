using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Reports;
using Directory = ReferralGrains.Storage.Reports.Directory;

namespace ReferralGrains.Storage.Referrers;

/// <summary>What is booked for referrers beside their rewards.</summary>
/// <exception cref="JournalUnavailableException">From every question: the database cannot be reached now.</exception>
public interface IReferrerLedger
{
    /// <summary>What was booked under an id, for whichever referrer. Null when nothing was.</summary>
    Task<BookedEvent?> Find(int tenant, EntryKind kind, CallerId id);

    /// <summary>What a referrer has of an asset and may be paid or spend.</summary>
    Task<long> Payable(StreamId referrer, Asset asset);

    /// <summary>The same of all that it has any of, above zero or below.</summary>
    Task<IReadOnlyList<(Asset Asset, long Minor)>> Payable(StreamId referrer);

    /// <summary>What was booked for a referrer, newest first. Null when there is no such referrer.</summary>
    /// <param name="before">The row of the last entry of the page before.</param>
    Task<Page<BookedEvent>?> Page(int tenant, CallerId referrer, EntryKind kind, int? before, int limit, CancellationToken stop);
}

/// <param name="Event">An <see cref="EntryBooked"/> or an <see cref="AssetSpent"/>.</param>
public sealed record BookedEvent(StreamId Referrer, int Seq, DateTimeOffset At, ReferrerEvent Event);

/// <inheritdoc cref="IReferrerLedger"/>
public sealed class ReferrerLedger(NpgsqlDataSource database) : IReferrerLedger
{
    private const string Columns = "e.stream, e.seq, e.recorded_at, e.type, e.version, e.data::text";

    private readonly Directory directory = new(database);

    public Task<BookedEvent?> Find(int tenant, EntryKind kind, CallerId id) => database.Row(
        $"select {Columns} from entry n join event e on e.stream = n.stream and e.seq = n.seq where n.tenant = $1 and n.kind = $2 and n.id = $3",
        Booked, CancellationToken.None, Questions.Int(tenant), Questions.Int((int)kind), Questions.Text(id.Value));

    public Task<long> Payable(StreamId referrer, Asset asset) => database.Row(
        "select b.payable from balance b join asset a on a.id = b.asset where b.referrer = $1 and a.name = $2",
        reader => reader.GetInt64(0), CancellationToken.None, Questions.Long(referrer.Value), Questions.Text(asset.Name));

    public async Task<IReadOnlyList<(Asset Asset, long Minor)>> Payable(StreamId referrer) => await database.Rows(
        "select a.name, b.payable from balance b join asset a on a.id = b.asset where b.referrer = $1 and b.payable <> 0 order by a.name",
        reader => (new Asset(reader.GetString(0)), reader.GetInt64(1)), CancellationToken.None, Questions.Long(referrer.Value));

    public async Task<Page<BookedEvent>?> Page(int tenant, CallerId referrer, EntryKind kind, int? before, int limit, CancellationToken stop)
    {
        if (await directory.FindReferrer(tenant, referrer, stop) is not { } stream) return null;
        var booked = await database.Rows(
            $"""
            select {Columns} from entry n join event e on e.stream = n.stream and e.seq = n.seq
            where n.stream = $1 and n.kind = $2 and n.seq < $3 order by n.seq desc limit $4
            """,
            Booked, stop, Questions.Long(stream.Value), Questions.Int((int)kind), Questions.Int(before ?? int.MaxValue), Questions.Int(limit + 1));
        return new([.. booked.Take(limit)], booked.Count > limit);
    }

    private static BookedEvent Booked(NpgsqlDataReader reader) => new(
        new(reader.GetInt64(0)), reader.GetInt32(1), reader.GetFieldValue<DateTimeOffset>(2),
        EventCodec.Decode<ReferrerEvent>(reader.GetInt16(3), reader.GetInt16(4), reader.GetFieldValue<byte[]>(5), null, null));
}
