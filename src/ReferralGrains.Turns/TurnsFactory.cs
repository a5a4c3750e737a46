using System.Diagnostics;
using ReferralGrains.Turns.Payouts;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Turns;

/// <summary>Which grain serves an address; the same in every engine.</summary>
public static class TurnsFactory
{
    public static GrainTurns Create(GrainAddress address, TurnWorld world) => address.Kind switch
    {
        GrainKind.Referral => new ReferralTurns(address, world),
        GrainKind.Referrer => new ReferrerTurns(address, world),
        GrainKind.Program => new ProgramTurns(address, world),
        GrainKind.PayoutBatch => new PayoutBatchTurns(address, world),
        GrainKind.PayoutItem => new PayoutItemTurns(address, world),
        GrainKind.PayoutAccount => new PayoutAccountTurns(address, world),
        GrainKind.PayoutPlan => new PayoutPlanTurns(address, world),
        _ => throw new UnreachableException($"No grain of kind {address.Kind} is served."),
    };
}
