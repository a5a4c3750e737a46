using System.Collections.Immutable;

namespace ReferralGrains.Storage.Ledger;

/// <summary>Recomputes a tenant's balances from its journal in one snapshot and compares.</summary>
public interface ILedgerCheck
{
    Task<LedgerCheckReport> Check(int tenant, CancellationToken stop);
}

/// <param name="Rows">Journal rows that were read.</param>
/// <param name="Postings">Of these, rows that move an amount.</param>
/// <param name="Balances">Balances that were compared.</param>
/// <param name="Differences">The first ones in journal order; empty when the books agree.</param>
public sealed record LedgerCheckReport(long Rows, long Postings, long Balances, ImmutableArray<LedgerDifference> Differences);

/// <param name="What">A stable word: <c>balance</c>, <c>row</c>, <c>seal</c>.</param>
/// <param name="Detail">Names the row or the account and both values, for a person.</param>
public sealed record LedgerDifference(string What, string Detail);
