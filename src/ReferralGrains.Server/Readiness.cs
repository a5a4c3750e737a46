using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Server;

/// <summary>Work may be sent here while this process may write and the database answers.</summary>
internal sealed partial class Readiness(NpgsqlDataSource database, ISiloLease lease, TimeProvider time, ILogger<Readiness> log) : IHealthCheck
{
    private readonly Lock gate = new();
    private long? unreadySince;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var result = await Look(cancellationToken);
        Note(result);
        return result;
    }

    // Who watches asks every second: an outage is a line when it begins and one when it ends.
    private void Note(HealthCheckResult result)
    {
        lock (gate)
        {
            var ready = result.Status == HealthStatus.Healthy;
            if (ready && unreadySince is { } since) LogReady(time.GetElapsedTime(since).TotalSeconds);
            else if (!ready && unreadySince is null) LogUnready(result.Description!);
            unreadySince = ready ? null : unreadySince ?? time.GetTimestamp();
        }
    }

    private async Task<HealthCheckResult> Look(CancellationToken cancellationToken)
    {
        if (!lease.IsHeld) return HealthCheckResult.Unhealthy("The lease was not renewed in time.");
        try
        {
            await using var ask = database.CreateCommand("select 1");
            await ask.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (NpgsqlException exception)
        {
            return HealthCheckResult.Unhealthy("The database does not answer.", exception);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Not ready: {Reason}")]
    private partial void LogUnready(string reason);

    [LoggerMessage(LogLevel.Information, "Ready again after {Seconds:0.0} s.")]
    private partial void LogReady(double seconds);
}
