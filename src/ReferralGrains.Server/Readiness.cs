using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Server;

/// <summary>Work may be sent here while this process may write and the database answers.</summary>
internal sealed class Readiness(NpgsqlDataSource database, ISiloLease lease) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
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
}
