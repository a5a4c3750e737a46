namespace ReferralGrains.LocalPostgres;

internal static partial class LocalPostgresLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Installing Debian's PostgreSQL, which takes about a minute")]
    public static partial void Installing(ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "Making the database in {Folder}")]
    public static partial void Creating(ILogger log, string folder);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL {Major} (process {Process}) serves {Folder}")]
    public static partial void Serving(ILogger log, int major, int? process, string folder);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL was running already and is kept")]
    public static partial void Adopting(ILogger log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL is not there: starting it again")]
    public static partial void Gone(ILogger log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL answers again after {Milliseconds} ms (process {Process})")]
    public static partial void Back(ILogger log, long milliseconds, int? process);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL cannot be started, trying again: {Reason}")]
    public static partial void NotBack(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL takes too long to end in order and is ended at once: {Reason}")]
    public static partial void StoppingAtOnce(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL is left running, for another process uses {Folder}")]
    public static partial void LeftRunning(ILogger log, string folder);
}
