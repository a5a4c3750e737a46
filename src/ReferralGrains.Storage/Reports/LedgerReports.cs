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
}
