using Orleans.Concurrency;
using Orleans.Placement;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Grains.Payouts;

/// <summary>One payout item, of (tenant, item).</summary>
[Alias("payout_item")]
public interface IPayoutItemGrain : ITurnGrain
{
    /// <summary>For the dashboard: where it stands. It only reads.</summary>
    [Alias("state")]
    Task<string> GetState();
}

/// <inheritdoc cref="IPayoutItemGrain"/>
/// <remarks>What it decides is in <see cref="PayoutItemTurns"/>.</remarks>
[GrainType("payout_item"), Reentrant, PreferLocalPlacement]
internal sealed class PayoutItemGrain(IGrainContext context, Mailbox mailbox) : TurnGrain(context, mailbox), IPayoutItemGrain
{
    public Task<string> GetState() => Task.FromResult(Mailbox.Turns.Describe());
}
