using ReferralGrains.LocalPostgres;

namespace ReferralGrains.Server;

/// <summary>Our own PostgreSQL to keep alive, or none.</summary>
internal sealed record PostgresWatch(LocalPostgresServer? Postgres);

/// <summary>What runs beside the requests: keeping PostgreSQL alive.</summary>
internal sealed class BackgroundWork(PostgresWatch watch) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => watch.Postgres?.Watch(stoppingToken) ?? Task.CompletedTask;
}
