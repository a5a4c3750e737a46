using Npgsql;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Reports;
using Directory = ReferralGrains.Storage.Reports.Directory;

namespace ReferralGrains.Storage.Flags;

/// <summary>The review list (X9).</summary>
/// <exception cref="Journal.JournalUnavailableException">From every question: the database cannot be reached now.</exception>
public interface IFlags
{
    /// <summary>Null when there is no such flag in the tenant.</summary>
    Task<Flag?> Find(int tenant, StreamId stream, FlagKind kind, CancellationToken stop);

    /// <summary>In the order of what they are about; all of the tenant, those on a referrer itself, or those on a referral by any id of its referee.</summary>
    /// <param name="after">The last flag of the page before.</param>
    Task<Page<Flag>> Page(ListFilter filter, FlagState? state, (StreamId Stream, FlagKind Kind)? after, CancellationToken stop);

    /// <summary>
    /// Those of some referrers for whom no new payout item may be made: one of their flags is open, or was confirmed. In SQL:
    /// <c>exists (select from flag f where f.stream = REFERRER and f.state in (1, 3))</c>.
    /// </summary>
    Task<IReadOnlySet<StreamId>> Stopped(IReadOnlyCollection<StreamId> referrers, CancellationToken stop);
}

/// <param name="Program">Of a referral's flag; null for a referrer's.</param>
/// <param name="Subject">The referee's id in its program, or the referrer's.</param>
public sealed record Flag(
    StreamId Stream, FlagKind Kind, CallerId? Program, CallerId Subject, FlagState State, string Reason, DateTimeOffset OpenedAt, DateTimeOffset? ResolvedAt, string? ResolvedBy);

/// <inheritdoc cref="IFlags"/>
public sealed class FlagList(NpgsqlDataSource database) : IFlags
{
    private readonly Directory directory = new(database);

    private const string Select =
        "select f.stream, f.kind, s.kind, s.a, s.b, f.state, f.reason, f.opened_at, f.resolved_at, f.resolved_by from flag f join stream s on s.id = f.stream where f.tenant = $1";

    public Task<Flag?> Find(int tenant, StreamId stream, FlagKind kind, CancellationToken stop) => database.Row(
        Select + " and f.stream = $2 and f.kind = $3", Read, stop, Questions.Int(tenant), Questions.Long(stream.Value), Questions.Int((int)kind));

    public async Task<Page<Flag>> Page(ListFilter filter, FlagState? state, (StreamId Stream, FlagKind Kind)? after, CancellationToken stop)
    {
        StreamId? about = null;
        if (filter.Referrer is { } referrer) about = await directory.FindReferrer(filter.Tenant, referrer, stop);
        else if (filter is { Program: { } program, Referee: { } referee }) about = (await directory.FindReferral(filter.Tenant, program, referee, stop))?.Stream;
        if (about is null && (filter.Referrer ?? filter.Referee) is not null) return new([], false);
        return filter.Page(await database.Rows(
            Select + " and (f.stream, f.kind) > ($2, $3::smallint) and ($4 is null or f.state = $4) and ($5 is null or f.stream = $5) order by f.stream, f.kind limit $6",
            Read, stop, Questions.Int(filter.Tenant), Questions.Long(after?.Stream.Value ?? 0), Questions.Int((int)(after?.Kind ?? 0)), Questions.Int((int?)state),
            Questions.Long(about?.Value), Questions.Int(filter.Rows)));
    }

    public async Task<IReadOnlySet<StreamId>> Stopped(IReadOnlyCollection<StreamId> referrers, CancellationToken stop) => (await database.Rows(
        $"select distinct stream from flag where stream = any($1) and state in ({(int)FlagState.Open}, {(int)FlagState.Confirmed})",
        reader => new StreamId(reader.GetInt64(0)), stop, Questions.Longs(referrers.Select(static referrer => referrer.Value)))).ToHashSet();

    private static Flag Read(NpgsqlDataReader reader) => new(
        new(reader.GetInt64(0)), (FlagKind)reader.GetInt16(1),
        reader.GetInt16(2) == Directory.Enrollment ? new CallerId(reader.GetString(3)) : null,
        new(reader.GetString(reader.GetInt16(2) == Directory.Enrollment ? 4 : 3)),
        (FlagState)reader.GetInt16(5), reader.GetString(6), reader.GetFieldValue<DateTimeOffset>(7), reader.Maybe<DateTimeOffset>(8), reader.MaybeText(9));
}
