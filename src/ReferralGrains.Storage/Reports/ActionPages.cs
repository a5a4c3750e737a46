using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>Actions: over a tenant by the index that makes their ids unique, below a referral by the key of its stream.</summary>
internal sealed class ActionPages(NpgsqlDataSource database, Directory directory, ActionStories stories)
{
    private const string Columns = "s.a, s.b, w.a, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text";
    private const string Named = "join stream s on s.id = e.stream left join referral r on r.stream = e.stream left join stream w on w.id = r.referrer";

    public async Task<Page<ActionView>> Read(ListFilter filter, CancellationToken stop)
    {
        var rows = filter is { Program: null, Referrer: null } ? await ById(filter, stop) : await ByReferral(filter, stop);
        var views = new List<ActionView>(rows.Count);

        // What an action that waited has come to is told by other rows.
        foreach (var (view, parked) in rows)
            views.Add(parked && await stories.Read(filter.Tenant, view.Action.Id, stop) is { } story ? view with { Status = story.Outcome.Status } : view);
        return filter.Page(views);
    }

    private Task<List<(ActionView View, bool Parked)>> ById(ListFilter filter, CancellationToken stop) => database.Rows(
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

    private async Task<List<(ActionView View, bool Parked)>> ByReferral(ListFilter filter, CancellationToken stop)
    {
        StreamId? program = null, referrer = null, referral = null;
        if (filter.Referrer is { } of && (referrer = await directory.FindReferrer(filter.Tenant, of, stop)) is null) return [];
        if (filter is { Program: { } named, Referee: { } referee })
        {
            if ((referral = (await directory.FindReferral(filter.Tenant, named, referee, stop))?.Stream) is null) return [];
        }
        else if (filter.Program is { } whole && (program = await directory.FindProgram(filter.Tenant, whole, stop)) is null) return [];

        // Actions may wait under an id that nobody was referred by yet: it has a stream and no row.
        return await database.Rows(
            $"""
            with last as (select stream, seq from event where tenant = $1 and action_id = $2 and action_id is not null)
            select {Columns}
            from (
              {(referral is null
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
            Questions.Int(filter.Tenant), Questions.Text(filter.After), Questions.Long(program?.Value), Questions.Long(referrer?.Value), Questions.Long(referral?.Value),
            Questions.Time(filter.From), Questions.Time(filter.To), Questions.Int(filter.Rows));
    }

    private static (ActionView View, bool Parked) View(NpgsqlDataReader reader)
    {
        var row = ActionQuery.Row(reader, 3);
        var e = row.Decode<ReferralEvent>();
        var status = e switch
        {
            SaleDecided sale => sale.Decisions.Any(static decision => decision.Minor > 0) ? ActionStatus.Rewarded : ActionStatus.NotRewarded,
            ReversalUndone undone => undone.Given.IsEmpty ? ActionStatus.NotRewarded : ActionStatus.Rewarded,
            SaleReversed => ActionStatus.Reversed,
            _ => ActionStatus.Parked,
        };
        return (
            new(
                KnownActions.Carried(e)!, status, new(reader.GetString(0)), new(reader.GetString(1)), reader.MaybeText(2) is { } referrer ? new CallerId(referrer) : null, row.At),
            e is ActionParked);
    }
}
