using System.Collections.Immutable;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Silos;
using Directory = ReferralGrains.Storage.Reports.Directory;

namespace ReferralGrains.Storage.Portal;

/// <summary>
/// What the portal shows one referrer. Every question names the referrer by the number of its stream and is answered from rows that are
/// indexed by it: no stream is folded, however many referrals there are.
/// </summary>
/// <exception cref="JournalUnavailableException">From every question: the database cannot be reached now.</exception>
public interface IPortalReports
{
    /// <summary>As nobody has set them until somebody does.</summary>
    Task<PortalSettings> Settings(int tenant, CancellationToken stop);

    Task SetSettings(int tenant, PortalSettings settings, CancellationToken stop);

    /// <summary>The newest first. Null when it has not the one that the page was to start after.</summary>
    /// <param name="before">The last one of the page before.</param>
    Task<Page<PortalReferral>?> Referrals(StreamId referrer, StreamId? before, int limit, CancellationToken stop);

    /// <summary>What it was paid, or is being paid, the newest first. Null when it has not the one that the page was to start after.</summary>
    /// <param name="before">The last one of the page before.</param>
    Task<Page<PortalPayout>?> Payouts(StreamId referrer, StreamId? before, int limit, CancellationToken stop);

    /// <summary>How far it is in programs whose rules go by what all of its referrals have done.</summary>
    /// <param name="programs">Those whose tally is asked for.</param>
    Task<IReadOnlyDictionary<StreamId, Tally>> Tallies(StreamId referrer, IReadOnlyCollection<StreamId> programs, CancellationToken stop);

    /// <summary>What was moved in a period, the newest first, up to a limit.</summary>
    Task<Page<PortalMovement>> Movements(StreamId referrer, Period period, int limit, CancellationToken stop);
}

/// <summary>How a tenant's portal looks, and where. What is null is as the house has it.</summary>
/// <param name="Foreground">The colour of texts.</param>
/// <param name="FrameOrigins">Whose pages may show it in a frame; empty for none.</param>
public sealed record PortalSettings(
    string? Title, string? Accent, string? Background, string? Foreground, string? Font, string? Logo, ImmutableArray<string> FrameOrigins)
{
    public static readonly PortalSettings Default = new(null, null, null, null, null, null, []);
}

/// <param name="FirstSaleAt">When the first sale above zero was recorded.</param>
/// <param name="Earned">What came of it for this referrer, less what was taken back.</param>
public sealed record PortalReferral(
    StreamId Stream, CallerId Program, CallerId Referee, ReferralStatus Status, DateTimeOffset AttributedAt, DateTimeOffset? FirstSaleAt, ImmutableArray<Amount> Earned);

/// <param name="ChangedAt">When it came to where it stands; in a sandbox, when it was drawn up.</param>
public sealed record PortalPayout(StreamId Stream, Amount Amount, PayoutItemStatus Status, DateTimeOffset ChangedAt);

/// <param name="Referee">Null for what no referral moved.</param>
public sealed record PortalMovement(DateTimeOffset At, AccountKind From, AccountKind To, Amount Amount, CallerId? Program, CallerId? Referee);

/// <inheritdoc cref="IPortalReports"/>
public sealed class PortalReports(NpgsqlDataSource database, ITallySource tallies, ISiloLease lease) : IPortalReports
{
    public async Task<PortalSettings> Settings(int tenant, CancellationToken stop) => await database.Row(
        "select title, accent, background, foreground, font, logo, frame_origins from portal_settings where tenant = $1",
        static reader => new PortalSettings(
            reader.MaybeText(0), reader.MaybeText(1), reader.MaybeText(2), reader.MaybeText(3), reader.MaybeText(4), reader.MaybeText(5),
            [.. reader.GetFieldValue<string[]>(6)]),
        stop, Questions.Int(tenant)) ?? PortalSettings.Default;

    public Task SetSettings(int tenant, PortalSettings settings, CancellationToken stop) => database.Rows(
        """
        insert into portal_settings (tenant, title, accent, background, foreground, font, logo, frame_origins)
        select $1, $2, $3, $4, $5, $6, $7, $8 where is_alive($9)
        on conflict (tenant) do update set title = excluded.title, accent = excluded.accent, background = excluded.background, foreground = excluded.foreground,
          font = excluded.font, logo = excluded.logo, frame_origins = excluded.frame_origins
        """,
        static _ => 0, stop, Questions.Int(tenant), Questions.Text(settings.Title), Questions.Text(settings.Accent), Questions.Text(settings.Background),
        Questions.Text(settings.Foreground), Questions.Text(settings.Font), Questions.Text(settings.Logo),
        new NpgsqlParameter { Value = settings.FrameOrigins.ToArray() }, Questions.Long(lease.Silo));

    public async Task<Page<PortalReferral>?> Referrals(StreamId referrer, StreamId? before, int limit, CancellationToken stop)
    {
        if (before is { } last && !await Has("referral", referrer, last, stop)) return null;
        var rows = await database.Rows(
            $"""
            select r.stream, s.a, s.b, r.status, r.attributed_at, (
              select e.recorded_at from event e
              where e.stream = r.stream and e.type = {EventCodec.NumberOf(typeof(SaleDecided))} and (e.data ->> 'n')::bool and (e.data -> 'a' ->> 'm')::int8 > 0
              order by e.seq limit 1)
            from referral r join stream s on s.id = r.stream
            where r.referrer = $1 and ($2::int8 is null or (r.attributed_at, r.stream) < (select attributed_at, stream from referral where stream = $2 and tenant = r.tenant))
            order by r.attributed_at desc, r.stream desc limit $3
            """,
            static reader => new PortalReferral(
                new(reader.GetInt64(0)), new(reader.GetString(1)), new(reader.GetString(2)), (ReferralStatus)reader.GetInt16(3), reader.GetFieldValue<DateTimeOffset>(4),
                reader.Maybe<DateTimeOffset>(5), []),
            stop, Questions.Long(referrer.Value), Questions.Long(before?.Value), Questions.Int(limit + 1));
        var page = new Page<PortalReferral>([.. rows.Take(limit)], rows.Count > limit);
        var earned = (await Earned(referrer, page.Items.Select(static one => one.Stream), stop)).ToLookup(static one => one.Stream, static one => one.Net);
        return page with { Items = [.. page.Items.Select(one => one with { Earned = [.. earned[one.Stream]] })] };
    }

    public async Task<Page<PortalPayout>?> Payouts(StreamId referrer, StreamId? before, int limit, CancellationToken stop)
    {
        if (before is { } last && !await Has("payout_item", referrer, last, stop)) return null;

        // A sandbox's payouts go at the world's pace: by its own clock only the day is known on which they were drawn up.
        var rows = await database.Rows(
            """
            with items as (
              select i.stream, b.created_at, i.asset, i.minor, i.status, case when t.sandbox then b.drawn_at else i.changed_at end as changed_at
              from payout_item i join payout_batch b on b.stream = i.batch join tenant t on t.id = b.tenant where i.referrer = $1)
            select stream, asset, minor, status, changed_at from items
            where $2::int8 is null or (created_at, stream) < (select created_at, stream from items where stream = $2)
            order by created_at desc, stream desc limit $3
            """,
            static reader => new PortalPayout(
                new(reader.GetInt64(0)), new(reader.GetInt64(2), new(reader.GetString(1))), (PayoutItemStatus)reader.GetInt16(3), reader.GetFieldValue<DateTimeOffset>(4)),
            stop, Questions.Long(referrer.Value), Questions.Long(before?.Value), Questions.Int(limit + 1));
        return new([.. rows.Take(limit)], rows.Count > limit);
    }

    // Each turn says by how much it moved the tally; a program that has become tiered since then has none, and is summed (D6).
    public async Task<IReadOnlyDictionary<StreamId, Tally>> Tallies(StreamId referrer, IReadOnlyCollection<StreamId> programs, CancellationToken stop)
    {
        if (programs.Count == 0) return ImmutableDictionary<StreamId, Tally>.Empty;
        var found = (await database.Rows(
            $"""
            select coalesce(data ->> 'p', data ->> 'program')::int8 as program, sum(coalesce(data ->> 'm', data ->> 'valueMinor', '0')::int8)::int8,
              sum(coalesce(data ->> 'n', data ->> 'count', '0')::int8)::int4, sum(coalesce(data ->> 'a', data ->> 'approved', '0')::int8)::int4
            from event where stream = $1 and type in ({EventCodec.NumberOf(typeof(TallyStarted))}, {EventCodec.NumberOf(typeof(TallyMoved))}) group by 1
            """,
            static reader => (Program: new StreamId(reader.GetInt64(0)), Tally: new Tally(reader.GetInt64(1), reader.GetInt32(2), [], reader.GetInt32(3))),
            stop, Questions.Long(referrer.Value))).ToDictionary(static one => one.Program, static one => one.Tally);
        foreach (var program in programs)
            if (!found.ContainsKey(program)) found[program] = await tallies.Sum(referrer, program);
        return found;
    }

    public async Task<Page<PortalMovement>> Movements(StreamId referrer, Period period, int limit, CancellationToken stop)
    {
        var rows = await database.Rows(
            $"""
            with streams as ({StatementReports.Streams}),
            newest as (
              select e.stream, e.seq, coalesce(s.drawn_at, e.recorded_at) as at, e.from_account, e.to_account, e.amount, e.asset
              from streams s join event e on e.stream = s.stream and e.amount is not null
              where (e.from_account >> 3 = $1 or e.to_account >> 3 = $1) and coalesce(s.drawn_at, e.recorded_at) >= $2 and coalesce(s.drawn_at, e.recorded_at) < $3
              order by at desc, e.stream desc, e.seq desc limit $4)
            select e.at, e.from_account & 7, e.to_account & 7, e.amount, a.name, d.a, d.b, d.kind
            from newest e join asset a on a.id = e.asset join stream d on d.id = e.stream order by e.at desc, e.stream desc, e.seq desc
            """,
            static reader => new PortalMovement(
                reader.GetFieldValue<DateTimeOffset>(0), (AccountKind)reader.GetInt64(1), (AccountKind)reader.GetInt64(2), new(reader.GetInt64(3), new(reader.GetString(4))),
                reader.GetInt16(7) == ReferralKind ? new CallerId(reader.GetString(5)) : null, reader.GetInt16(7) == ReferralKind ? new CallerId(reader.GetString(6)) : null),
            stop, Questions.Long(referrer.Value), Questions.Time(period.From), Questions.Time(period.To), Questions.Int(limit + 1));
        return new([.. rows.Take(limit)], rows.Count > limit);
    }

    private const short ReferralKind = Directory.Enrollment;

    private Task<bool> Has(string table, StreamId referrer, StreamId stream, CancellationToken stop) => database.Row(
        $"select true from {table} where stream = $1 and referrer = $2", static reader => reader.GetBoolean(0), stop, Questions.Long(stream.Value), Questions.Long(referrer.Value));

    // Only on accounts of this referrer: what came of a referral while it was another's is not shown.
    private Task<List<(StreamId Stream, Amount Net)>> Earned(StreamId referrer, IEnumerable<StreamId> referrals, CancellationToken stop) => database.Rows(
        $"""
        select e.stream, a.name, sum(case
          when e.from_account & 7 = {(int)AccountKind.Rewards} then e.amount when e.to_account & 7 = {(int)AccountKind.Clawbacks} then -e.amount
          when e.from_account & 7 = {(int)AccountKind.Clawbacks} then e.amount else 0 end)::int8
        from event e join asset a on a.id = e.asset
        where e.stream = any($2) and e.amount is not null and (e.from_account >> 3 = $1 or e.to_account >> 3 = $1) group by e.stream, a.name order by e.stream, a.name
        """,
        static reader => (new StreamId(reader.GetInt64(0)), new Amount(reader.GetInt64(2), new(reader.GetString(1)))),
        stop, Questions.Long(referrer.Value), Questions.Longs(referrals.Select(static stream => stream.Value)));
}
