using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Turns.Referrers;

/// <summary>Before the charge of a referrer's own payment (G3). The same payment again is answered the same (D19).</summary>
public sealed record QuotePayment(CallerId Program, CallerId Payment, long AmountMinor) : ICommand<PaymentReply>;

/// <summary>The charge went through.</summary>
public sealed record ConfirmPayment(CallerId Payment) : ICommand<PaymentReply>;

/// <summary>The charge failed: what it used waits again (D19).</summary>
public sealed record ReleasePayment(CallerId Payment, string By) : ICommand<PaymentReply>;

/// <summary>Lets a referral count where discounts are given by hand, or uses it up without one (G2).</summary>
public sealed record ChooseReferral(CallerId Program, CallerId Referee, ReferralChoice Choice, string? Reason, string By) : ICommand<ReferrerReply>;

public sealed record PaymentReply(DiscountOutcome Outcome);

/// <summary>Runs them in a referrer's own turn. What is read of the database is never older than the turn's state; what is newer makes its append fall.</summary>
internal static class PaymentWork
{
    /// <summary>
    /// Whether a command reads which referrals wait: after one that moved any, that is for the next turn to ask.
    /// </summary>
    public static bool ReadsReferrals(ICommand command) => command is QuotePayment or ChooseReferral;

    /// <param name="relied">Facts that the reply rests on.</param>
    public static async ValueTask<PaymentReply> Quote(OwnTurn turn, TurnWorld world, int tenant, QuotePayment quote, List<FactRead> relied)
    {
        if (turn.State.Status == ReferrerStatus.None) return Refused("referrer_not_found", Field.ReferrerId, "There is no such referrer.");
        if (await world.Facts.Program(tenant, quote.Program, CancellationToken.None) is not { } program)
            return Refused("program_not_found", Field.ProgramId, "There is no such program.");
        relied.Add(new(program.Stream, program.Revision));
        var known = await Known(turn, world, tenant, quote.Payment);
        var waiting = program.Payment is { } terms && known is null or { State: DiscountState.Released }
            ? await world.Discounts.Waiting(turn.Stream, program.Stream, program.Payment?.ByHand == true, PaymentDiscounts.MostReferrals)
            : [];
        var closed = turn.State.Status == ReferrerStatus.Closed;
        var (e, outcome) = PaymentDiscounts.Quote(turn.Stream, closed, program.Stream, program.Payment, known, quote.Payment, quote.AmountMinor, waiting);
        return new(outcome ?? Applied(turn, e!, quote.Payment));
    }

    public static async ValueTask<PaymentReply> Confirm(OwnTurn turn, TurnWorld world, int tenant, ConfirmPayment confirm) => new(
        PaymentDiscounts.Confirm(turn.Stream, await Known(turn, world, tenant, confirm.Payment)) ?? Applied(turn, new PaymentConfirmed(confirm.Payment), confirm.Payment));

    public static async ValueTask<PaymentReply> Release(OwnTurn turn, TurnWorld world, int tenant, ReleasePayment release) => new(
        PaymentDiscounts.Release(turn.Stream, await Known(turn, world, tenant, release.Payment)) ?? Applied(turn, new PaymentReleased(release.Payment, release.By), release.Payment));

    public static async ValueTask<ReferrerReply> Choose(OwnTurn turn, TurnWorld world, int tenant, ChooseReferral choose)
    {
        if (await world.Discounts.Use(tenant, choose.Program, choose.Referee) is not { } use || use.Referrer != turn.Stream)
            return new(new(RefusalKind.NotFound, "referral_not_found", Field.RefereeId, "There is no such referral."), false, turn.Stream);
        if (use.Payment is { } payment)
            return new(new(RefusalKind.Conflict, "referral_used", Field.RefereeId, $"Payment {payment} uses this referral."), false, turn.Stream);
        if (use.Choice == choose.Choice) return new(null, false, turn.Stream);

        // Perhaps another thing was given for it: then it would be used twice.
        if (use.Choice == ReferralChoice.Declined)
            return new(new(RefusalKind.Conflict, "referral_declined", Field.RefereeId, "This referral was declined, which used it up; another thing may have been given for it."), false, turn.Stream);
        turn.Apply(new ReferralChosen(use.Referral, choose.Choice, choose.Reason, choose.By));
        return new(null, true, turn.Stream);
    }

    private static async ValueTask<DiscountedPayment?> Known(OwnTurn turn, TurnWorld world, int tenant, CallerId payment)
    {
        if (turn.Payments.Find(payment) is { } own) return own;
        var found = (await world.Discounts.Find(tenant, DiscountSide.Referrer, payment, CancellationToken.None))?.Payment;
        if (found is not null) turn.Payments.Found(found);
        return found;
    }

    private static DiscountOutcome Applied(OwnTurn turn, ReferrerEvent e, CallerId payment)
    {
        turn.Apply(e);
        var left = turn.Payments.Find(payment)!;
        return new(null, true, left, left.Why);
    }

    private static PaymentReply Refused(string code, Field field, string detail) => new(new DiscountOutcome(new(RefusalKind.NotFound, code, field, detail), false, null));
}
