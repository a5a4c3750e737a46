using Npgsql;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Reports;

/// <summary>What waits in the whole installation, for whoever watches it. No tenant is named; sandboxes, whose clocks stand, wait for nothing.</summary>
/// <param name="Parked">Actions without their referral, and refunds without their sale.</param>
/// <param name="Due">Grains with something that is due: a hold, a schedule, a payout date. At most <see cref="BacklogReports.Most"/> a shard and tenant are counted.</param>
/// <param name="DueFor">Since when the oldest of them is.</param>
/// <param name="UnsealedFor">The age of the oldest commit that is not in the chain of seals.</param>
/// <param name="OpenItems">Payout items whose amount is in transit.</param>
/// <param name="ItemsInReview">Those of them that wait for a person.</param>
/// <param name="UntoldFor">Since when the oldest event waits that a webhook endpoint is to be told, or the oldest commit that is to be looked through for some.</param>
/// <param name="FailingEndpoints">Webhook endpoints that did not take the last event.</param>
/// <param name="LostEndpoints">Those that were given up after days, or that said that they are gone.</param>
/// <param name="Processes">That have renewed their lease within the last three seconds.</param>
public sealed record Backlog(long Parked, long Due, TimeSpan DueFor, TimeSpan UnsealedFor, long OpenItems, long ItemsInReview, TimeSpan UntoldFor, long FailingEndpoints, long LostEndpoints, long Processes);

/// <summary>Counts what waits, by indices only, however large the journal is.</summary>
public sealed class BacklogReports(NpgsqlDataSource database)
{
    /// <summary>Counting goes no further.</summary>
    public const int Most = 10_000;

    public async Task<Backlog> Read(CancellationToken stop) => (await database.Row(
        """
        select
          (select coalesce(sum(count), 0)::int8 from parked p join tenant t on t.id = p.tenant and not t.sandbox),
          coalesce(sum(d.count), 0)::int8, coalesce(now() - min(d.at), '0'),
          coalesce((
            select now() - min(c.committed_at) from (
              select committed_at from commit
              where (xid, id) > (coalesce((select xid from seal order by position desc limit 1), '0'), coalesce((select commit_id from seal order by position desc limit 1), 0))
                and not tombstone
              order by xid, id limit 100) c), '0'),
          (select count(*) from payout_item i join tenant t on t.id = i.tenant and not t.sandbox where i.in_transit),
          (select count(*) from payout_item i join tenant t on t.id = i.tenant and not t.sandbox where i.in_transit and i.status = $2),
          greatest(
            (select coalesce(now() - min(v.told_at), '0') from webhook_target w cross join lateral (
              select v.told_at from webhook_event v where v.tenant = w.tenant and v.id > w.position order by v.id limit 1) v where w.state = 1),
            (select now() - c.committed_at from webhook_progress p cross join lateral (
              select committed_at from commit where (xid, id) > (p.xid, p.commit_id) and not tombstone order by xid, id limit 1) c
            where exists (select from webhook_target w where w.state = 1))),
          (select count(*) from webhook_target where state = 1 and attempts > 0),
          (select count(*) from webhook_target where state in (3, 4)),
          (select count(*) from silo where ended_at is null and seen_at > clock_timestamp() - interval '3 s')
        from tenant t
        cross join generate_series(0, 7) shard
        cross join lateral (
          select count(*), min(at) at from (select at from due where due.shard = shard.shard and due.tenant = t.id and at <= now() order by at limit $1) x) d
        where not t.sandbox
        """,
        reader => new Backlog(
            reader.GetInt64(0), reader.GetInt64(1), reader.GetTimeSpan(2), reader.GetTimeSpan(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetTimeSpan(6), reader.GetInt64(7),
            reader.GetInt64(8), reader.GetInt64(9)),
        stop, Questions.Int(Most), Questions.Int((int)Domain.Payouts.PayoutItemStatus.Review)))!;
}
