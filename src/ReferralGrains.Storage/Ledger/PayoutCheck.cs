using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Ledger;

/// <summary>What is in transit is what open payout items hold, and each amount that was paid names what paid it: an item, a redemption or an entry.</summary>
internal static class PayoutCheck
{
    public static async Task Run(LedgerSnapshot snapshot, int? tenant, Differences differences, CancellationToken stop)
    {
        await snapshot.Each(
            """
            with kept as (select referrer, asset, in_transit as minor from balance where in_transit <> 0 and ($1 is null or tenant = $1)),
            open as (
              select i.referrer, a.id as asset, sum(i.minor)::int8 as minor from payout_item i join asset a on a.name = i.asset
              where i.in_transit and ($1 is null or i.tenant = $1) group by 1, 2)
            select coalesce(k.referrer, o.referrer), a.name, coalesce(k.minor, 0), coalesce(o.minor, 0)
            from kept k full join open o on o.referrer = k.referrer and o.asset = k.asset left join asset a on a.id = coalesce(k.asset, o.asset)
            where k.minor is distinct from o.minor order by 1, 2 limit 100
            """,
            reader => differences.Add(
                "in_transit",
                $"Referrer {reader.GetInt64(0)}, {reader.MaybeText(1)}: {reader.GetInt64(2)} is in transit, but its open payout items hold {reader.GetInt64(3)}."),
            stop, Questions.Int(tenant));

        // 6 is what was paid; 5 is a payout item's stream, 3 a referrer's.
        await snapshot.Each(
            """
            select e.stream, e.seq from event e left join stream s on s.id = e.stream left join payout_item i on i.stream = e.stream
            where e.amount is not null and e.to_account & 7 = 6 and ($1 is null or e.tenant = $1)
              and not coalesce(s.kind = 5 and i.referrer = e.to_account >> 3 or s.kind = 3 and e.type in ($2, $3), false)
            order by 1, 2 limit 100
            """,
            reader => differences.Add("paid", $"Row ({reader.GetInt64(0)}, {reader.GetInt32(1)}) pays an amount and names no payout item, redemption or entry."),
            stop, Questions.Int(tenant), Questions.Int(EventCodec.NumberOf(typeof(EntryBooked))), Questions.Int(EventCodec.NumberOf(typeof(AssetSpent))));
    }
}
