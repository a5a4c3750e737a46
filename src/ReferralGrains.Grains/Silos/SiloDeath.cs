using Microsoft.Extensions.Logging;

namespace ReferralGrains.Grains.Silos;

/// <summary>
/// Orleans says that this silo cannot go on: the others have declared it dead, or one of its own parts failed. The process ends then;
/// it does not crash, for nothing that it holds is not durable.
/// </summary>
public sealed partial class SiloDeath(ILogger<SiloDeath> log) : IFatalErrorHandler
{
    private readonly TaskCompletionSource declared = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the silo is dead.</summary>
    public Task Declared => declared.Task;

    public bool IsUnexpected(Exception exception) => exception is not OperationCanceledException;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        LogDead(context, exception);
        declared.TrySetResult();
    }

    [LoggerMessage(LogLevel.Critical, "This silo is dead: {Reason}")]
    private partial void LogDead(string? reason, Exception? exception);
}
