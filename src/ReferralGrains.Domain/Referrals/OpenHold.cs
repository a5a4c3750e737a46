using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Referrals;

/// <summary>A pending reward: money that is the referrer's only when its hold window has passed (H13).</summary>
/// <param name="Reward"><see cref="RewardId.Key"/>.</param>
/// <param name="ReleaseAt">When it is expected to be released; null when only a person can tell.</param>
/// <param name="ReleasesItself">False for a manual hold, which waits for a person even after that date (R7).</param>
/// <param name="ChecksCustomer">Its date releases it only if the referee's customer is active then (H15).</param>
/// <param name="Sale">The row at which the sale that earned it was first seen: what a cancellation points at.</param>
/// <param name="Group">The group of its referrer in which it waits; 0 for one that waits by itself (H14).</param>
/// <param name="Month">The month of which it has used a budget, 0 for none (X5).</param>
public readonly record struct OpenHold(
    long Reward,
    int Enrollment,
    StreamId Referrer,
    Asset Asset,
    long RemainingMinor,
    DateTimeOffset? ReleaseAt,
    bool ReleasesItself,
    int Sale,
    bool ChecksCustomer = false,
    int Group = 0,
    short Month = 0)
{
    // There are millions of open holds: a third of the bytes of an optional instant. 0 is no date.
    private readonly long releaseAtTicks = ReleaseAt?.UtcTicks ?? 0;

    public DateTimeOffset? ReleaseAt
    {
        get => releaseAtTicks == 0 ? null : new DateTimeOffset(releaseAtTicks, TimeSpan.Zero);
        init => releaseAtTicks = value?.UtcTicks ?? 0;
    }
}
