using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Discounts;

/// <summary>Whose payment a discount is on. The numbers are in the database and never change.</summary>
public enum DiscountSide
{
    /// <summary>The referee's first invoice (S4).</summary>
    Referee = 1,

    /// <summary>The referrer's own payment (G1).</summary>
    Referrer = 2,
}

public enum DiscountState
{
    /// <summary>Nothing was taken off, and nothing is kept.</summary>
    None = 0,

    /// <summary>Told before the charge: what it uses is used by nothing else.</summary>
    Quoted = 1,

    /// <summary>The charge went through.</summary>
    Confirmed = 2,

    /// <summary>The charge failed, or nobody told: what it used is free again.</summary>
    Released = 3,
}

/// <summary>What one referral takes off one payment.</summary>
public readonly record struct AppliedReferral(StreamId Referral, long Minor);

/// <summary>A payment that a discount was asked for, as it stands.</summary>
/// <param name="Payment">Unique in the tenant, for each side.</param>
/// <param name="Owner">The referee's referral, or the referrer: only its grain decides on it.</param>
/// <param name="Applied">Of a referrer's own payment, what each referral takes off, in the order in which they were used (G4).</param>
/// <param name="Uses">Whether these referrals are used up by it (G1).</param>
/// <param name="Why">Where nothing is taken off.</param>
public sealed record DiscountedPayment(
    CallerId Payment,
    StreamId Owner,
    StreamId Program,
    long AmountMinor,
    long DiscountMinor,
    DiscountState State,
    ImmutableArray<AppliedReferral> Applied,
    bool Uses = false,
    NoDiscount Why = NoDiscount.None);

/// <summary>
/// The discounted payments that a turn knows: found by id before it decides, then its own. One that is not here has never been asked for.
/// </summary>
public sealed class KnownPayments
{
    private readonly Dictionary<CallerId, Known> byId = [];

    /// <summary>What the turn has left changed.</summary>
    public IEnumerable<(DiscountedPayment Payment, bool IsNew)> Changed => byId.Values.Where(static known => known.IsChanged).Select(static known => (known.Payment, known.IsNew));

    public DiscountedPayment? Find(CallerId payment) => byId.TryGetValue(payment, out var known) ? known.Payment : null;

    public void Found(DiscountedPayment payment) => byId.TryAdd(payment.Payment, new(payment, IsNew: false, IsChanged: false));

    /// <summary>An event has left it like this.</summary>
    /// <param name="isQuoted">By a quote: then it is new unless it was found.</param>
    public void Take(DiscountedPayment payment, bool isQuoted) =>
        byId[payment.Payment] = new(payment, byId.TryGetValue(payment.Payment, out var known) ? known.IsNew : isQuoted, IsChanged: true);

    private readonly record struct Known(DiscountedPayment Payment, bool IsNew, bool IsChanged);
}
