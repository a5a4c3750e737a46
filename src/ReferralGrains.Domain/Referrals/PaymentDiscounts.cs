using System.Collections.Immutable;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// Discounts on a referrer's own payments: quoted before the charge, confirmed or released by what becomes of it. A referral is in one
/// payment at most, and one that is given back waits for the next (G1–G7, D19).
/// </summary>
public static class PaymentDiscounts
{
    /// <summary>Referrals that one payment uses at most, so that its row stays bounded; the rest waits for the next.</summary>
    public const int MostReferrals = 1_000;

    /// <param name="known">What is known of the payment.</param>
    /// <param name="waiting">Referrals that may be used, in the order of their dates: their referees are active now (G6).</param>
    /// <returns>The event, or the answer where there is nothing to write.</returns>
    public static (PaymentQuoted? Event, DiscountOutcome? Outcome) Quote(
        StreamId referrer, bool closed, StreamId program, PaymentDiscount? terms, DiscountedPayment? known, CallerId payment, long amountMinor, IEnumerable<StreamId> waiting)
    {
        if (known is not null)
        {
            if (known.Owner != referrer || known.Program != program || known.AmountMinor != amountMinor) return (null, PaymentRefusals.Conflict());
            if (known.State != DiscountState.Released) return (null, new(null, false, known, known.Why));
        }

        if (closed) return (Nothing(NoDiscount.ReferrerClosed), null);
        if (terms is null) return (Nothing(NoDiscount.NotOffered), null);
        var applied = Apply(terms.Value, amountMinor, waiting);
        if (applied.IsEmpty) return (Nothing(NoDiscount.NoReferralLeft), null);
        return (new(payment, program, amountMinor, applied.Sum(static one => one.Minor), applied, Uses: !terms.EveryPayment), null);

        PaymentQuoted Nothing(NoDiscount why) => new(payment, program, amountMinor, 0, [], Uses: false, why);
    }

    /// <summary>Null when it is to be confirmed now.</summary>
    public static DiscountOutcome? Confirm(StreamId referrer, DiscountedPayment? known) => PaymentRefusals.ToConfirm(known, referrer);

    /// <summary>Null when it is to be released now.</summary>
    public static DiscountOutcome? Release(StreamId referrer, DiscountedPayment? known) => PaymentRefusals.ToRelease(known, referrer);

    /// <summary>The payment as an event leaves it; null for an event that is about none.</summary>
    /// <param name="find">What is known of a payment before the event.</param>
    public static DiscountedPayment? After(ReferrerEvent e, StreamId referrer, Func<CallerId, DiscountedPayment?> find) => e switch
    {
        PaymentQuoted quoted => new(
            quoted.Payment, referrer, quoted.Program, quoted.AmountMinor, quoted.DiscountMinor, DiscountState.Quoted, quoted.Applied, quoted.Uses, quoted.Why),
        PaymentConfirmed confirmed => find(confirmed.Payment)! with { State = DiscountState.Confirmed },
        PaymentReleased released => find(released.Payment)! with { State = DiscountState.Released },
        _ => null,
    };

    /// <summary>The referrals that an event uses, gives back or says something of.</summary>
    /// <param name="after">The payment as the event leaves it.</param>
    public static IEnumerable<ReferralUse> Uses(ReferrerEvent e, DiscountedPayment? after) => e switch
    {
        PaymentQuoted { Uses: true } quoted => quoted.Applied.Select(one => new ReferralUse(one.Referral, null, quoted.Payment)),
        PaymentReleased when after!.Uses => after.Applied.Select(static one => new ReferralUse(one.Referral, null, null)),
        ReferralChosen chosen => [new(chosen.Referral, chosen.Choice, null)],
        _ => [],
    };

    // Until none is left or the discount reaches the payment. One that would take nothing off is not used for it.
    private static ImmutableArray<AppliedReferral> Apply(Discount discount, long amountMinor, IEnumerable<StreamId> waiting)
    {
        var (applied, rest) = (ImmutableArray.CreateBuilder<AppliedReferral>(), amountMinor);
        foreach (var referral in waiting)
        {
            var minor = discount.Of(amountMinor, rest);
            if (minor == 0 || applied.Count == MostReferrals) break;
            applied.Add(new(referral, minor));
            rest -= minor;
        }

        return applied.ToImmutable();
    }
}
