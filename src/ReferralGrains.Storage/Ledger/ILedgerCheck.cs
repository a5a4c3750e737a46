using System.Collections.Immutable;
using ReferralGrains.Storage.Sealing;

namespace ReferralGrains.Storage.Ledger;

/// <summary>Recomputes a tenant's balances from its journal in one snapshot and compares.</summary>
public interface ILedgerCheck
{
    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached now.</exception>
    Task<LedgerCheckReport> Check(int tenant, CancellationToken stop);
}

/// <param name="Rows">Journal rows that were read.</param>
/// <param name="Postings">Of these, rows that move an amount.</param>
/// <param name="Balances">Balances that were compared.</param>
/// <param name="Differences">The first hundred, changed rows before what follows from them; empty when the books agree.</param>
public sealed record LedgerCheckReport(long Rows, long Postings, long Balances, ImmutableArray<LedgerDifference> Differences)
{
    public bool Ok => Differences.IsEmpty;

    /// <summary>Streams that were folded and compared with what is kept beside them.</summary>
    public long Streams { get; init; }

    /// <summary>Seals that were verified, of all tenants: the chain is one.</summary>
    public long Seals { get; init; }

    /// <summary>The head of the verified chain. Kept outside, it tells whether history before it was ever rewritten.</summary>
    public SealHead? Head { get; init; }
}

/// <param name="What">
/// A stable word: <c>row</c> (changed, deleted or added), <c>seal</c>, <c>balance</c>, <c>due</c>, <c>referral</c>, <c>fact</c>, <c>tally</c>,
/// <c>snapshot</c>, <c>parked</c>, <c>rule</c>, <c>conflict</c>, <c>audit</c>, <c>entry</c>, <c>payout_item</c>, <c>in_transit</c>, <c>paid</c>.
/// </param>
/// <param name="Detail">Names the row or the account and both values, for a person.</param>
public sealed record LedgerDifference(string What, string Detail);
