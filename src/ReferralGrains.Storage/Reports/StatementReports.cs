using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Reports;

/// <summary>What a referrer had, what was moved and what is left, of each asset in a period: summed from the postings of all its streams.</summary>
internal sealed class StatementReports(NpgsqlDataSource database, Directory directory)
{
    /// <summary>
    /// Where a referrer's postings are. A sandbox's payouts go at the world's pace, so that by its own clock only the day is known on which each
    /// was drawn up: what moved in them counts as of then.
    /// </summary>
    public const string Streams =
        """
        select stream, null::timestamptz as drawn_at
        from (select $1::int8 as stream union select stream from referral where referrer = $1 union select stream from reassignment where from_referrer = $1) own
        union all
        select i.stream, case when t.sandbox then b.drawn_at end
        from payout_item i join payout_batch b on b.stream = i.batch join tenant t on t.id = b.tenant where i.referrer = $1
        """;

    public async Task<IReadOnlyList<StatementLine>?> Read(int tenant, CallerId referrer, Period period, CancellationToken stop)
    {
        if (await directory.FindReferrer(tenant, referrer, stop) is not { } stream) return null;

        // A commit's own time says what was known when; a posting's time, which in a sandbox is the test clock's, in which period it falls.
        return await database.Rows(
            $"""
            with streams as ({Streams}),
            moved as (
              select e.asset, coalesce(s.drawn_at, e.recorded_at) >= $2 as inside, e.amount,
                e.from_account & 7 as from_kind, e.to_account & 7 as to_kind, e.from_account >> 3 = $1 as is_from, e.to_account >> 3 = $1 as is_to
              from streams s join event e on e.stream = s.stream and e.amount is not null and coalesce(s.drawn_at, e.recorded_at) < $3
              where (e.from_account >> 3 = $1 or e.to_account >> 3 = $1) and ($4 is null or (select c.committed_at from commit c where c.id = e.commit_id) <= $4)),
            sums as (
              select asset, inside,
                coalesce(sum(amount) filter (where from_kind = 1), 0) as earned,
                coalesce(sum(case when to_kind = 2 then amount when from_kind = 2 then -amount end), 0) as clawed_back,
                coalesce(sum(case when is_to and to_kind = 3 then amount end), 0) - coalesce(sum(case when is_from and from_kind = 3 then amount end), 0) as pending,
                coalesce(sum(case when is_to and to_kind = 4 then amount end), 0) - coalesce(sum(case when is_from and from_kind = 4 then amount end), 0) as payable,
                coalesce(sum(case when is_to and to_kind = 5 then amount end), 0) - coalesce(sum(case when is_from and from_kind = 5 then amount end), 0) as in_transit,
                coalesce(sum(case when is_to and to_kind = 6 then amount end), 0) - coalesce(sum(case when is_from and from_kind = 6 then amount end), 0) as paid
              from moved group by asset, inside)
            select a.name,
              coalesce(o.earned, 0)::int8, coalesce(o.clawed_back, 0)::int8, coalesce(o.pending, 0)::int8, coalesce(o.payable, 0)::int8, coalesce(o.in_transit, 0)::int8, coalesce(o.paid, 0)::int8,
              coalesce(m.earned, 0)::int8, coalesce(m.clawed_back, 0)::int8, coalesce(m.pending, 0)::int8, coalesce(m.payable, 0)::int8, coalesce(m.in_transit, 0)::int8, coalesce(m.paid, 0)::int8
            from (select * from sums where not inside) o full join (select * from sums where inside) m on m.asset = o.asset
            join asset a on a.id = coalesce(o.asset, m.asset) order by a.name
            """,
            reader => new StatementLine(new(reader.GetString(0)), Balance(reader, 1), Balance(reader, 7)),
            stop, Questions.Long(stream.Value), Questions.Time(period.From), Questions.Time(period.To), Questions.Time(period.KnownAt));
    }

    private static Balance Balance(NpgsqlDataReader reader, int from) => new(
        reader.GetInt64(from), reader.GetInt64(from + 1), reader.GetInt64(from + 2), reader.GetInt64(from + 3), reader.GetInt64(from + 4), reader.GetInt64(from + 5));
}
