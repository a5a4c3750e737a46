using System.Runtime.CompilerServices;
using Npgsql;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Payouts;

/// <summary>A candidate, and why it is not paid; null when it is.</summary>
public readonly record struct JudgedCandidate(PayoutCandidate Candidate, NotPaid? Why);

/// <summary>Who a tenant owes anything that could be paid out.</summary>
/// <exception cref="Journal.JournalUnavailableException">From every question: the database cannot be reached now.</exception>
public interface IPayoutCandidates
{
    /// <summary>
    /// Everybody who has something payable in a currency, in the order of their streams, and whether a batch would pay it; account credit as
    /// well where the terms have batches pay it. Some are read at a time: who has enough reads no more.
    /// </summary>
    /// <param name="now">By the tenant's clock.</param>
    IAsyncEnumerable<JudgedCandidate> Find(int tenant, PayoutTerms terms, DateTimeOffset now, CancellationToken stop);

    /// <summary>Whether a batch would pay anybody.</summary>
    Task<bool> HasAny(int tenant, PayoutTerms terms, DateTimeOffset now, CancellationToken stop);
}

/// <param name="waits">How long a changed account waits.</param>
/// <param name="page">Referrers that are looked through at a time, whether or not they have anything.</param>
public sealed class PayoutCandidates(NpgsqlDataSource database, PayoutWaits waits, int page = 5_000) : IPayoutCandidates
{
    public async IAsyncEnumerable<JudgedCandidate> Find(int tenant, PayoutTerms terms, DateTimeOffset now, [EnumeratorCancellation] CancellationToken stop)
    {
        var paid = 0;
        for (var (after, last) = (0L, await Last(tenant, 0, stop)); last is { } upTo; (after, last) = (upTo, await Last(tenant, upTo, stop)))
        {
            foreach (var candidate in await Read(tenant, terms, after, upTo, stop))
            {
                var why = candidate.Why(terms, now, waits) ?? (paid == PayoutBatchDecider.MostOrders ? NotPaid.BatchFull : null);
                if (why is null) paid++;
                yield return new(candidate, why);
            }
        }
    }

    public async Task<bool> HasAny(int tenant, PayoutTerms terms, DateTimeOffset now, CancellationToken stop) =>
        await Find(tenant, terms, now, stop).AnyAsync(static one => one.Why is null, stop);

    // Of the next referrers; null where there are no more.
    private Task<long?> Last(int tenant, long after, CancellationToken stop) => database.Row(
        "select max(stream) from (select stream from referrer where tenant = $1 and stream > $2 order by stream limit $3) next",
        static reader => reader.Maybe<long>(0), stop, Questions.Int(tenant), Questions.Long(after), Questions.Int(page));

    // By the referrers of the tenant: an index on balances would cost every action.
    private async Task<List<PayoutCandidate>> Read(int tenant, PayoutTerms terms, long after, long upTo, CancellationToken stop)
    {
        var found = await database.Rows(
            """
            select r.stream, s.a, a.name, b.payable, coalesce((f.body ->> 'closed')::boolean, false), r.cash_opt_in,
              case when a.name like 'credit:%' then p.customer else p.account end, case when a.name like 'credit:%' then p.customer_changed_at else p.changed_at end,
              coalesce(a.name like 'credit:%' or p.transfers = 1 and p.pays_out, false), exists (select from flag g where g.stream = r.stream and g.state in (1, 3)),
              coalesce((f.body ->> 'forfeits')::boolean, false)
            from referrer r join balance b on b.referrer = r.stream and b.payable > 0 join asset a on a.id = b.asset
              join stream s on s.id = r.stream left join fact f on f.stream = r.stream left join payout_account p on p.referrer = r.stream
            where r.tenant = $1 and r.stream > $3 and r.stream <= $4 and a.name ~ $2 order by r.stream, a.name
            """,
            Candidate, stop, Questions.Int(tenant), Questions.Text(terms.PaysCredit ? "^(credit:)?[A-Z]{3}$" : "^[A-Z]{3}$"), Questions.Long(after), Questions.Long(upTo));
        found.RemoveAll(static candidate => candidate.Payable.Asset.Currency is null);
        return found;
    }

    private static PayoutCandidate Candidate(NpgsqlDataReader reader) => new(
        new(reader.GetInt64(0)), new(reader.GetString(1)), new(reader.GetInt64(3), new(string.Intern(reader.GetString(2)))), reader.GetBoolean(4), reader.GetBoolean(5),
        reader.MaybeText(6), reader.Maybe<DateTimeOffset>(7), reader.GetBoolean(8), reader.GetBoolean(9), reader.GetBoolean(10));
}
