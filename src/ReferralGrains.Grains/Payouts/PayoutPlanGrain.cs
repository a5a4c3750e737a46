using Orleans.Concurrency;
using Orleans.Placement;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Grains.Payouts;

/// <summary>How a tenant pays out, of (tenant).</summary>
[Alias("payout_plan")]
public interface IPayoutPlanGrain : ITurnGrain
{
    /// <summary>For the dashboard: the terms and their next date. It only reads.</summary>
    [Alias("state")]
    Task<string> GetState();
}

/// <inheritdoc cref="IPayoutPlanGrain"/>
/// <remarks>What it decides is in <see cref="PayoutPlanTurns"/>.</remarks>
[GrainType("payout_plan"), Reentrant, PreferLocalPlacement]
internal sealed class PayoutPlanGrain(IGrainContext context, Mailbox mailbox) : TurnGrain(context, mailbox), IPayoutPlanGrain
{
    public Task<string> GetState() => Task.FromResult(Mailbox.Turns.Describe());
}
