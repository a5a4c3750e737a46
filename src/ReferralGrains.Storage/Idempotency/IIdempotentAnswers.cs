namespace ReferralGrains.Storage.Idempotency;

/// <summary>A request as its sender named it: the same tenant, route and key are the same request, sent again.</summary>
/// <param name="Route">As it is mapped; which thing it names is content.</param>
/// <param name="Content">A hash of all that was sent.</param>
public sealed record NamedRequest(int Tenant, string Route, string Key, ReadOnlyMemory<byte> Content);

/// <summary>An answer as it went out.</summary>
/// <param name="Location">The address of what was made; null when nothing was.</param>
public sealed record SavedAnswer(int Status, string? Location, ReadOnlyMemory<byte> Body);

/// <summary>What is known of a request when it comes.</summary>
public abstract record Beginning
{
    private Beginning()
    {
    }

    /// <summary>It is new, or whoever began it is gone: do it.</summary>
    public sealed record Begun : Beginning;

    /// <summary>It was answered: answer the same.</summary>
    public sealed record Answered(SavedAnswer Answer) : Beginning;

    /// <summary>It is being done, here or elsewhere.</summary>
    public sealed record UnderWay : Beginning;

    /// <summary>The key was used for something else.</summary>
    public sealed record Reused : Beginning;
}

/// <summary>The answers to named requests, for a day, where every gateway sees them.</summary>
/// <exception cref="Journal.JournalUnavailableException">From every call: the database cannot be reached.</exception>
/// <exception cref="Silos.LeaseLostException">From every call: this silo may not write.</exception>
public interface IIdempotentAnswers
{
    Task<Beginning> Begin(NamedRequest request, CancellationToken stop);

    /// <summary>It was done and is answered like this from now on.</summary>
    Task Save(NamedRequest request, SavedAnswer answer, CancellationToken stop);

    /// <summary>It was refused or failed: the key is free again.</summary>
    Task Forget(NamedRequest request, CancellationToken stop);

    /// <summary>Deletes what is older than a day.</summary>
    Task Sweep(CancellationToken stop);
}
