using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Ledger;

/// <summary>Sums again what figures are read from, up to where they are said to be summed (S11).</summary>
internal static class FigureCheck
{
    private static readonly string FirstSales =
        $"""
        with p as (select position from figure_position),
          kept as (select * from first_sale where $1 is null or tenant = $1),
          found as (
            select distinct on (e.stream) e.stream, e.tenant, r.program, sale_occurred(e) as occurred
            from event e join seal s on s.commit_id = e.commit_id and s.position <= (select position from p) join referral r on r.stream = e.stream
            where e.type = {EventCodec.NumberOf(typeof(SaleDecided))} and ($1 is null or e.tenant = $1) and is_counted_sale(e)
            order by e.stream, e.seq)
        select coalesce(k.stream, f.stream) from kept k full join found f on f.stream = k.stream
        where (k.tenant, k.program, k.occurred) is distinct from (f.tenant, f.program, f.occurred) order by 1 limit 100
        """;

    public static async Task Run(LedgerSnapshot snapshot, int? tenant, Differences differences, CancellationToken stop)
    {
        await snapshot.Each(
            """
            with p as (select position from figure_position),
              summed as (
                select m.tenant, m.program, m.week, m.asset, sum(m.earned) as earned, sum(m.clawed_back) as clawed_back, sum(m.pending) as pending, sum(m.paid) as paid
                from figure_movement m join seal s on s.commit_id = m.commit_id and s.position <= (select position from p)
                where $1 is null or m.tenant = $1 group by 1, 2, 3, 4),
              kept as (select * from figure where $1 is null or tenant = $1)
            select coalesce(s.program, k.program), coalesce(s.week, k.week), a.name
            from summed s full join kept k on k.tenant = s.tenant and k.program = s.program and k.week = s.week and k.asset = s.asset
            left join asset a on a.id = coalesce(s.asset, k.asset)
            where (s.earned, s.clawed_back, s.pending, s.paid) is distinct from (k.earned, k.clawed_back, k.pending, k.paid)
            order by 1, 2, 3 limit 100
            """,
            reader => differences.Add(
                "figure", $"The figures of program {reader.GetInt64(0)} in {reader.MaybeText(2)} for the week of {reader.GetFieldValue<DateTimeOffset>(1):yyyy-MM-dd} are not what its postings come to."),
            stop, Questions.Int(tenant));
        await snapshot.Each(
            """
            with kept as (select * from held where minor <> 0 and ($1 is null or tenant = $1))
            select coalesce(s.day, k.day)::text, a.name
            from held_up_to((select position from figure_position), $1) s full join kept k on k.tenant = s.tenant and k.day = s.day and k.asset = s.asset
            left join asset a on a.id = coalesce(s.asset, k.asset)
            where coalesce(s.minor, 0) <> coalesce(k.minor, 0) order by 1, 2 limit 100
            """,
            reader => differences.Add("figure", $"What is held in {reader.MaybeText(1)} until {reader.GetString(0)} is not what the rewards come to."), stop, Questions.Int(tenant));
        await snapshot.Each(
            """
            with days as (select tenant, asset, sum(minor) as minor from held where $1 is null or tenant = $1 group by 1, 2),
              weeks as (select tenant, asset, sum(pending) as minor from figure where $1 is null or tenant = $1 group by 1, 2)
            select a.name, coalesce(d.minor, 0)::int8, coalesce(w.minor, 0)::int8
            from days d full join weeks w on w.tenant = d.tenant and w.asset = d.asset left join asset a on a.id = coalesce(d.asset, w.asset)
            where coalesce(d.minor, 0) <> coalesce(w.minor, 0) order by 1 limit 100
            """,
            reader => differences.Add("figure", $"{reader.GetInt64(1)} of {reader.MaybeText(0)} is held by day, and {reader.GetInt64(2)} is pending."), stop, Questions.Int(tenant));
        await snapshot.Each(
            """
            with kept as (select * from referrer_net where $1 is null or tenant = $1),
              summed as (
                select m.referrer, m.asset, m.tenant, sum(m.minor) as net
                from net_movement m join seal s on s.commit_id = m.commit_id and s.position <= (select position from figure_position)
                where $1 is null or m.tenant = $1 group by 1, 2, 3)
            select coalesce(s.referrer, k.referrer), a.name from summed s full join kept k on k.referrer = s.referrer and k.asset = s.asset
            left join asset a on a.id = coalesce(s.asset, k.asset)
            where (s.tenant, s.net) is distinct from (k.tenant, k.net) order by 1, 2 limit 100
            """,
            reader => differences.Add("figure", $"What referrer {reader.GetInt64(0)} came to in {reader.MaybeText(1)} is not what its postings come to."), stop, Questions.Int(tenant));
        await snapshot.Each(
            """
            with kept as (select * from posted where $1 is null or tenant = $1),
              summed as (
                select m.tenant, m.asset, m.from_kind, m.to_kind, sum(m.minor) as minor
                from posted_movement m join seal s on s.commit_id = m.commit_id and s.position <= (select position from figure_position)
                where $1 is null or m.tenant = $1 group by 1, 2, 3, 4)
            select coalesce(s.from_kind, k.from_kind)::int, coalesce(s.to_kind, k.to_kind)::int, a.name
            from summed s full join kept k on k.tenant = s.tenant and k.asset = s.asset and k.from_kind = s.from_kind and k.to_kind = s.to_kind
            left join asset a on a.id = coalesce(s.asset, k.asset)
            where s.minor is distinct from k.minor order by 3, 1, 2 limit 100
            """,
            reader => differences.Add(
                "figure", $"What moved in {reader.MaybeText(2)} from {(AccountKind)reader.GetInt32(0)} to {(AccountKind)reader.GetInt32(1)} is not what the postings come to."),
            stop, Questions.Int(tenant));
        await snapshot.Each(
            FirstSales, reader => differences.Add("figure", $"Stream {reader.GetInt64(0)}: its first sale is not what its events say."), stop, Questions.Int(tenant));
    }
}
