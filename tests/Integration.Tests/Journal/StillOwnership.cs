using ReferralGrains.Storage.Ownership;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The right to write, as a test wants it.</summary>
public sealed class StillOwnership(long epoch = 0) : IOwnership
{
    public long Epoch { get; set; } = epoch;

    public bool IsHeld => true;
}
