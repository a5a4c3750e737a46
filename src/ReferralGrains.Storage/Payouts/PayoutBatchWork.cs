using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Payouts;

/// <summary>A payout batch that something is to be done for.</summary>
public readonly record struct OpenBatch(int Tenant, CallerId Batch, StreamId Stream, PayoutBatchStatus Status);

/// <summary>How far the items of a batch are.</summary>
/// <param name="Open">Not settled, and going on by themselves.</param>
/// <param name="AwaitingFunds">For want of money at Stripe.</param>
/// <param name="Stopping">In review for a reason that stops the whole batch.</param>
public readonly record struct BatchProgress(long Open, long AwaitingFunds, long Stopping);

/// <summary>An item of an open batch that is not to be paid to the account that it names, and of which nothing was sent.</summary>
/// <param name="Why">A word for it.</param>
public readonly record struct StrandedItem(int Tenant, CallerId Batch, PayoutBatchStatus Status, CallerId Item, string Why);

/// <summary>A closed referrer who gives up what it has, and has something.</summary>
public readonly record struct ForfeitingReferrer(int Tenant, CallerId Referrer);

/// <summary>What the runner of payout batches has to do.</summary>
public interface IPayoutBatchWork
{
    /// <summary>
    /// Whether anything that was due by the date of a batch is not settled yet, such as a hold that ends at the same midnight. Not for
    /// ever: what cannot be settled does not keep the others from their money.
    /// </summary>
    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<bool> IsUnsettled(OpenBatch batch, DateTimeOffset drawnAt, CancellationToken stop);

    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<StrandedItem>> Stranded(CancellationToken stop);

    /// <summary>The closed referrers who give up what they have, and to whom something has become payable since.</summary>
    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<ForfeitingReferrer>> Forfeiting(CancellationToken stop);

    /// <summary>The items of a batch whose amounts are in transit and of which certainly nothing was sent.</summary>
    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<CallerId>> Unsent(StreamId batch, CancellationToken stop);

    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<OpenBatch>> Open(CancellationToken stop);

    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<BatchProgress> Progress(StreamId batch, CancellationToken stop);
}

public sealed class PayoutBatchWork(NpgsqlDataSource database) : IPayoutBatchWork
{
    public async Task<IReadOnlyList<OpenBatch>> Open(CancellationToken stop) => await database.Rows(
        """
        select b.tenant, s.a, b.stream, b.status from payout_batch b join stream s on s.id = b.stream
        where b.status in (1, 2, 4, 5, 9, 11) order by b.stream
        """,
        static reader => new OpenBatch(reader.GetInt32(0), new(reader.GetString(1)), new(reader.GetInt64(2)), (PayoutBatchStatus)reader.GetInt16(3)), stop);

    // Statuses and reasons by their numbers, which never change: 7 awaits funds, 13 is in review; 2 and 3 stop a batch.
    public async Task<BatchProgress> Progress(StreamId batch, CancellationToken stop) => (await database.Rows(
        """
        select count(*) filter (where in_transit and status not in (7, 13)), count(*) filter (where status = 7), count(*) filter (where status = 13 and review in (2, 3))
        from payout_item where batch = $1
        """,
        static reader => new BatchProgress(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)), stop, Questions.Long(batch.Value)))[0];

    public async Task<IReadOnlyList<ForfeitingReferrer>> Forfeiting(CancellationToken stop) => await database.Rows(
        """
        select s.tenant, s.a from fact f join stream s on s.id = f.stream
        where f.body ->> 'forfeits' = 'true' and exists (select from balance b where b.referrer = f.stream and b.payable > 0) order by f.stream limit 1000
        """,
        static reader => new ForfeitingReferrer(reader.GetInt32(0), new(reader.GetString(1))), stop);

    // Statuses by their numbers, as below.
    public async Task<IReadOnlyList<CallerId>> Unsent(StreamId batch, CancellationToken stop) => await database.Rows(
        "select s.a from payout_item i join stream s on s.id = i.stream where i.batch = $1 and i.in_transit and i.status in (1, 2, 6, 7) order by i.stream",
        static reader => new CallerId(reader.GetString(0)), stop, Questions.Long(batch.Value));

    public Task<bool> IsUnsettled(OpenBatch batch, DateTimeOffset drawnAt, CancellationToken stop) => database.Row(
        """
        select exists (
          select from due d where d.shard = any($1) and d.tenant = $2 and d.at <= $3)
          and exists (select from payout_batch b where b.stream = $4 and b.created_at > now() - interval '10 minutes')
        """,
        static reader => reader.GetBoolean(0), stop,
        Questions.Ints(Enumerable.Range(0, Due.DueShards.Count)), Questions.Int(batch.Tenant), Questions.Time(drawnAt), Questions.Long(batch.Stream.Value));

    // Statuses by their numbers. Of a batch that is being reserved, who reserves comes back to it; of a cancelled one, somebody reserved too late,
    // or it was looked up and not found.
    // Once a batch that is paid outside is approved, whoever pays it may have: what of it is given up is said by a person. Flags of 1 and 3 are
    // raised and confirmed. A customer is as ready as it will be: whether it can be credited is known by the sending.
    public async Task<IReadOnlyList<StrandedItem>> Stranded(CancellationToken stop) => await database.Rows(
        """
        select i.tenant, bs.a, b.status, s.a,
          case when b.status = 10 then 'batch_cancelled' when g.forfeits then 'forfeited' when not b.outside and a.changed then 'account_changed' when g.flagged then 'flagged' else 'account_not_ready' end
        from payout_item i join payout_batch b on b.stream = i.batch join stream s on s.id = i.stream join stream bs on bs.id = b.stream
          left join payout_account c on c.referrer = i.referrer
          cross join lateral (select exists (select from flag f where f.stream = i.referrer and f.state in (1, 3)) as flagged,
            exists (select from fact f where f.stream = i.referrer and f.body ->> 'forfeits' = 'true') as forfeits) g
          cross join lateral (
            select case when i.asset like 'credit:%' then c.customer else c.account end is distinct from i.destination as changed,
              i.asset not like 'credit:%' and (c.transfers <> 1 or not c.pays_out) as unready) a
        where i.in_transit and (i.status in (1, 2, 7) or i.status = 6 and b.status = 10) and (b.status = 10
          or b.status = 3 and b.outside and (g.flagged or g.forfeits)
          or b.status in (3, 4, 5, 6, 7, 8, 11) and not b.outside and (g.forfeits or g.flagged or a.changed or a.unready))
        order by b.stream, i.stream limit 10000
        """,
        static reader => new StrandedItem(
            reader.GetInt32(0), new(reader.GetString(1)), (PayoutBatchStatus)reader.GetInt16(2), new(reader.GetString(3)), reader.GetString(4)), stop);
}
