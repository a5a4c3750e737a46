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

/// <summary>What the runner of payout batches has to do.</summary>
public interface IPayoutBatchWork
{
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
        where b.status in (2, 4, 5, 9) order by b.stream
        """,
        static reader => new OpenBatch(reader.GetInt32(0), new(reader.GetString(1)), new(reader.GetInt64(2)), (PayoutBatchStatus)reader.GetInt16(3)), stop);

    // Statuses and reasons by their numbers, which never change: 7 awaits funds, 13 is in review; 2 and 3 stop a batch.
    public async Task<BatchProgress> Progress(StreamId batch, CancellationToken stop) => (await database.Rows(
        """
        select count(*) filter (where in_transit and status not in (7, 13)), count(*) filter (where status = 7), count(*) filter (where status = 13 and review in (2, 3))
        from payout_item where batch = $1
        """,
        static reader => new BatchProgress(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)), stop, Questions.Long(batch.Value)))[0];
}
