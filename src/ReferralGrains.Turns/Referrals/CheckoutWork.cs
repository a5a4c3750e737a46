using System.Diagnostics;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Discounts;

namespace ReferralGrains.Turns.Referrals;

/// <summary>A command about the discount on a referee's first invoice (S4).</summary>
public interface ICheckoutCommand : IReferralCommand
{
    CallerId Payment { get; }
}

/// <summary>Before the charge. The same payment again is answered the same.</summary>
public sealed record QuoteCheckout(CallerId Payment, long AmountMinor) : ICommand<CheckoutReply>, ICheckoutCommand;

/// <summary>The charge went through.</summary>
public sealed record ConfirmCheckout(CallerId Payment) : ICommand<CheckoutReply>, ICheckoutCommand;

/// <summary>The charge failed.</summary>
public sealed record ReleaseCheckout(CallerId Payment, string By) : ICommand<CheckoutReply>, ICheckoutCommand;

public sealed record CheckoutReply(DiscountOutcome Outcome, CallerId? MovedTo = null) : IReferralReply;

/// <summary>Runs them in a referral's turn.</summary>
internal static class CheckoutWork
{
    public static CheckoutReply Run(ReferralTurn turn, ICheckoutCommand command) => new(command switch
    {
        QuoteCheckout quote => CheckoutDiscounts.Quote(turn, quote.Payment, quote.AmountMinor),
        ConfirmCheckout confirm => CheckoutDiscounts.Confirm(turn, confirm.Payment),
        ReleaseCheckout release => CheckoutDiscounts.Release(turn, release.Payment, release.By),
        _ => throw new UnreachableException(),
    });

    /// <summary>What the turn has left of payments.</summary>
    public static IEnumerable<DiscountRow> Rows(ReferralTurn turn) => turn.Payments.Changed.Select(static changed => new DiscountRow(DiscountSide.Referee, changed.Payment, changed.IsNew));
}
