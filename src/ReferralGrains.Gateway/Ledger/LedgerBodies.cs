using System.Collections.Immutable;

namespace ReferralGrains.Gateway.Ledger;

internal sealed record TrialBalanceAnswer(ImmutableArray<TrialBalanceAccount> Data);

/// <summary>All accounts of one kind in one asset; over an asset, debits and credits come to the same.</summary>
/// <param name="Account">rewards, clawbacks, pending, payable, in_transit or paid.</param>
/// <param name="DebitMinor">What went out of them.</param>
/// <param name="CreditMinor">What came in.</param>
internal sealed record TrialBalanceAccount(string Account, string Asset, long DebitMinor, long CreditMinor);

/// <summary>One movement: an amount above zero from one account to another.</summary>
internal sealed record PostingAnswer(string Id, DateTimeOffset At, PostingSide From, PostingSide To, string Asset, long AmountMinor);

/// <param name="Owner">The number of the program or referrer whose account it is.</param>
internal sealed record PostingSide(string Account, long Owner);

/// <param name="Ok">Every balance is what the journal says, and no sealed row was changed.</param>
/// <param name="Differences">The first hundred.</param>
/// <param name="Head">The end of the verified chain. Kept outside, it tells whether history before it was ever rewritten.</param>
internal sealed record LedgerCheckAnswer(bool Ok, LedgerChecked Checked, ImmutableArray<LedgerDifferenceAnswer> Differences, LedgerHead? Head);

/// <param name="Streams">Referrals, referrers and programs whose fold was compared with what is kept beside them.</param>
/// <param name="Seals">Seals that were verified, of all tenants: the chain is one.</param>
internal sealed record LedgerChecked(long Rows, long Postings, long Balances, long Streams, long Seals);

internal sealed record LedgerHead(long Position, string Hash);

/// <param name="What">A stable word.</param>
internal sealed record LedgerDifferenceAnswer(string What, string Detail);
