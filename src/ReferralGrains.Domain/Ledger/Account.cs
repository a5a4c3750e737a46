using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Ledger;

/// <summary>What an account is for. The numbers are in the ledger and never change.</summary>
public enum AccountKind
{
    /// <summary>A program's: what its rewards have cost, gross.</summary>
    Rewards = 1,

    /// <summary>A program's: what refunds and cancellations have taken back.</summary>
    Clawbacks = 2,

    /// <summary>A referrer's: earned and in its hold window.</summary>
    Pending = 3,

    /// <summary>A referrer's: released. Below zero it is earned back before anything is paid (D8).</summary>
    Payable = 4,

    /// <summary>A referrer's: reserved by a payout item.</summary>
    InTransit = 5,

    /// <summary>A referrer's: sent.</summary>
    Paid = 6,
}

/// <summary>An account of the ledger: a program's or a referrer's stream, and what for. Numbered without a directory of its own.</summary>
public readonly record struct Account(StreamId Owner, AccountKind Kind)
{
    public long Number => (Owner.Value << 3) | (uint)Kind;

    public static Account FromNumber(long number) => new(new(number >> 3), (AccountKind)(number & 7));
}
