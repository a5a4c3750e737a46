using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Ledger;

/// <summary>Counts the sales of each referrer in each tiered program again and compares with the tally that its events moved (D6). Approvals may be more: a version before this counted a referral that was given back once more.</summary>
internal static class TallyCheck
{
    public static Task Run(LedgerSnapshot snapshot, int? tenant, Differences differences, CancellationToken stop) =>
        snapshot.Each(
            $"""
            with told as (
              select stream as referrer, coalesce(data ->> 'p', data ->> 'program')::int8 as program,
                sum(coalesce(data ->> 'm', data ->> 'valueMinor', '0')::int8) as value, sum(coalesce(data ->> 'n', data ->> 'count', '0')::int8) as count,
                sum(coalesce(data ->> 'a', data ->> 'approved', '0')::int8) as approved
              from event
              where type in ({EventCodec.NumberOf(typeof(TallyStarted))}, {EventCodec.NumberOf(typeof(TallyMoved))}) and ($1 is null or tenant = $1)
              group by 1, 2),
            own as (
              select r.referrer, r.program, r.stream from referral r
              union select m.from_referrer, r.program, m.stream from reassignment m join referral r on r.stream = m.stream),
            sold as (
              select t.referrer, t.program, sum(coalesce(e.data -> 'a' -> 'y' ->> 'b', e.data -> 'a' ->> 'm', '0')::int8) as value, count(distinct e.stream) as count
              from told t join own r on r.referrer = t.referrer and r.program = t.program join event e on e.stream = r.stream
              where (e.data ->> 'r')::int8 = t.referrer and e.type = {EventCodec.NumberOf(typeof(SaleDecided))} and (e.data ->> 'n')::bool
              group by 1, 2)
            select t.referrer, t.program, t.value::int8, t.count::int8, coalesce(s.value, 0)::int8, coalesce(s.count, 0), t.approved::int8, a.approved
            from told t
            cross join lateral (
              select count(distinct stream) as approved, count(*) as most from (
                select r.stream from referral r where r.referrer = t.referrer and r.program = t.program and r.approved_at is not null
                union all select m.stream from reassignment m join referral r on r.stream = m.stream where m.from_referrer = t.referrer and r.program = t.program and m.approved) a) a
            left join sold s on s.referrer = t.referrer and s.program = t.program
            where (t.value, t.count) is distinct from (coalesce(s.value, 0), coalesce(s.count, 0)) or t.approved not between a.approved and a.most
            order by 1, 2 limit 100
            """,
            reader => differences.Add(
                "tally",
                $"Referrer {reader.GetInt64(0)} in program {reader.GetInt64(1)}: tally {reader.GetInt64(2)} of {reader.GetInt64(3)} referees and {reader.GetInt64(6)} approvals, but its sales come to {reader.GetInt64(4)} of {reader.GetInt64(5)}, and {reader.GetInt64(7)} are approved."),
            stop, Questions.Int(tenant));
}
