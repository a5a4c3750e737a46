using Orleans.Concurrency;
using Orleans.Placement;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Grains.Payouts;

/// <summary>The connected account of a referrer, of (tenant, referrer).</summary>
[Alias("payout_account")]
public interface IPayoutAccountGrain : ITurnGrain
{
    /// <summary>For the dashboard: whether it can receive, without which it is. It only reads.</summary>
    [Alias("state")]
    Task<string> GetState();
}

/// <inheritdoc cref="IPayoutAccountGrain"/>
/// <remarks>What it decides is in <see cref="PayoutAccountTurns"/>.</remarks>
[GrainType("payout_account"), Reentrant, PreferLocalPlacement]
internal sealed class PayoutAccountGrain(IGrainContext context, Mailbox mailbox) : TurnGrain(context, mailbox), IPayoutAccountGrain
{
    public Task<string> GetState() => Task.FromResult(Mailbox.Turns.Describe());
}
