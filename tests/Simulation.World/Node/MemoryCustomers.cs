using ReferralGrains.Domain.Referrals;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Simulation.Node;

/// <summary>Customers at Stripe, who are what their name says; what cannot be read nobody knows.</summary>
public sealed class MemoryCustomers(IFaults faults) : ICustomerCheck
{
    public const string Active = "cus_active";
    public const string Gone = "cus_gone";

    public async ValueTask<CustomerState> Look(int tenant, string stripeCustomerId)
    {
        await Task.Yield();
        return faults.OfRead() ? CustomerState.Unknown : stripeCustomerId switch
        {
            Active => CustomerState.Active,
            Gone => CustomerState.Inactive,
            _ => CustomerState.Unknown,
        };
    }
}
