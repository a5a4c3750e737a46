using System.Buffers.Binary;
using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Storage.Audit;

/// <summary>A request that is about to change something, or to show what is personal.</summary>
/// <param name="Id">From <see cref="NewId"/>: it begins with the time, so entries are in its order.</param>
/// <param name="Tenant">0 for a key that speaks for none.</param>
/// <param name="By">As the journal names who did something.</param>
/// <param name="Operation">As the description names it.</param>
/// <param name="Request">The method and the path as they were sent.</param>
/// <param name="Subject">The id in the path that it is about, where there is one.</param>
public sealed record AuditEntry(Guid Id, int Tenant, string By, KeyRole Role, string Operation, string Request, string? Subject, string RequestId)
{
    /// <summary>When it came, to the millisecond.</summary>
    public DateTimeOffset At => DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds(Id));

    public static Guid NewId(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow());

    /// <summary>Every id from this moment on is this or a later one.</summary>
    internal static Guid FirstAt(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Math.Clamp((long)Math.Ceiling((at - DateTimeOffset.UnixEpoch).TotalMilliseconds), 0, (1L << 48) - 1) << 16);
        return new(bytes, bigEndian: true);
    }

    private static long Milliseconds(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return (BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16) & ((1L << 48) - 1);
    }
}

/// <summary>What came of it.</summary>
/// <param name="Subject">What it was about, where only its body or its answer says so.</param>
/// <param name="Reason">As whoever asked gave it.</param>
public sealed record AuditOutcome(Guid Entry, int Tenant, int Status, string? Subject, string? Reason);

/// <param name="Outcome">Null where nobody was answered: the process or the caller was gone.</param>
public sealed record AuditedRequest(AuditEntry Entry, AuditOutcome? Outcome);

/// <summary>Which entries are asked for; what is null is not asked for.</summary>
/// <param name="Before">The last entry of the page before.</param>
public sealed record AuditFilter(int Tenant, int Limit, Guid? Before)
{
    public string? By { get; init; }

    public string? Operation { get; init; }

    /// <summary>What it was called before, for entries of then.</summary>
    public string? FormerOperation { get; init; }

    public string? Subject { get; init; }

    /// <summary>From this moment on.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before this moment.</summary>
    public DateTimeOffset? To { get; init; }
}

/// <summary>Who changed what and who looked at what, for ever. Nothing can be taken out of it, and the ledger check tells if somebody did.</summary>
/// <exception cref="JournalUnavailableException">From every call: the database cannot be reached.</exception>
/// <exception cref="LeaseLostException">From every call that writes: this silo may not.</exception>
public interface IAuditLog
{
    /// <summary>Ends when the entry is durable; before that nothing may be done or shown.</summary>
    Task Begin(AuditEntry entry);

    /// <summary>Once an entry.</summary>
    Task End(AuditOutcome outcome);

    /// <summary>The newest first.</summary>
    Task<Page<AuditedRequest>> List(AuditFilter filter, CancellationToken stop);
}

/// <inheritdoc cref="IAuditLog"/>
/// <remarks>What comes close together is written together, so that many requests side by side wait for one commit.</remarks>
public sealed class AuditLog : IAuditLog, IAsyncDisposable
{
    private const int MostAtOnce = 500;

    private readonly NpgsqlDataSource database;
    private readonly ISiloLease lease;
    private readonly Coalescer<AuditEntry, bool> begun;
    private readonly Coalescer<AuditOutcome, bool> ended;

    public AuditLog(NpgsqlDataSource database, ISiloLease lease)
    {
        (this.database, this.lease) = (database, lease);

        // One of each under way: a second one would wait for the first one's counts.
        begun = new(WriteEntries, MostAtOnce, queries: 1);
        ended = new(WriteOutcomes, MostAtOnce, queries: 1);
    }

    public Task Begin(AuditEntry entry) => begun.Ask(entry);

    public Task End(AuditOutcome outcome) => ended.Ask(outcome);

    public async Task<Page<AuditedRequest>> List(AuditFilter filter, CancellationToken stop)
    {
        // What an outcome names is few entries, so that all of them are looked up.
        var from = filter.Subject is null
            ? "audit_entry e"
            : """
              (select e.* from audit_entry e where e.tenant = $1 and e.subject = $2
               union select e.* from audit_outcome o join audit_entry e on e.id = o.entry where o.tenant = $1 and o.subject = $2) e
              """;
        var rows = await database.Rows(
            $"""
            select e.id, e.tenant, e.by, e.role, e.operation, e.request, e.subject, e.request_id, o.status, o.subject, o.reason
            from {from} left join audit_outcome o on o.entry = e.id
            where e.tenant = $1 and ($3 is null or e.by = $3) and ($4 is null or e.operation in ($4, $9))
              and ($5 is null or e.id < $5) and ($6 is null or e.id >= $6) and ($7 is null or e.id < $7)
            order by e.id desc limit $8
            """,
            Read, stop, Questions.Int(filter.Tenant), Questions.Text(filter.Subject), Questions.Text(filter.By), Questions.Text(filter.Operation), Id(filter.Before),
            Id(filter.From is { } start ? AuditEntry.FirstAt(start) : null), Id(filter.To is { } end ? AuditEntry.FirstAt(end) : null), Questions.Int(filter.Limit + 1),
            Questions.Text(filter.FormerOperation));
        return new([.. rows.Take(filter.Limit)], rows.Count > filter.Limit);
    }

    public async ValueTask DisposeAsync()
    {
        await begun.DisposeAsync();
        await ended.DisposeAsync();
    }

    private async Task<IReadOnlyList<bool>> WriteEntries(IReadOnlyList<AuditEntry> entries)
    {
        await database.Rows(
            """
            insert into audit_entry (id, tenant, at, by, role, operation, request, subject, request_id)
            select n.* from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) as n where is_alive($10)
            """,
            static _ => 0, CancellationToken.None,
            CommitBatch.Array(NpgsqlDbType.Uuid, entries.Select(static one => one.Id)), CommitBatch.Array(NpgsqlDbType.Integer, entries.Select(static one => one.Tenant)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, entries.Select(static one => one.At)), CommitBatch.Array(NpgsqlDbType.Text, entries.Select(static one => one.By)),
            CommitBatch.Array(NpgsqlDbType.Smallint, entries.Select(static one => (short)one.Role)), CommitBatch.Array(NpgsqlDbType.Text, entries.Select(static one => one.Operation)),
            CommitBatch.Array(NpgsqlDbType.Text, entries.Select(static one => one.Request)), CommitBatch.Array(NpgsqlDbType.Text, entries.Select(static one => one.Subject)),
            CommitBatch.Array(NpgsqlDbType.Text, entries.Select(static one => one.RequestId)), Questions.Long(lease.Silo));
        return [.. entries.Select(static _ => true)];
    }

    private async Task<IReadOnlyList<bool>> WriteOutcomes(IReadOnlyList<AuditOutcome> outcomes)
    {
        await database.Rows(
            """
            insert into audit_outcome (entry, tenant, status, subject, reason)
            select n.* from unnest($1, $2, $3, $4, $5) as n where is_alive($6)
            """,
            static _ => 0, CancellationToken.None,
            CommitBatch.Array(NpgsqlDbType.Uuid, outcomes.Select(static one => one.Entry)), CommitBatch.Array(NpgsqlDbType.Integer, outcomes.Select(static one => one.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Smallint, outcomes.Select(static one => (short)one.Status)), CommitBatch.Array(NpgsqlDbType.Text, outcomes.Select(static one => one.Subject)),
            CommitBatch.Array(NpgsqlDbType.Text, outcomes.Select(static one => one.Reason)), Questions.Long(lease.Silo));
        return [.. outcomes.Select(static _ => true)];
    }

    private static AuditedRequest Read(NpgsqlDataReader row)
    {
        var entry = new AuditEntry(
            row.GetGuid(0), row.GetInt32(1), row.GetString(2), (KeyRole)row.GetInt16(3), row.GetString(4), row.GetString(5), row.MaybeText(6), row.GetString(7));
        return new(entry, row.Maybe<short>(8) is { } status ? new(entry.Id, entry.Tenant, status, row.MaybeText(9), row.MaybeText(10)) : null);
    }

    private static NpgsqlParameter Id(Guid? id) => new() { Value = id ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };
}
