using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Payouts;

/// <summary>A payout item, or a reversal of its transfer, that waits for its sender.</summary>
/// <param name="Reversal">Its name; null for the item itself.</param>
/// <param name="Transfer">That a reversal takes from.</param>
/// <param name="Customer">That account credit goes to.</param>
public readonly record struct DuePayout(
    int Tenant, CallerId Item, int Generation, PayoutStep Step, string? Reversal = null, string? Transfer = null, string? Customer = null);

/// <summary>What senders have to do. It only tells: the right to do it is asked of the item.</summary>
public interface IPayoutWork
{
    /// <summary>
    /// The items and reversals whose time has come, the longest due first. Of a batch that is not being sent, or where the tenant's gate does
    /// not let this sender send, only those to be looked up; of a cancelled one also what was sent so long ago that it is looked up instead of sent. A reversal waits for no batch, and what a person has sent again of a settled one
    /// goes. Account credit waits, before its first sending, for a comparison that began after its intent was written and agreed: Stripe lists
    /// what it has credited to one customer at a time.
    /// </summary>
    /// <param name="term">Of the sender that asks.</param>
    /// <param name="without">Tenants of whom nothing is to be read now.</param>
    /// <exception cref="JournalUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<DuePayout>> Due(DateTimeOffset until, string term, IReadOnlyCollection<int> without, int limit, CancellationToken stop);

    /// <summary>
    /// Whether an item may still go to the account that it names: it is the referrer's, who is not flagged for review, gives up nothing, and can receive; or bytes
    /// of this generation may have left before, and then only sending them again tells what became of them. Asked just before each sending.
    /// </summary>
    /// <exception cref="JournalUnavailableException">The database cannot be reached.</exception>
    Task<bool> MayGo(DuePayout due, CancellationToken stop);
}

public sealed class PayoutWork(NpgsqlDataSource database) : IPayoutWork
{
    /// <summary>Of an item <c>i</c>: account credit of which nothing was sent yet, and whose customer was not compared since its intent was written.</summary>
    internal const string IsUncompared =
        """
        (i.asset like 'credit:%' and i.status = 2
          and not exists (select from reconciliation_run r where r.tenant = i.tenant and r.state = 3 and r.started_at > i.changed_at))
        """;

    // No key is sent for longer.
    private static readonly string KeyLife = PayoutWaits.Live.KeyLife.ToString("c");

    public async Task<IReadOnlyList<DuePayout>> Due(DateTimeOffset until, string term, IReadOnlyCollection<int> without, int limit, CancellationToken stop) => await database.Rows(
        $"""
        with sends as (select tenant from send_gate where not is_shut and term = $4 and life = life())
        select tenant, name, generation, step, reversal, transfer, customer from (
          (select i.tenant, s.a as name, i.generation, i.step, null as reversal, null as transfer, case when i.asset like 'credit:%' then i.destination end as customer, i.next_at, i.stream
           from payout_item i join stream s on s.id = i.stream left join payout_batch b on b.stream = i.batch
           where i.next_at <= $1 and i.tenant <> all($2) and (i.step = 2
             or b.status = 10 and i.status in (3, 4) and i.changed_at < $1 - interval '{KeyLife}'
             or (b.status is null or b.status in (5, 8)) and i.tenant in (select tenant from sends) and not {IsUncompared})
           order by i.next_at, i.stream limit $3)
          union all
          (select v.tenant, s.a, v.generation, v.step, v.id, v.transfer, null, v.next_at, v.stream
           from payout_reversal v join stream s on s.id = v.stream
           where v.next_at <= $1 and v.tenant <> all($2) and (v.step = 2 or v.tenant in (select tenant from sends))
           order by v.next_at, v.stream limit $3)) due
        order by next_at, stream limit $3
        """,
        static reader => new DuePayout(
            reader.GetInt32(0), new(reader.GetString(1)), reader.GetInt32(2), (PayoutStep)reader.GetInt16(3), reader.MaybeText(4), reader.MaybeText(5), reader.MaybeText(6)),
        stop, Questions.Time(until), CommitBatch.Array(NpgsqlDbType.Integer, without), Questions.Int(limit), Questions.Text(term));

    // 2 is an intent of which nothing was sent; flags of 1 and 3 are raised and confirmed.
    public Task<bool> MayGo(DuePayout due, CancellationToken stop) => database.Row(
        $"""
        select i.status <> 2 or not exists (select from flag f where f.stream = i.referrer and f.state in (1, 3))
          and not exists (select from fact f where f.stream = i.referrer and f.body ->> 'forfeits' = 'true')
          and case when i.asset like 'credit:%' then c.customer = i.destination and not {IsUncompared} else c.account = i.destination and c.transfers = 1 and c.pays_out end
        from stream s join payout_item i on i.stream = s.id left join payout_account c on c.referrer = i.referrer
        where s.tenant = $1 and s.kind = 5 and s.a = $2 and s.b = ''
        """,
        static reader => reader.Maybe<bool>(0) == true, stop, Questions.Int(due.Tenant), Questions.Text(due.Item.Value));
}
