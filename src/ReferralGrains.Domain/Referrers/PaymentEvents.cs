using System.Collections.Immutable;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrers;

/// <summary>A discount on a referrer's own payment was told before its charge (G3).</summary>
/// <param name="Applied">In the order in which the referrals are used (G4).</param>
/// <param name="Uses">Whether they are used up by it; off every payment, nothing is (G1).</param>
/// <param name="Why">Where nothing is taken off.</param>
public sealed record PaymentQuoted(
    CallerId Payment, StreamId Program, long AmountMinor, long DiscountMinor, ImmutableArray<AppliedReferral> Applied, bool Uses,
    NoDiscount Why = NoDiscount.None) : ReferrerEvent;

/// <summary>The charge went through.</summary>
public sealed record PaymentConfirmed(CallerId Payment) : ReferrerEvent;

/// <summary>The charge failed: what it used waits again (D19).</summary>
public sealed record PaymentReleased(CallerId Payment, string By) : ReferrerEvent;

/// <summary>A person decided on a referral, case by case (G2).</summary>
public sealed record ReferralChosen(StreamId Referral, ReferralChoice Choice, string? Reason, string By) : ReferrerEvent;
