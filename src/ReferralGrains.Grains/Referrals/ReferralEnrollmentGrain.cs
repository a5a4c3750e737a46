using Orleans.Concurrency;
using Orleans.Placement;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Grains.Referrals;

/// <summary>One referral with all its enrollments, of (tenant, program, referee).</summary>
[Alias("referral")]
public interface IReferralEnrollmentGrain : ITurnGrain
{
    /// <summary>For the dashboard: what it holds, without personal data. It only reads.</summary>
    [Alias("state")]
    Task<string> GetState();
}

/// <inheritdoc cref="IReferralEnrollmentGrain"/>
/// <remarks>What it decides is in <see cref="ReferralTurns"/>.</remarks>
[GrainType("referral"), Reentrant, PreferLocalPlacement]
internal sealed class ReferralEnrollmentGrain(IGrainContext context, Mailbox mailbox) : TurnGrain(context, mailbox), IReferralEnrollmentGrain
{
    public Task<string> GetState() => Task.FromResult(Mailbox.Turns.Describe());
}
