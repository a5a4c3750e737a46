using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Simulation.Node;

public sealed class MemoryLease(long silo, TimeProvider time) : ISiloLease
{
    public long Silo => silo;

    public bool IsHeld { get; set; } = true;

    public TimeProvider Time => time;
}
