namespace ReferralGrains.Domain.Discounts;

/// <summary>What is taken off a payment: a share of it, or the same amount whatever is to be paid.</summary>
/// <param name="BasisPoints">At most the whole; 0 for a fixed amount.</param>
/// <param name="AmountMinor">0 for a share.</param>
public sealed record Discount(int BasisPoints = 0, long AmountMinor = 0)
{
    /// <summary>Of the original payment, whatever was taken off it before (D19); rounded half away from zero.</summary>
    /// <param name="restMinor">What is left to pay: what goes over it is discarded (G5).</param>
    public long Of(long paymentMinor, long restMinor) => Math.Min(restMinor, BasisPoints > 0 ? new Money.BasisPoints(BasisPoints).Of(paymentMinor) : AmountMinor);
}

/// <summary>What a referral takes off its referrer's own payments (G1, G2).</summary>
/// <param name="EveryPayment">Off each payment, and nothing is used up; otherwise a referral is for one payment.</param>
/// <param name="ByHand">Only for referrals that a person lets count.</param>
public sealed record PaymentDiscount(Discount Value, bool EveryPayment = false, bool ByHand = false);
