using Orleans.Concurrency;
using Orleans.Placement;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Grains.Payouts;

/// <summary>One payout batch, of (tenant, batch).</summary>
[Alias("payout_batch")]
public interface IPayoutBatchGrain : ITurnGrain
{
    /// <summary>For the dashboard: where it stands, without what it pays. It only reads.</summary>
    [Alias("state")]
    Task<string> GetState();
}

/// <inheritdoc cref="IPayoutBatchGrain"/>
/// <remarks>What it decides is in <see cref="PayoutBatchTurns"/>.</remarks>
[GrainType("payout_batch"), Reentrant, PreferLocalPlacement]
internal sealed class PayoutBatchGrain(IGrainContext context, Mailbox mailbox) : TurnGrain(context, mailbox), IPayoutBatchGrain
{
    public Task<string> GetState() => Task.FromResult(Mailbox.Turns.Describe());
}
