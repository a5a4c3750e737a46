using ReferralGrains.Domain.Ledger;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Ledger;

/// <summary>Sums every referrer's postings again and compares the sums with the balances that were kept beside them (D13).</summary>
internal static class BalanceCheck
{
    private const string Sums =
        """
        with moved as (
          select to_account >> 3 as referrer, asset,
            case when from_account & 7 = 1 then amount else 0 end as earned, case when from_account & 7 = 2 then -amount else 0 end as clawed_back,
            to_account & 7 as kind, amount
          from event where amount is not null and to_account & 7 >= 3 and ($1 is null or tenant = $1)
          union all
          select from_account >> 3, asset, 0, case when to_account & 7 = 2 then amount else 0 end, from_account & 7, -amount
          from event where amount is not null and from_account & 7 >= 3 and ($1 is null or tenant = $1)),
        summed as (
          select referrer, asset, sum(earned) as earned, sum(clawed_back) as clawed_back,
            coalesce(sum(amount) filter (where kind = 3), 0) as pending, coalesce(sum(amount) filter (where kind = 4), 0) as payable,
            coalesce(sum(amount) filter (where kind = 5), 0) as in_transit, coalesce(sum(amount) filter (where kind = 6), 0) as paid
          from moved group by referrer, asset),
        kept as (select * from balance where $1 is null or tenant = $1)
        """;

    public static async Task<long> Run(LedgerSnapshot snapshot, int? tenant, Differences differences, CancellationToken stop)
    {
        var compared = 0L;
        await snapshot.Each("select count(*) from balance where $1 is null or tenant = $1", reader => compared = reader.GetInt64(0), stop, Questions.Int(tenant));
        await snapshot.Each(
            $"""
            {Sums}
            select coalesce(s.referrer, k.referrer), a.name,
              array[s.earned, s.clawed_back, s.pending, s.payable, s.in_transit, s.paid]::int8[],
              array[k.earned, k.clawed_back, k.pending, k.payable, k.in_transit, k.paid]
            from summed s full join kept k on k.referrer = s.referrer and k.asset = s.asset
            left join asset a on a.id = coalesce(s.asset, k.asset)
            where (s.earned, s.clawed_back, s.pending, s.payable, s.in_transit, s.paid)
              is distinct from (k.earned, k.clawed_back, k.pending, k.payable, k.in_transit, k.paid)
            order by 1, 2 limit 100
            """,
            reader => differences.Add(
                "balance",
                $"Referrer {reader.GetInt64(0)}, {reader.MaybeText(1)}: kept {Show(reader.GetFieldValue<long?[]>(3))}, but the postings sum to {Show(reader.GetFieldValue<long?[]>(2))}."),
            stop, Questions.Int(tenant));
        await snapshot.Each(
            """
            select b.referrer, a.name, b.earned, b.clawed_back, b.pending, b.payable, b.in_transit, b.paid from balance b left join asset a on a.id = b.asset
            where (earned - clawed_back <> pending + payable + in_transit + paid or pending < 0 or in_transit < 0) and ($1 is null or tenant = $1) order by 1, 2 limit 100
            """,
            reader => differences.Add(
                "balance",
                $"Referrer {reader.GetInt64(0)}, {reader.MaybeText(1)}: net is not pending + payable + in transit + paid, or what waits is less than nothing, in {Read(reader)}."),
            stop, Questions.Int(tenant));
        return compared;
    }

    private static Balance Read(Npgsql.NpgsqlDataReader reader) => new(
        reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7));

    private static string Show(long?[] sums) => sums switch
    {
        [null, ..] => "nothing",
        [{ } earned, { } clawedBack, { } pending, { } payable, { } inTransit, { } paid] =>
            new Balance(earned, clawedBack, pending, payable, inTransit, paid).ToString(),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
