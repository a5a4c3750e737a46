using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>What happened, newest first: on one referral, on one enrollment of it, or on all referrals of a referrer.</summary>
internal sealed class ActivityPages(NpgsqlDataSource database, Directory directory)
{
    private const int RowsAtOnce = 200;
    // What changes a reward that is there, and says whose it is.
    private static readonly string Changes = string.Join(", ", new[]
    {
        typeof(SaleReversed), typeof(ReversalUndone), typeof(RewardsReleased), typeof(RewardCancelled), typeof(ScheduleUnlocked), typeof(RoundReversed),
    }.Select(EventCodec.NumberOf));

    private const string Columns = "e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text";

    // Inside a stream time never runs backwards, so the newest of each referral are its last rows; of these the newest are shown. A referral
    // that was given to another is of each while it was his, with the row that says so, and what becomes of a reward is of whose that is.
    public async Task<Page<ActivityEntry>?> OfReferrer(int tenant, CallerId referrer, string? after, int limit, CancellationToken stop)
    {
        if (await directory.FindReferrer(tenant, referrer, stop) is not { } owner) return new([], false);
        var (stream, seq) = after is null ? default : PageCursor.Entry(after);
        if (after is not null && !await IsThere(tenant, stream, seq, stop)) return null;
        var entries = await database.Rows(
            $"""
            with last as (select recorded_at, stream, seq from event where stream = $4 and seq = $5 and tenant = $1),
            span as (
              select r.stream, int4range((select max(g.seq) from reassignment g where g.stream = r.stream), null) as rows
              from referral r where r.tenant = $1 and r.referrer = $2
              union all
              select g.stream, int4range((select max(b.seq) from reassignment b where b.stream = g.stream and b.seq < g.seq), g.seq, '[]')
              from reassignment g where g.from_referrer = $2 and g.tenant = $1)
            select s.id, s.a, s.b, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data
            from (select stream, range_agg(rows) as rows from span group by stream) x join stream s on s.id = x.stream
            cross join lateral (
              select {Columns} from event e
              where e.stream = x.stream and e.type <> 0 and ($6 or (e.recorded_at, e.stream, e.seq) < (select recorded_at, stream, seq from last))
                and (e.seq <@ x.rows or e.type in ({Changes}) and e.data::text like '%"r":' || $2 || ',"s":%')
              order by e.seq desc limit $3) e
            order by e.recorded_at desc, s.id desc, e.seq desc limit $3
            """,
            reader => Entry(Directory.Referral(reader), reader, 3), stop,
            Questions.Int(tenant), Questions.Long(owner.Value), Questions.Int(limit + 1), Questions.Long(stream), Questions.Int(seq),
            Questions.Flag(after is null));
        return Page(entries, limit);
    }

    private Task<bool> IsThere(int tenant, long stream, int seq, CancellationToken stop) => database.Row(
        "select true from event where stream = $2 and seq = $3 and tenant = $1", static reader => reader.GetBoolean(0), stop,
        Questions.Int(tenant), Questions.Long(stream), Questions.Int(seq));

    public async Task<Page<ActivityEntry>> OfReferral(int tenant, StreamId referral, int? enrollment, string? after, int limit, CancellationToken stop)
    {
        if (await directory.FindReferral(tenant, referral, stop) is not { } named) return new([], false);
        var before = after is null ? int.MaxValue : PageCursor.Entry(after).Seq;
        var entries = new List<ActivityEntry>();
        while (entries.Count <= limit)
        {
            var rows = await database.Rows(
                $"select {Columns} from event e where e.stream = $1 and e.type <> 0 and e.seq < $2 order by e.seq desc limit $3",
                reader => Entry(named, reader, 0), stop, Questions.Long(referral.Value), Questions.Int(before), Questions.Int(RowsAtOnce));
            entries.AddRange(rows.Where(entry => enrollment is not { } number || Concerns(entry.Event.Event, number)));
            if (rows.Count < RowsAtOnce) break;
            before = rows[^1].Event.Seq;
        }

        return Page(entries, limit);
    }

    // R10: what made the enrollment, what ended its accrual, and what happened on it alone.
    private static bool Concerns(ReferralEvent e, int enrollment) => e switch
    {
        ReferralApproved approved => enrollment <= approved.Enrolled.Length,
        RuleJoined joined => joined.Enrollment == enrollment,
        ReferralCancelled => true,
        SaleDecided sale => sale.Decisions.Any(decision => decision.Enrollment == enrollment),
        SaleReversed reversed => reversed.Taken.Any(change => change.Enrollment == enrollment),
        ReversalUndone undone => undone.Given.Any(change => change.Enrollment == enrollment),
        RoundReversed reversed => reversed.Taken.Concat(reversed.Given).Any(change => change.Enrollment == enrollment),
        RewardsReleased released => released.Released.Any(change => change.Enrollment == enrollment),
        RewardCancelled cancelled => cancelled.Taken.Enrollment == enrollment,
        RewardsGranted granted => granted.Decisions.Any(decision => decision.Enrollment == enrollment),
        ScheduleStarted started => started.Decision.Enrollment == enrollment,
        ScheduleUnlocked unlocked => unlocked.Unlocked.Any(change => change.Enrollment == enrollment),
        ScheduleEnded ended => ended.Enrollment == enrollment,
        EnrollmentAdjusted adjusted => adjusted.Enrollment == enrollment,
        EnrollmentSwitched switched => switched.Enrollment == enrollment,
        EnrollmentDeleted deleted => deleted.Enrollment == enrollment,
        _ => false,
    };

    private static ActivityEntry Entry(FoldedStream named, NpgsqlDataReader reader, int from)
    {
        var row = ActionQuery.Row(reader, from);
        return new(named.Stream, named.Program, named.Referee, new(row.Seq, row.At, row.Decode<ReferralEvent>()));
    }

    private static Page<ActivityEntry> Page(List<ActivityEntry> entries, int limit) => new([.. entries.Take(limit)], entries.Count > limit);
}
