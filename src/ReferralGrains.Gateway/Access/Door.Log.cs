namespace ReferralGrains.Gateway.Access;

internal sealed partial class Door
{
    [LoggerMessage(LogLevel.Error, "Request {RequestId} met a bug.")]
    private partial void LogBug(string requestId, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Request {RequestId} could not be done now: {Failure}.")]
    private partial void LogUnavailable(string requestId, string failure);
}
