namespace ReferralGrains.Turns;

/// <summary>The only thing that grain code knows of an engine: a command goes to an address, and its reply comes back.</summary>
public interface IGrainRouter
{
    /// <param name="stop">Only abandons the waiting; what was sent is still decided.</param>
    /// <exception cref="GrainBusyException">The grain's mailbox or the tenant's quota is full.</exception>
    /// <exception cref="GrainUnavailableException">The journal cannot be reached, or the deadline has passed: the outcome is unknown.</exception>
    Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop);
}

/// <summary>A message to a grain. Every command and every reply round-trips as JSON.</summary>
public interface ICommand<TReply> : ICommand;

public interface ICommand;

/// <summary>Try again after <see cref="RetryAfter"/>; nothing was taken in.</summary>
public sealed class GrainBusyException(string message, TimeSpan retryAfter) : Exception(message)
{
    public TimeSpan RetryAfter => retryAfter;
}

/// <summary>The outcome is unknown: send it again under the same id, and the first decision is answered.</summary>
public sealed class GrainUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
