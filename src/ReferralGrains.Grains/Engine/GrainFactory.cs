using System.Diagnostics;
using ReferralGrains.Grains.Enrollments;
using ReferralGrains.Grains.Programs;
using ReferralGrains.Grains.Referrers;
using ReferralGrains.Grains.Turns;

namespace ReferralGrains.Grains.Engine;

/// <summary>Which grain serves an address; the same in every engine.</summary>
public static class GrainFactory
{
    public static Grain Create(GrainAddress address, GrainWorld world) => address.Kind switch
    {
        GrainKind.Enrollment => new EnrollmentGrain(address, world),
        GrainKind.Referrer => new ReferrerGrain(address, world),
        GrainKind.Program => new ProgramGrain(address, world),
        _ => throw new UnreachableException($"No grain of kind {address.Kind} is served."),
    };
}
