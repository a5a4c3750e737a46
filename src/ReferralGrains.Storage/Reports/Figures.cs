using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <inheritdoc cref="IFigures"/>
public sealed class Figures(NpgsqlDataSource database) : IFigures
{
    public async Task<IReadOnlyList<BudgetUse>> Budget(StreamId owner, StreamId program, int rule, CancellationToken stop) => await database.Rows(
        "select month, minor from budget_use where owner = $1 and program = $2 and rule = $3 order by month desc",
        reader => new BudgetUse(rule, reader.GetInt32(0), reader.GetInt64(1)), stop, Questions.Long(owner.Value), Questions.Long(program.Value), Questions.Int(rule));

    public async Task<ProgramFigures> Program(StreamId program, DateTimeOffset since, CancellationToken stop)
    {
        var referrals = await database.Row(
            $"""
            select count(distinct r.referrer) filter (where r.status <> {(int)ReferralStatus.Cancelled} and not coalesce((f.body ->> 'closed')::bool, false)),
              count(*) filter (where r.status = {(int)ReferralStatus.Pending})
            from referral r left join fact f on f.stream = r.referrer where r.program = $1
            """,
            reader => (Active: reader.GetInt64(0), Pending: reader.GetInt64(1)), stop, Questions.Long(program.Value));
        var clients = await database.Row(
            $"""
            select count(*) from referral r cross join lateral (
              select (e.data -> 'a' ->> 't')::int8 as at from event e
              where e.stream = r.stream and e.type = {EventCodec.NumberOf(typeof(SaleDecided))} and (e.data ->> 'n')::bool and (e.data -> 'a' ->> 'm')::int8 > 0
              order by e.seq limit 1) first
            where r.program = $1 and first.at >= $2
            """,
            reader => reader.GetInt64(0), stop, Questions.Long(program.Value), Questions.Long((since - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond));
        var rewards = await database.Rows(
            $"""
            select a.name,
              coalesce(sum(e.amount) filter (where e.from_account = $2), 0)::int8,
              coalesce(sum(case when e.to_account = $3 then e.amount when e.from_account = $3 then -e.amount else 0 end), 0)::int8,
              coalesce(sum(case when e.to_account & 7 = {(int)AccountKind.Pending} then e.amount when e.from_account & 7 = {(int)AccountKind.Pending} then -e.amount else 0 end), 0)::int8
            from (
              select e.from_account, e.to_account, e.amount, e.asset from referral r join event e on e.stream = r.stream where r.program = $1 and e.amount is not null
              union all
              select e.from_account, e.to_account, e.amount, e.asset from event e
              where e.stream in (select referrer from referral where program = $1) and e.type = {EventCodec.NumberOf(typeof(GroupReleased))} and (e.data ->> 'program')::int8 = $1) e
            join asset a on a.id = e.asset group by a.name order by a.name
            """,
            reader => new AssetFigures(new(reader.GetString(0)), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)), stop,
            Questions.Long(program.Value), Questions.Long(new Account(program, AccountKind.Rewards).Number), Questions.Long(new Account(program, AccountKind.Clawbacks).Number));
        return new(referrals.Active, clients, referrals.Pending, rewards);
    }

    public async Task<TenantOverview> Overview(int tenant, DateTimeOffset since, CancellationToken stop)
    {
        var weeks = await database.Rows(
            $"""
            select x.week, a.name, x.earned, x.clawed_back, x.paid from (
              select date_trunc('week', recorded_at, 'UTC') as week, asset,
                coalesce(sum(amount) filter (where from_account & 7 = {(int)AccountKind.Rewards}), 0)::int8 as earned,
                coalesce(sum(case when to_account & 7 = {(int)AccountKind.Clawbacks} then amount when from_account & 7 = {(int)AccountKind.Clawbacks} then -amount else 0 end), 0)::int8 as clawed_back,
                coalesce(sum(case when to_account & 7 = {(int)AccountKind.Paid} then amount when from_account & 7 = {(int)AccountKind.Paid} then -amount else 0 end), 0)::int8 as paid
              from event where tenant = $1 and amount is not null and recorded_at >= $2 group by 1, 2) x
            join asset a on a.id = x.asset where x.earned <> 0 or x.clawed_back <> 0 or x.paid <> 0 order by x.week, a.name
            """,
            reader => new WeekFigures(reader.GetFieldValue<DateTimeOffset>(0), new(reader.GetString(1)), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)),
            stop, Questions.Int(tenant), Questions.Time(since));
        var best = await database.Rows(
            """
            select s.a, x.name, x.net, x.paid from (
              select b.referrer, a.name, b.earned - b.clawed_back as net, b.paid,
                row_number() over (partition by b.asset order by b.earned - b.clawed_back desc, b.referrer) as place
              from balance b join asset a on a.id = b.asset where b.tenant = $1) x
            join stream s on s.id = x.referrer where x.place <= 10 and x.net > 0 order by x.name, x.place
            """,
            reader => new BestReferrer(new(reader.GetString(0)), new(reader.GetString(1)), reader.GetInt64(2), reader.GetInt64(3)), stop, Questions.Int(tenant));
        var parked = await database.Row("select count from parked where tenant = $1", reader => reader.GetInt64(0), stop, Questions.Int(tenant));
        return new(weeks, best, parked);
    }

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
