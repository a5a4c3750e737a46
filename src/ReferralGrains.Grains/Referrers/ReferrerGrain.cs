using Orleans.Concurrency;
using Orleans.Placement;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Grains.Referrers;

/// <summary>One referrer, of (tenant, referrer).</summary>
[Alias("referrer")]
public interface IReferrerGrain : ITurnGrain
{
    /// <summary>For the dashboard: what it holds, without personal data. It only reads.</summary>
    [Alias("state")]
    Task<string> GetState();
}

/// <inheritdoc cref="IReferrerGrain"/>
/// <remarks>What it decides is in <see cref="ReferrerTurns"/>.</remarks>
[GrainType("referrer"), Reentrant, PreferLocalPlacement]
internal sealed class ReferrerGrain(IGrainContext context, Mailbox mailbox) : TurnGrain(context, mailbox), IReferrerGrain
{
    public Task<string> GetState() => Task.FromResult(Mailbox.Turns.Describe());
}
