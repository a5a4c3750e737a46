using ReferralGrains.Domain.Payouts;

namespace ReferralGrains.Storage.Reports;

/// <summary>Which payout took what had become payable: of the items that were reserved after it, the first that paid (S8).</summary>
internal static class FirstPayouts
{
    /// <summary>Its batch, its item, and when that last changed.</summary>
    /// <param name="payable">Queries for the referrer, the asset and the commit by which it was payable.</param>
    public static string Of(string payable) =>
        $"""
        with payable (referrer, asset, commit_id) as ({payable})
        select b.a, s.a, i.changed_at
        from payable p join commit c on c.id = p.commit_id
        join payout_item i on i.referrer = p.referrer and i.asset = p.asset
          and i.status in ({(int)PayoutItemStatus.Succeeded}, {(int)PayoutItemStatus.Confirmed}, {(int)PayoutItemStatus.PartlyReversed})
        join event e on e.stream = i.stream and e.seq = 1 join commit d on d.id = e.commit_id
        join stream s on s.id = i.stream join stream b on b.id = i.batch
        where d.xid > c.xid order by d.xid limit 1
        """;
}
