using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ReferralGrains.Simulation.Node;

/// <summary>Keeps what was logged as an error: a turn that crashed is our own bug, whatever was answered.</summary>
public sealed class CrashLog : ILogger
{
    public ConcurrentQueue<string> Errors { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) Errors.Enqueue($"{formatter(state, exception)} {exception}");
    }
}
