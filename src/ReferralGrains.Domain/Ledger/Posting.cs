using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Ledger;

/// <summary>One movement in the ledger: an amount above zero from one account to another, so nothing can be unbalanced.</summary>
public readonly record struct Posting(Account From, Account To, Amount Amount);
