namespace ReferralGrains.Storage.Ownership;

/// <summary>This process's right to write the journal and to answer from memory.</summary>
public interface IOwnership
{
    /// <summary>Raised with every new owner; every commit checks it.</summary>
    long Epoch { get; }

    /// <summary>
    /// Whether the right was renewed within its term. A process that slept through its term may have a successor, so an answer that
    /// needs no write needs this.
    /// </summary>
    bool IsHeld { get; }
}
