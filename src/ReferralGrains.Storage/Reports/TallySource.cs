using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <inheritdoc cref="ITallySource"/>
public sealed class TallySource(NpgsqlDataSource database) : ITallySource
{
    public async Task<Tally> Sum(StreamId referrer, StreamId program) =>
        (await database.Row(
            """
            with own as (
              select r.stream from referral r where r.referrer = $1 and r.program = $2
              union select m.stream from reassignment m join referral r on r.stream = m.stream where m.from_referrer = $1 and r.program = $2)
            select coalesce(sum(coalesce(e.data -> 'a' -> 'y' ->> 'b', e.data -> 'a' ->> 'm')::int8), 0)::int8, count(distinct e.stream)::int4,
              (select count(*) from (
                select a.stream from referral a where a.referrer = $1 and a.program = $2 and a.approved_at is not null
                union select m.stream from reassignment m join referral r on r.stream = m.stream where m.from_referrer = $1 and r.program = $2 and m.approved) a)::int4
            from own r join event e on e.stream = r.stream
            where e.type = $3 and (e.data ->> 'n')::bool and (e.data ->> 'r')::int8 = $1
            """,
            reader => new Tally(reader.GetInt64(0), reader.GetInt32(1), [], reader.GetInt32(2)), CancellationToken.None,
            Questions.Long(referrer.Value), Questions.Long(program.Value), Questions.Int(EventCodec.NumberOf(typeof(SaleDecided)))))!;

    public async Task<IReadOnlyList<UndoneRound>> Undone(StreamId referral) => await database.Rows(
        """
        select referrer, rule, round, action_id, undone from gathering
        where target = $1 and undone <> coalesce(settled, 0) order by referrer, rule, round
        """,
        static reader => new UndoneRound(new(reader.GetInt64(0)), reader.GetInt32(1), reader.GetInt32(2), new(reader.GetString(3)), reader.GetInt64(4)),
        CancellationToken.None, Questions.Long(referral.Value));

    // One statement sees one moment.
    public async Task<UsedBudgets> Used(StreamId referrer, StreamId program)
    {
        var rows = await database.Rows(
            """
            select e.seq, e.recorded_at, u.rule, u.month, u.minor
            from (select seq, recorded_at from event where stream = $1 order by seq desc limit 1) e left join budget_use u on u.owner = $1 and u.program = $2
            """,
            static reader => (Seq: reader.GetInt32(0), At: reader.GetFieldValue<DateTimeOffset>(1), Use: reader.IsDBNull(2) ? (BudgetUse?)null : new(reader.GetInt32(2), reader.GetInt32(3), reader.GetInt64(4))),
            CancellationToken.None, Questions.Long(referrer.Value), Questions.Long(program.Value));
        return new(rows[0].Seq, rows[0].At, rows[0].Use is null ? null : [.. rows.Select(static row => row.Use!.Value)]);
    }
}
