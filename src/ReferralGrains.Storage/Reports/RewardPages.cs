using System.Collections.Immutable;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>
/// Rewards, referral by referral and in the order in which they were given: from the rows that gave them and the rows about these, by
/// the journal's own keys. No stream is folded, however long it is.
/// </summary>
internal sealed class RewardPages(NpgsqlDataSource database, Directory directory)
{
    private const int FewestRows = 200;

    private static readonly string Gives =
        $"{EventCodec.NumberOf(typeof(SaleDecided))}, {EventCodec.NumberOf(typeof(RewardsGranted))}, {EventCodec.NumberOf(typeof(ScheduleStarted))}";

    // What was earned before a referral was given to another is still of whom it was given from (D8, D16).
    private const string GivenAway = "select stream from reassignment where tenant = $1 and from_referrer = $5 and stream >= $2";
    private const string OfIts = "(g.referrer = r.referrer or g.referrer in (select a.from_referrer from reassignment a where a.stream = r.stream))";

    public async Task<Page<RewardView>> Read(ListFilter filter, RewardStatus? status, CancellationToken stop)
    {
        if (await Placed(filter, stop) is not { } place) return new([], false);
        var (stream, key) = filter.After is null ? (0, -1) : PageCursor.Reward(filter.After) is var (after, reward) ? (after, reward.Key) : default;
        var found = new List<RewardView>();
        while (found.Count <= filter.Limit)
        {
            var rows = await Rows(filter, place, status, stream, RewardId.FromKey(Math.Max(key, 0)).Seq, stop);
            foreach (var (view, credited) in await Views(rows, stop))
                if ((view.Referral.Value > stream || view.Reward.Key > key) && (place.Referrer is null || credited == place.Referrer) && (status is null || view.Status == status))
                    found.Add(view);
            if (rows.Count < Count(filter)) break;
            (stream, key) = (rows[^1].Stream, new RewardId(rows[^1].Seq, ushort.MaxValue).Key);
        }

        return filter.Page(found);
    }

    /// <summary>Null when there is no such reward.</summary>
    public async Task<RewardView?> Find(int tenant, StreamId stream, RewardId reward, CancellationToken stop)
    {
        var rows = await database.Rows(
            $"""
            select e.stream, e.seq, coalesce(e.about, e.seq), s.a, s.b,
              d.at, {Settled.HeldBackBy}
            from event e join stream s on s.id = e.stream join referral r on r.stream = e.stream left join due d on d.stream = e.stream
            where e.stream = $2 and e.seq = $3 and e.type in ({Gives}) and s.tenant = $1 and s.kind = {Directory.Enrollment}
            """,
            Row, stop, Questions.Int(tenant), Questions.Long(stream.Value), Questions.Int(reward.Seq));
        return (await Views(rows, stop)).Select(static pair => pair.View).FirstOrDefault(view => view.Reward == reward);
    }

    // Null when it names what is not there, so that nothing can be found.
    private async Task<Place?> Placed(ListFilter filter, CancellationToken stop)
    {
        var place = new Place(null, null, null);
        if (filter.Referrer is { } referrer)
        {
            if (await directory.FindReferrer(filter.Tenant, referrer, stop) is not { } found) return null;
            place = place with { Referrer = found };
        }

        if (filter is { Program: { } program, Referee: { } referee })
            return await directory.FindReferral(filter.Tenant, program, referee, stop) is { } referral ? place with { Referral = referral.Stream } : null;
        if (filter.Program is not { } of) return place;
        return await directory.FindProgram(filter.Tenant, of, stop) is { } known ? place with { Program = known } : null;
    }

    private static int Count(ListFilter filter) => filter.LastRow is null ? Math.Max(FewestRows, filter.Rows) : filter.Rows;

    // A page may begin inside the event that the last one ended with.
    private Task<List<GivingRow>> Rows(ListFilter filter, Place place, RewardStatus? status, long stream, int seq, CancellationToken stop) =>
        database.Rows(
            $"""
            select r.stream, e.seq, coalesce(e.about, e.seq), s.a, s.b,
              d.at, {Settled.HeldBackBy}
            from {(place is { Referrer: null, Program: null, Referral: null }
                ? $"stream s join referral r on r.stream = s.id and s.tenant = $1 and s.kind = {Directory.Enrollment}"
                : "referral r join stream s on s.id = r.stream")}
            left join due d on d.stream = r.stream
            cross join lateral (
              select seq, about from event e
              where e.stream = r.stream and e.type in ({Gives}) and (e.amount is not null or e.type = {EventCodec.NumberOf(typeof(ScheduleStarted))})
                and e.seq >= case when r.stream = $2 then $3 else 0 end
                and ($10 is null or e.seq <= $10) and ($8 is null or e.recorded_at >= $8) and ($9 is null or e.recorded_at < $9)
              order by e.seq limit $4) e
            where r.tenant = $1 and r.stream >= $2
              {(place.Referrer is null ? "and $5 is null" : $"and r.stream in (select stream from referral where tenant = $1 and referrer = $5 and stream >= $2 union {GivenAway})")}
              {(place.Program is null ? "and $6 is null" : "and r.program = $6")}
              {(place.Referral is null ? "and $7 is null" : "and r.stream = $7")}
              and {MayHold(status)}
            order by r.stream, e.seq limit $4
            """,
            Row, stop,
            Questions.Int(filter.Tenant), Questions.Long(stream), Questions.Int(seq), Questions.Int(Count(filter)), Questions.Long(place.Referrer?.Value),
            Questions.Long(place.Program?.Value), Questions.Long(place.Referral?.Value), Questions.Time(filter.From), Questions.Time(filter.To), Questions.Int(filter.LastRow));

    private static GivingRow Row(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.GetInt32(1), reader.GetInt32(2), new(reader.GetString(3)), new(reader.GetString(4)), Settled.Read(reader, 5));

    private async Task<List<(RewardView View, StreamId Credited)>> Views(List<GivingRow> rows, CancellationToken stop)
    {
        if (rows.Count == 0) return [];
        var histories = await Histories(rows, stop);
        var given = new List<(GivingRow Row, GivenReward Reward)>();
        foreach (var row in rows)
        {
            var (action, events) = histories[(row.Stream, row.First)];
            foreach (var reward in GivenRewards.Of(action, new(row.Stream), events, row.Seq, row.Settled)) given.Add((row, reward));
        }

        await Group(given, stop);
        var postponed = await Postponed(given, stop);
        var names = await directory.ReferrerNames(given.Select(static pair => pair.Reward.Referrer), stop);
        return [.. given.Select(pair => (View(pair.Row, pair.Reward, names[pair.Reward.Referrer], postponed), pair.Reward.Referrer))];
    }

    // What waits in a group waits until that is released, which its referrer says (H14).
    private async Task Group(List<(GivingRow Row, GivenReward Reward)> given, CancellationToken stop)
    {
        var grouped = given.Where(static pair => pair.Reward is { Status: RewardStatus.Pending, Reward.Given.Further.Group: > 0 }).Select(static pair => pair.Reward.Referrer.Value).Distinct().ToList();
        if (grouped.Count == 0) return;
        var groups = await Figures.Groups(database, grouped, stop);
        for (var i = 0; i < given.Count; i++)
        {
            var (row, reward) = given[i];
            if (reward is not { Status: RewardStatus.Pending, Reward.Given: { Further.Group: > 0 and var number } decision }) continue;
            var group = groups.Find(waiting => waiting.Referrer == reward.Referrer && waiting.Program == row.Program && waiting.Group.Rule == decision.Rule && waiting.Group.Asset == decision.Asset)?.Group;
            given[i] = (row, group?.Number > number ? reward with { Status = RewardStatus.Released } : reward with { Status = RewardStatus.Grouped, Group = group });
        }
    }

    private async Task<Dictionary<(long Stream, int First), (CallerId? Action, ImmutableArray<Recorded> Events)>> Histories(List<GivingRow> rows, CancellationToken stop)
    {
        var histories = new Dictionary<(long, int), (CallerId? Action, ImmutableArray<Recorded> Events)>();
        var firsts = rows.Select(static row => (row.Stream, row.First)).Distinct().ToList();
        await database.Each(
            """
            with k as materialized (select * from unnest($1, $2) as k(stream, first))
            select k.stream, k.first, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text
            from k join event e on e.stream = k.stream and e.seq = k.first
            union all
            select k.stream, k.first, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text
            from k join event e on e.stream = k.stream and e.about = k.first and e.about is not null and e.type <> 0
            order by 1, 2, 3
            """,
            reader =>
            {
                var place = (reader.GetInt64(0), reader.GetInt32(1));
                var row = ActionQuery.Row(reader, 2);
                var recorded = new Recorded(row.Seq, row.At, row.Decode<ReferralEvent>());
                histories[place] = histories.TryGetValue(place, out var history)
                    ? history with { Events = history.Events.Add(recorded) }
                    : (KnownActions.Arrived(recorded.Event)?.Id, [recorded]);
            },
            stop, Questions.Longs(firsts.Select(static first => first.Stream)), Questions.Ints(firsts.Select(static first => first.First)));
        return histories;
    }

    // What waits for the referee's customer may have been put off, which is said once for all of a stream (H15).
    private async Task<Dictionary<(long Stream, long Reward), DateTimeOffset>> Postponed(List<(GivingRow Row, GivenReward Reward)> given, CancellationToken stop)
    {
        var waiting = given.Where(static pair => pair.Reward is { Status: RewardStatus.Pending, Reward.Given.ChecksCustomer: true }).Select(static pair => pair.Row.Stream).Distinct().ToList();
        var until = new Dictionary<(long, long), DateTimeOffset>();
        if (waiting.Count == 0) return until;
        await database.Each(
            $"""
            select stream, seq, recorded_at, type, version, action_id, action_hash, data::text from event
            where stream = any($1) and type = {EventCodec.NumberOf(typeof(HoldsPostponed))} order by stream, seq
            """,
            reader =>
            {
                var postponed = ActionQuery.Row(reader, 1).Decode<HoldsPostponed>();
                foreach (var reward in postponed.Rewards) until[(reader.GetInt64(0), reward)] = postponed.Until;
            },
            stop, Questions.Longs(waiting));
        return until;
    }

    private static RewardView View(GivingRow row, GivenReward given, CallerId referrer, Dictionary<(long, long), DateTimeOffset> postponed)
    {
        var decision = given.Reward.Given;
        var expected = given.Status != RewardStatus.Pending ? null
            : postponed.TryGetValue((row.Stream, given.Reward.Key), out var until) ? until
            : given.ExpectedAt;
        return new(
            new(row.Stream), given.Id, row.Program, row.Referee, referrer, given.Action, decision.Enrollment, decision.Rule, decision.Version,
            decision.Asset!.Value, decision.Minor, given.Reward.LeftMinor, given.Status, given.GivenAt, expected, given.Total, given.Group,
            given.Status == RewardStatus.Pending ? HoldOf(decision) : null);
    }

    private static HoldMode? HoldOf(RuleDecision decision) => decision switch
    {
        { Held: false } or { Further.Group: > 0 } => null,
        { ChecksCustomer: true } => HoldMode.DaysThenActiveCustomer,
        { ReleasesItself: true } => HoldMode.Days,
        _ => HoldMode.Manual,
    };

    // Leaves out whole streams that cannot hold what is asked for.
    private static string MayHold(RewardStatus? status) => status switch
    {
        RewardStatus.Pending =>
            $"""
            (d.at is not null
              or (select sum(case when e.to_account & 7 = {(int)AccountKind.Pending} then e.amount else 0 end
                            - case when e.from_account & 7 = {(int)AccountKind.Pending} then e.amount else 0 end)
                  from event e where e.stream = r.stream) > 0)
            """,
        RewardStatus.Grouped => $"exists (select from reward_group g where {OfIts} and g.program = r.program and g.sum > 0)",
        RewardStatus.Released =>
            $"""
            (exists (select from event e where e.stream = r.stream and e.to_account & 7 = {(int)AccountKind.Payable})
              or exists (select from reward_group g where {OfIts} and g.program = r.program and g.number > 1))
            """,
        RewardStatus.Reversed => $"exists (select from event e where e.stream = r.stream and e.type = {EventCodec.NumberOf(typeof(SaleReversed))})",
        RewardStatus.Cancelled =>
            $"exists (select from event e where e.stream = r.stream and e.type in ({EventCodec.NumberOf(typeof(RewardCancelled))}, {EventCodec.NumberOf(typeof(ScheduleEnded))}))",
        _ => "true",
    };

    private sealed record Place(StreamId? Referrer, StreamId? Program, StreamId? Referral);

    /// <param name="First">The row that it and the later ones are about: its own, or that of an action that had waited.</param>
    private sealed record GivingRow(long Stream, int Seq, int First, CallerId Program, CallerId Referee, Settled Settled);
}
