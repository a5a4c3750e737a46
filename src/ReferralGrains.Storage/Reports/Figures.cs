using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <inheritdoc cref="IFigures"/>
public sealed class Figures(NpgsqlDataSource database) : IFigures
{
    // The commits after those that the kept sums hold: the two together are exact, for a statement sees one moment. As an array, so that their
    // rows are found by the index.
    internal const string Unsummed =
        "any (array(select c.id from commit c where (c.xid, c.id) > ((select xid from figure_position), (select commit_id from figure_position))))";

    private const int MostBest = 10;

    public async Task<IReadOnlyList<BudgetUse>> Budget(StreamId owner, StreamId program, int rule, CancellationToken stop) => await database.Rows(
        "select month, minor from budget_use where owner = $1 and program = $2 and rule = $3 order by month desc",
        reader => new BudgetUse(rule, reader.GetInt32(0), reader.GetInt64(1)), stop, Questions.Long(owner.Value), Questions.Long(program.Value), Questions.Int(rule));

    public async Task<ProgramFigures> Program(StreamId program, DateTimeOffset since, CancellationToken stop)
    {
        var referrals = await database.Row(
            $"""
            select
              (select count(*) from (select distinct referrer from referral where program = $1 and status <> {(int)ReferralStatus.Cancelled}) d
               where not exists (select from fact f where f.stream = d.referrer and (f.body ->> 'closed')::bool)),
              (select count(*) from referral where program = $1 and status = {(int)ReferralStatus.Pending})
            """,
            reader => (Active: reader.GetInt64(0), Pending: reader.GetInt64(1)), stop, Questions.Long(program.Value));
        var clients = await database.Row(
            $"""
            select (select count(*) from first_sale where program = $1 and occurred >= $2)
              + (select count(*) from (
                  select distinct on (e.stream) sale_occurred(e) as occurred
                  from event e join referral r on r.stream = e.stream and r.program = $1
                  where e.commit_id = {Unsummed} and e.type = {EventCodec.NumberOf(typeof(SaleDecided))} and is_counted_sale(e) and not exists (select from first_sale f where f.stream = e.stream)
                  order by e.stream, e.seq) x where x.occurred >= $2)
            """,
            reader => reader.GetInt64(0), stop, Questions.Long(program.Value), Questions.Long((since - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond));
        var rewards = await database.Rows(
            $"""
            with t as (select tenant as id from stream where id = $1),
              unsummed as materialized (select m.* from figure_movement m, t where m.commit_id = {Unsummed} and m.tenant = t.id),
              own as (
                select asset, sum(earned) as earned, sum(clawed_back) as clawed_back, sum(pending) as pending from (
                  select f.asset, f.earned, f.clawed_back, f.pending from figure f, t where f.tenant = t.id and f.program = $1
                  union all
                  select m.asset, m.earned, m.clawed_back, m.pending from unsummed m where m.program = $1) x
                group by asset)
            select a.name, o.earned::int8, o.clawed_back::int8, o.pending::int8, case
              when not exists (select from figure f, t where f.tenant = t.id and f.program <> $1 and f.asset = o.asset and f.earned <> 0)
                and not exists (select from unsummed m where m.program <> $1 and m.asset = o.asset and m.earned <> 0)
              then (
                select coalesce(sum(p.paid), 0)::int8 from (
                  select f.paid from figure f, t where f.tenant = t.id and f.program = 0 and f.asset = o.asset
                  union all
                  select m.paid from unsummed m where m.program = 0 and m.asset = o.asset) p) end
            from own o join asset a on a.id = o.asset order by a.name
            """,
            OfAsset, stop, Questions.Long(program.Value));
        return new(referrals.Active, clients, referrals.Pending, rewards);
    }

    public async Task<TenantOverview> Overview(int tenant, DateTimeOffset since, CancellationToken stop)
    {
        var assets = await database.Rows(
            $"""
            select a.name, sum(x.earned)::int8, sum(x.clawed_back)::int8, sum(x.pending)::int8, sum(x.paid)::int8 from (
              select asset, earned, clawed_back, pending, paid from figure where tenant = $1
              union all
              select m.asset, m.earned, m.clawed_back, m.pending, m.paid from figure_movement m where m.commit_id = {Unsummed} and m.tenant = $1) x
            join asset a on a.id = x.asset group by a.name order by a.name
            """,
            OfAsset, stop, Questions.Int(tenant));
        var weeks = await database.Rows(
            $"""
            select x.week, a.name, x.earned, x.clawed_back, x.paid from (
              select week, asset, sum(earned)::int8 as earned, sum(clawed_back)::int8 as clawed_back, sum(paid)::int8 as paid
              from (
                select week, asset, earned, clawed_back, paid from figure where tenant = $1
                union all
                select m.week, m.asset, m.earned, m.clawed_back, m.paid from figure_movement m where m.commit_id = {Unsummed} and m.tenant = $1) m
              where week >= $2 group by week, asset) x
            join asset a on a.id = x.asset where x.earned <> 0 or x.clawed_back <> 0 or x.paid <> 0 order by x.week, a.name
            """,
            reader => new WeekFigures(reader.GetFieldValue<DateTimeOffset>(0), new(reader.GetString(1)), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)),
            stop, Questions.Int(tenant), Questions.Time(since));
        var best = await database.Rows(
            $"""
            with moved as materialized (
              select m.asset, m.referrer, sum(m.minor)::int8 as minor from net_movement m where m.commit_id = {Unsummed} and m.tenant = $1 group by 1, 2),
              now as (
                select n.asset, n.referrer, n.net from (select distinct asset from figure where tenant = $1) a
                cross join lateral (
                  select n.asset, n.referrer, n.net from referrer_net n
                  where n.tenant = $1 and n.asset = a.asset and n.net > 0 and not exists (select from moved m where m.asset = n.asset and m.referrer = n.referrer)
                  order by n.net desc, n.referrer limit {MostBest}) n
                union all
                select m.asset, m.referrer, m.minor + coalesce((select n.net from referrer_net n where n.referrer = m.referrer and n.asset = m.asset), 0) from moved m)
            select s.a, a.name, x.net, b.paid
            from (select asset, referrer, net, row_number() over (partition by asset order by net desc, referrer) as place from now where net > 0) x
            join asset a on a.id = x.asset join stream s on s.id = x.referrer join balance b on b.referrer = x.referrer and b.asset = x.asset
            where x.place <= {MostBest} order by a.name, x.place
            """,
            reader => new BestReferrer(new(reader.GetString(0)), new(reader.GetString(1)), reader.GetInt64(2), reader.GetInt64(3)), stop, Questions.Int(tenant));
        var held = await database.Rows(
            $"""
            select nullif(x.day, 'infinity'), a.name, sum(x.minor)::int8 from (
              select day, asset, minor from held where tenant = $1 and minor <> 0
              union all
              select m.day, m.asset, m.minor from held_movement m where m.commit_id = {Unsummed} and m.tenant = $1) x
            join asset a on a.id = x.asset group by x.day, a.name having sum(x.minor) <> 0 order by x.day, a.name
            """,
            reader => new HeldFigures(reader.Maybe<DateOnly>(0), new(reader.GetString(1)), reader.GetInt64(2)), stop, Questions.Int(tenant));
        var parked = await database.Row("select count from parked where tenant = $1", reader => reader.GetInt64(0), stop, Questions.Int(tenant));
        return new(assets, weeks, best, held, parked);
    }

    private static AssetFigures OfAsset(NpgsqlDataReader row) => new(new(row.GetString(0)), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.Maybe<long>(4));

    public async Task<IReadOnlyList<WaitingGroup>> Groups(StreamId referrer, CancellationToken stop) => await Groups(database, [referrer.Value], stop);

    /// <summary>Of several referrers, by the program and then by the rule.</summary>
    internal static Task<List<WaitingGroup>> Groups(NpgsqlDataSource database, IEnumerable<long> referrers, CancellationToken stop) => database.Rows(
        """
        select g.referrer, s.a, g.program, g.rule, g.asset, g.number, g.sum, g.goal from reward_group g join stream s on s.id = g.program
        where g.referrer = any($1) order by g.program, g.rule, g.asset
        """,
        reader => new WaitingGroup(
            new(reader.GetInt64(0)), new(reader.GetString(1)), new(reader.GetInt64(2)),
            new(reader.GetInt32(3), new Asset(reader.GetString(4)), reader.GetInt32(5), reader.GetInt64(6), reader.GetInt64(7))),
        stop, Questions.Longs(referrers));
}
