using ReferralGrains.Storage.Ownership;

namespace ReferralGrains.Simulation.Node;

public sealed class MemoryOwnership(long epoch) : IOwnership
{
    public long Epoch => epoch;

    public bool IsHeld { get; set; } = true;
}
