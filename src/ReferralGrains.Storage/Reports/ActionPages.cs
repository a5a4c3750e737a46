using Npgsql;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>
/// Actions: over a tenant by the index that makes their ids unique, below a referral by the key of its stream; those that wait by rows of
/// their own.
/// </summary>
internal sealed class ActionPages(NpgsqlDataSource database, Directory directory, ActionStories stories)
{
    private const int FewestRows = 200;

    private const string Columns = "s.a, s.b, w.a, r.status, q.seq is not null, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text";

    private const string Named =
        """
        join stream s on s.id = e.stream left join referral r on r.stream = e.stream left join stream w on w.id = r.referrer
        left join parked_action q on q.stream = e.stream and q.seq = e.seq
        """;

    public async Task<Page<ActionView>?> Read(ListFilter filter, ActionStatus? status, CancellationToken stop)
    {
        if (await Placed(filter, stop) is not { } place) return new([], false);
        if (filter.After is { } last && (place != default || status == ActionStatus.Parked) && !await IsThere(filter.Tenant, last, stop)) return null;
        if (status == ActionStatus.Parked) return filter.Page((await Waiting(filter, place, stop)).ConvertAll(static row => row.View));
        if (status is null) return filter.Page(await Views(filter, place, stop));

        // What came of an action is in no index: its referral is gone through.
        var found = new List<ActionView>();
        for (var next = filter with { Limit = Math.Max(filter.Limit, FewestRows) }; found.Count < filter.Rows;)
        {
            var views = await Views(next, place, stop);
            found.AddRange(views.Where(view => view.Status == status));
            if (views.Count < next.Rows) break;
            next = next with { After = views[^1].Action.Id.Value };
        }

        return filter.Page(found);
    }

    private Task<bool> IsThere(int tenant, string action, CancellationToken stop) => database.Row(
        "select true from event where tenant = $1 and action_id = $2 and action_id is not null", static reader => reader.GetBoolean(0), stop, Questions.Int(tenant), Questions.Text(action));

    private async Task<List<ActionView>> Views(ListFilter filter, Place place, CancellationToken stop)
    {
        var rows = place == default ? await ById(filter, stop) : await ByReferral(filter, place, stop);
        var views = new List<ActionView>(rows.Count);

        // What an action that waited once has come to is told by other rows.
        foreach (var (view, waited) in rows)
            views.Add(waited && await stories.Read(filter.Tenant, view.Action.Id, stop) is { } story
                ? view with { Status = story.Outcome.Status, Waits = story.Outcome.Status == ActionStatus.Parked ? story.Outcome.Reason : null }
                : view);
        return views;
    }

    // Null when it names what is not there, so that nothing can be found.
    private async Task<Place?> Placed(ListFilter filter, CancellationToken stop)
    {
        var place = default(Place);
        if (filter.Referrer is { } of)
        {
            if (await directory.FindReferrer(filter.Tenant, of, stop) is not { } referrer) return null;
            place = place with { Referrer = referrer };
        }

        if (filter is { Program: { } named, Referee: { } referee })
            return await directory.FindReferral(filter.Tenant, named, referee, stop) is { } referral ? place with { Referral = referral.Stream } : null;
        if (filter.Program is not { } whole) return place;
        return await directory.FindProgram(filter.Tenant, whole, stop) is { } program ? place with { Program = program } : null;
    }

    private Task<List<(ActionView View, bool Waited)>> ById(ListFilter filter, CancellationToken stop) => database.Rows(
        $"""
        select {Columns}
        from (
          select * from event where tenant = $1 and action_id is not null and action_id > $2 and ($3 is null or action_id >= $3 and action_id < $4)
          order by action_id limit $5) e
        {Named}
        order by e.action_id
        """,
        View, stop,
        Questions.Int(filter.Tenant), Questions.Text(filter.After ?? ""), Questions.Text(filter.Prefix), filter.PrefixEnd, Questions.Int(filter.Rows));

    // Actions may wait under an id that nobody was referred by yet: it has a stream and no row.
    private Task<List<(ActionView View, bool Waited)>> ByReferral(ListFilter filter, Place place, CancellationToken stop) => database.Rows(
        $"""
        with last as (select stream, seq from event where tenant = $1 and action_id = $2 and action_id is not null)
        select {Columns}
        from (
          {(place.Referral is null
            ? "select stream from referral where tenant = $1 and ($3 is null or program = $3) and ($4 is null or referrer = $4) and $5 is null"
            : "select $5 as stream where $3 is null and $4 is null union all select stream from referral_alias where referral = $5")}) x
        cross join lateral (
          select * from event e
          where e.stream = x.stream and e.action_id is not null and ($2 is null or (e.stream, e.seq) > (select stream, seq from last))
            and ($6 is null or e.recorded_at >= $6) and ($7 is null or e.recorded_at < $7)
          order by e.seq limit $8) e
        {Named}
        where $2 is null or x.stream >= (select stream from last)
        order by x.stream, e.seq limit $8
        """,
        View, stop,
        Questions.Int(filter.Tenant), Questions.Text(filter.After), Questions.Long(place.Program?.Value), Questions.Long(place.Referrer?.Value),
        Questions.Long(place.Referral?.Value), Questions.Time(filter.From), Questions.Time(filter.To), Questions.Int(filter.Rows));

    // Program by program, and in each referral by referral.
    private Task<List<(ActionView View, bool Waited)>> Waiting(ListFilter filter, Place place, CancellationToken stop) => database.Rows(
        $"""
        with last as (
          select p.id as program, coalesce(m.stream, e.stream) as stream, coalesce(m.seq, e.seq) as seq
          from event e left join action_moved m on m.tenant = e.tenant and m.action_id = e.action_id join stream s on s.id = e.stream join stream p on p.tenant = s.tenant and p.kind = {Directory.Program} and p.a = s.a and p.b = ''
          where e.tenant = $1 and e.action_id = $2 and e.action_id is not null)
        select {Columns}
        from (
          select p.* from parked_action p {(place.Referrer is null ? "" : "join referral f on f.stream = p.stream and f.referrer = $4")}
          where p.tenant = $1 and ($3 is null or p.program = $3) and ($5 is null or p.stream = $5) {(place.Referrer is null ? "and $4 is null" : "")}
            and ($2 is null or (p.program, p.stream, p.seq) > ((select program from last), (select stream from last), (select seq from last)))
          order by p.program, p.stream, p.seq limit $6) x
        join event e on e.stream = x.stream and e.seq = x.seq
        {Named}
        order by x.program, x.stream, x.seq
        """,
        View, stop,
        Questions.Int(filter.Tenant), Questions.Text(filter.After), Questions.Long(place.Program?.Value), Questions.Long(place.Referrer?.Value),
        Questions.Long(place.Referral?.Value), Questions.Int(filter.Rows));

    private static (ActionView View, bool Waited) View(NpgsqlDataReader reader)
    {
        var row = ActionQuery.Row(reader, 5);
        var e = row.Decode<ReferralEvent>();
        var waits = reader.GetBoolean(4);
        var status = e switch
        {
            SaleDecided sale => sale.Decisions.Any(static decision => decision.Minor > 0) ? ActionStatus.Rewarded : ActionStatus.NotRewarded,
            ReversalUndone undone => undone.Given.IsEmpty ? ActionStatus.NotRewarded : ActionStatus.Rewarded,
            SaleReversed => ActionStatus.Reversed,
            _ => ActionStatus.Parked,
        };
        return (
            new(
                KnownActions.Arrived(e)!, status, new(reader.GetString(0)), new(reader.GetString(1)), reader.MaybeText(2) is { } referrer ? new CallerId(referrer) : null, row.At,
                waits ? Awaited((ReferralStatus)(reader.Maybe<short>(3) ?? 0)) : null),
            e is ActionParked && !waits);
    }

    // As the referral is now: what it waited for at first may have come, and not be all.
    private static DecisionCode Awaited(ReferralStatus referral) =>
        ActionDecider.Waits(Referral.None with { Status = referral }) ?? DecisionCode.SaleMissing;

    private readonly record struct Place(StreamId? Referrer, StreamId? Program, StreamId? Referral);
}
