using Npgsql;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Reports;

/// <summary>The ledger as it was posted: summed from its postings, never from the balances that are kept beside them.</summary>
internal sealed class LedgerReports(NpgsqlDataSource database)
{
    // What goes out of an account is its debit, what comes in its credit: a posting is one of each.
    public async Task<IReadOnlyList<TrialBalanceLine>> TrialBalance(int tenant, CancellationToken stop) =>
        await database.Rows(
            """
            select x.kind, a.name, sum(x.debit)::int8, sum(x.credit)::int8
            from (
              select (from_account & 7)::int kind, asset, amount debit, 0 credit from event where tenant = $1 and amount is not null
              union all
              select (to_account & 7)::int, asset, 0, amount from event where tenant = $1 and amount is not null) x
            join asset a on a.id = x.asset
            group by x.kind, a.name order by a.name, x.kind
            """,
            reader => new TrialBalanceLine((AccountKind)reader.GetInt32(0), new(reader.GetString(1)), reader.GetInt64(2), reader.GetInt64(3)),
            stop, Questions.Int(tenant));

    public async Task<Page<PostingView>> Postings(int tenant, string? after, int limit, CancellationToken stop)
    {
        var (stream, seq) = after is null ? default : PageCursor.Entry(after);
        var postings = await database.Rows(
            """
            select e.stream, e.seq, e.recorded_at, e.from_account, e.to_account, e.amount, a.name
            from stream s
            cross join lateral (
              select * from event e where e.stream = s.id and e.amount is not null and (s.id > $2 or e.seq > $3) order by e.seq limit $4) e
            join asset a on a.id = e.asset
            where s.tenant = $1 and s.id >= $2
            order by s.id, e.seq limit $4
            """,
            reader => new PostingView(
                new(reader.GetInt64(0)), reader.GetInt32(1), reader.GetFieldValue<DateTimeOffset>(2),
                new(Account.FromNumber(reader.GetInt64(3)), Account.FromNumber(reader.GetInt64(4)), new(reader.GetInt64(5), new(reader.GetString(6))))),
            stop, Questions.Int(tenant), Questions.Long(stream), Questions.Int(seq), Questions.Int(limit + 1));
        return new([.. postings.Take(limit)], postings.Count > limit);
    }
}
