using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;

namespace ReferralGrains.Turns.Payouts;

/// <summary>What a person has found out of an item in review.</summary>
/// <param name="Transfer">That paid it, as Stripe names it; null where none did.</param>
/// <param name="Customer">That account credit goes to; null for what is paid by a transfer.</param>
public sealed record ReviewFinding(int Tenant, CallerId Item, ReviewAnswer Answer, string? Transfer, string Why, string By, string? Customer = null);

/// <summary>Sees to items in review. What the person says is held against what Stripe shows at that moment, so it needs Stripe.</summary>
public interface IPayoutReview
{
    /// <param name="finding">Of an item that is there.</param>
    /// <returns>Null while Stripe cannot be asked.</returns>
    Task<PayoutItemReply?> Resolve(ReviewFinding finding, CancellationToken stop);
}
