using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Payouts;

/// <summary>Why what a referrer has is not paid by a batch, in the order in which it is checked. What is left out rolls over.</summary>
public enum NotPaid
{
    /// <summary>The referrer has not asked for cash (S10).</summary>
    NotOptedIn = 2,

    /// <summary>Stripe is not known to move this currency.</summary>
    CurrencyNotPayable = 3,

    BelowMinimum = 4,

    /// <summary>No account is linked.</summary>
    NoAccount = 5,

    /// <summary>The account took another's place a short while ago.</summary>
    CoolingOff = 6,

    /// <summary>Stripe does not let the account receive, or pay out what it receives.</summary>
    AccountNotReady = 7,

    /// <summary>It is less than the smallest amount that Stripe moves of this currency.</summary>
    Indivisible = 8,

    /// <summary>There are more than a batch may hold.</summary>
    BatchFull = 9,

    /// <summary>The referrer is flagged for review (X9).</summary>
    Flagged = 10,

    /// <summary>It is account credit, and no Stripe customer is linked.</summary>
    NoCustomer = 11,

    /// <summary>The referrer was closed, and gives up what it has (D18).</summary>
    Forfeited = 12,
}

/// <summary>A referrer who has something payable in a currency, or account credit in one, and what decides whether a batch pays it.</summary>
/// <param name="Payable">Above zero.</param>
/// <param name="IsClosed">What a closed referrer has left is settled (D18): nothing more is earned, so no minimum is waited for, and whether they asked for cash is forgotten.</param>
/// <param name="Account">Linked, and for account credit the customer that is; null when none is.</param>
/// <param name="ChangedAt">When the account took another's place.</param>
/// <param name="IsFlagged">Somebody should look at the referrer first (X9).</param>
/// <param name="Forfeits">A closed referrer who gives up what it has instead: it is taken back, and never paid (D18).</param>
public sealed record PayoutCandidate(
    StreamId Referrer, CallerId Id, Amount Payable, bool IsClosed, bool IsOptedIn, string? Account, DateTimeOffset? ChangedAt, bool IsReady, bool IsFlagged = false,
    bool Forfeits = false)
{
    /// <summary>Null when it is paid.</summary>
    public NotPaid? Why(PayoutTerms terms, DateTimeOffset now, PayoutWaits waits) =>
        Forfeits ? NotPaid.Forfeited
        : IsFlagged ? NotPaid.Flagged
        : !IsCredit && !IsClosed && !IsOptedIn ? NotPaid.NotOptedIn
        : !terms.Outside && StripeUnits.Of(Currency) is null ? NotPaid.CurrencyNotPayable
        : !IsClosed && Payable.Minor < terms.MinimumOf(Currency) ? NotPaid.BelowMinimum
        : terms.Outside ? null
        : Account is null ? (IsCredit ? NotPaid.NoCustomer : NotPaid.NoAccount)
        : now < ChangedAt + waits.CoolingOff ? NotPaid.CoolingOff
        : !IsReady ? NotPaid.AccountNotReady
        : Divisible == 0 ? NotPaid.Indivisible
        : null;

    /// <summary>What a batch pays of it; the indivisible rest rolls over.</summary>
    public Amount Pays(PayoutTerms terms) => terms.Outside ? Payable : Payable with { Minor = Divisible };

    private bool IsCredit => !Payable.Asset.IsCash;

    private string Currency => Payable.Asset.Currency!;

    private long Divisible => StripeUnits.Of(Currency)?.Divisible(Payable.Minor) ?? 0;
}
