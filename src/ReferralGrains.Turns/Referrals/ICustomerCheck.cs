using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Turns.Referrals;

/// <summary>Whether a customer at Stripe is active: asked before a turn in which a reward that waits for it is due (H15).</summary>
public interface ICustomerCheck
{
    /// <summary>A look-up that fails does not throw: nobody knows then, and the reward stays pending.</summary>
    ValueTask<CustomerState> Look(int tenant, string stripeCustomerId);
}

/// <summary>Where nothing is connected that could say: what waits for a customer waits for a person.</summary>
internal sealed class NobodyKnows : ICustomerCheck
{
    public ValueTask<CustomerState> Look(int tenant, string stripeCustomerId) => ValueTask.FromResult(CustomerState.Unknown);
}
