using Npgsql;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Reports;

/// <summary>The ledger as it was posted: from the sums of its postings, which the ledger check sums again, never from the balances that are kept beside them.</summary>
internal sealed class LedgerReports(NpgsqlDataSource database)
{
    // What goes out of an account is its debit, what comes in its credit: a posting is one of each.
    public async Task<IReadOnlyList<TrialBalanceLine>> TrialBalance(int tenant, CancellationToken stop) =>
        await database.Rows(
            $"""
            select x.kind::int, a.name, sum(x.debit)::int8, sum(x.credit)::int8
            from (
              select asset, from_kind, to_kind, minor from posted where tenant = $1
              union all
              select m.asset, m.from_kind, m.to_kind, m.minor from posted_movement m where m.commit_id = {Figures.Unsummed} and m.tenant = $1) p
            cross join lateral (values (p.from_kind, p.minor, 0), (p.to_kind, 0, p.minor)) x(kind, debit, credit)
            join asset a on a.id = p.asset
            group by x.kind, a.name order by a.name, x.kind
            """,
            reader => new TrialBalanceLine((AccountKind)reader.GetInt32(0), new(reader.GetString(1)), reader.GetInt64(2), reader.GetInt64(3)),
            stop, Questions.Int(tenant));
}
