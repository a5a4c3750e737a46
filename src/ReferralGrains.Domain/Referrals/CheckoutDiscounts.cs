using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrals;

/// <summary>A discount on a referee's first invoice was told to its checkout (S4).</summary>
/// <param name="ExpiresAt">If nobody has told by then whether it was paid, it is free again.</param>
public sealed record CheckoutQuoted(CallerId Payment, long AmountMinor, long DiscountMinor, DateTimeOffset ExpiresAt) : ReferralEvent;

/// <summary>The invoice was paid with its discount.</summary>
public sealed record CheckoutConfirmed(CallerId Payment) : ReferralEvent;

/// <summary>The invoice was not paid: the discount is free for another.</summary>
/// <param name="By">Null when nobody told in time.</param>
public sealed record CheckoutReleased(CallerId Payment, string? By) : ReferralEvent;

/// <summary>The payment that has a referral's one new-customer discount.</summary>
public sealed record CheckoutDiscount(CallerId Payment, long AmountMinor, long DiscountMinor, DateTimeOffset ExpiresAt, bool Confirmed = false)
{
    /// <summary>When it is free again by itself.</summary>
    public DateTimeOffset? DueAt => Confirmed ? null : ExpiresAt;
}

/// <summary>What came of a question about a discount.</summary>
/// <param name="Changed">False for a repeat.</param>
/// <param name="Payment">Null when it was refused, or when nothing is taken off and nothing kept.</param>
public sealed record DiscountOutcome(Refusal? Refusal, bool Changed, DiscountedPayment? Payment, NoDiscount Why = NoDiscount.None);

/// <summary>
/// The referee's discount: quoted before the charge, confirmed or released by what becomes of it, once in the life of a referral and by
/// the terms of its attribution (S4, S7).
/// </summary>
public static class CheckoutDiscounts
{
    /// <summary>How long a quote waits for its payment.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromHours(24);

    public static DiscountOutcome Quote(ReferralTurn turn, CallerId payment, long amountMinor)
    {
        if (turn.Payments.Find(payment) is { } known)
        {
            if (known.Owner != turn.Known.Stream || known.AmountMinor != amountMinor) return PaymentRefusals.Conflict();
            if (known.State != DiscountState.Released) return new(null, false, known);
        }

        if (None(turn.State) is not NoDiscount.None and var why) return new(null, false, null, why);
        turn.Apply(new CheckoutQuoted(payment, amountMinor, turn.State.NewCustomer!.Of(amountMinor, amountMinor), turn.Facts.Now + Patience));
        return new(null, true, turn.Payments.Find(payment));
    }

    public static DiscountOutcome Confirm(ReferralTurn turn, CallerId payment)
    {
        if (PaymentRefusals.ToConfirm(turn.Payments.Find(payment), turn.Known.Stream) is { } outcome) return outcome;
        turn.Apply(new CheckoutConfirmed(payment));
        return new(null, true, turn.Payments.Find(payment));
    }

    public static DiscountOutcome Release(ReferralTurn turn, CallerId payment, string by)
    {
        if (PaymentRefusals.ToRelease(turn.Payments.Find(payment), turn.Known.Stream) is { } outcome) return outcome;
        turn.Apply(new CheckoutReleased(payment, by));
        return new(null, true, turn.Payments.Find(payment));
    }

    /// <summary>Releases what nobody has told about in time.</summary>
    public static void Settle(ReferralTurn turn)
    {
        if (turn.State.Checkout is { } open && open.DueAt <= turn.Facts.Now) turn.Apply(new CheckoutReleased(open.Payment, By: null));
    }

    /// <summary>The payment as an event leaves it; null for an event that is about none.</summary>
    /// <param name="before">The referral before the event.</param>
    public static DiscountedPayment? After(Referral before, ReferralEvent e, StreamId referral, StreamId program) => e switch
    {
        CheckoutQuoted quoted => new(quoted.Payment, referral, program, quoted.AmountMinor, quoted.DiscountMinor, DiscountState.Quoted, []),
        CheckoutConfirmed => Of(before.Checkout!, DiscountState.Confirmed, referral, program),
        CheckoutReleased => Of(before.Checkout!, DiscountState.Released, referral, program),
        _ => null,
    };

    /// <summary>The slot that an event leaves.</summary>
    public static CheckoutDiscount? Evolve(CheckoutDiscount? open, ReferralEvent e) => e switch
    {
        CheckoutQuoted quoted => new(quoted.Payment, quoted.AmountMinor, quoted.DiscountMinor, quoted.ExpiresAt),
        CheckoutConfirmed => open! with { Confirmed = true },
        CheckoutReleased => null,
        _ => open,
    };

    /// <summary>Whether the database says more of the referral's discount than was folded in.</summary>
    public static bool IsAhead(DiscountedPayment found, Referral state) =>
        (state.Checkout?.Payment == found.Payment ? state.Checkout.Confirmed ? DiscountState.Confirmed : DiscountState.Quoted : DiscountState.Released) != found.State;

    private static DiscountedPayment Of(CheckoutDiscount open, DiscountState state, StreamId referral, StreamId program) =>
        new(open.Payment, referral, program, open.AmountMinor, open.DiscountMinor, state, []);

    // A sale that waits for the referral's approval was an invoice all the same.
    private static NoDiscount None(Referral referral)
    {
        if (referral.Status == ReferralStatus.None) return NoDiscount.ReferralMissing;
        if (referral.Status == ReferralStatus.Cancelled) return NoDiscount.ReferralCancelled;
        if (referral.NewCustomer is null) return NoDiscount.NotOffered;
        if (referral.Checkout is not null) return NoDiscount.AlreadyUsed;
        return referral.Bought || referral.Parked.Any(static parked => parked.Action is { Kind: Actions.ActionKind.Sale, AmountMinor: > 0 })
            ? NoDiscount.NotFirst
            : NoDiscount.None;
    }
}

/// <summary>What confirming and releasing have in common on both sides.</summary>
internal static class PaymentRefusals
{
    public static DiscountOutcome Conflict() => Refused(
        RefusalKind.Conflict, "payment_conflict", "This payment was asked for before with another amount, or for somebody else; nothing was changed.");

    /// <summary>Null when it is to be confirmed now.</summary>
    public static DiscountOutcome? ToConfirm(DiscountedPayment? known, StreamId owner) => known switch
    {
        { State: DiscountState.Quoted } when known.Owner == owner => null,
        { State: DiscountState.Confirmed } when known.Owner == owner => new(null, false, known),
        { State: DiscountState.Released } when known.Owner == owner =>
            Refused(RefusalKind.Conflict, "discount_released", "This discount was released: its charge failed, or nobody told in time. Ask for it again."),
        _ => Missing(),
    };

    /// <summary>Null when it is to be released now.</summary>
    public static DiscountOutcome? ToRelease(DiscountedPayment? known, StreamId owner) => known switch
    {
        { State: DiscountState.Quoted } when known.Owner == owner => null,
        { State: DiscountState.Released } when known.Owner == owner => new(null, false, known),
        { State: DiscountState.Confirmed } when known.Owner == owner =>
            Refused(RefusalKind.Conflict, "discount_confirmed", "This discount was confirmed: it is used for good."),
        _ => Missing(),
    };

    private static DiscountOutcome Missing() => Refused(RefusalKind.NotFound, "discount_not_found", "No discount was given to this payment.");

    private static DiscountOutcome Refused(RefusalKind kind, string code, string detail) => new(new(kind, code, Field.PaymentId, detail), false, null);
}
