using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Server;

/// <summary>Work may be sent here while this process may write, and the database answers and takes commits.</summary>
internal sealed partial class Readiness(NpgsqlDataSource database, ISiloLease lease, JournalWriter journal, TimeProvider time, ILogger<Readiness> log) : IHealthCheck
{
    private readonly Outage unready = new(time);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var result = await Look(cancellationToken);
        Note(result);
        return result;
    }

    // Who watches asks every second: an outage is a line when it begins and one when it ends.
    private void Note(HealthCheckResult result)
    {
        if (result.Status != HealthStatus.Healthy && unready.Begin()) LogUnready(result.Description!);
        else if (result.Status == HealthStatus.Healthy && unready.End() is { } lasted) LogReady(lasted.TotalSeconds);
    }

    private async Task<HealthCheckResult> Look(CancellationToken cancellationToken)
    {
        if (!lease.IsHeld) return HealthCheckResult.Unhealthy("The lease was not renewed in time.");
        if (!journal.TakesCommits) return HealthCheckResult.Unhealthy("The database takes no commits.");
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
