namespace ReferralGrains.Storage.Silos;

/// <summary>This process's right to write, and to answer from memory.</summary>
public interface ISiloLease
{
    /// <summary>The number of this silo's row. Every write checks that the row lives.</summary>
    long Silo { get; }

    /// <summary>
    /// Whether the row was renewed within its term. A process that slept through its term may have been ended meanwhile, so an answer
    /// that needs no write needs this.
    /// </summary>
    bool IsHeld { get; }

    /// <summary>The time that all processes go by, whatever the clocks of their machines say; only how long something took is this machine's.</summary>
    TimeProvider Time { get; }
}

/// <summary>This silo's row has ended, or was not renewed in time: nothing was written, and nothing may be answered from memory.</summary>
public sealed class LeaseLostException(string message, Exception? inner = null) : Exception(message, inner);
