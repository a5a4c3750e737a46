using ReferralGrains.LocalPostgres;
using ReferralGrains.Turns.Due;

namespace ReferralGrains.Server;

/// <summary>Our own PostgreSQL to keep alive, or none.</summary>
internal sealed record PostgresWatch(LocalPostgresServer? Postgres);

/// <summary>What runs beside the requests: waking what is due, and keeping PostgreSQL alive.</summary>
internal sealed class BackgroundWork(Sweeper sweeper, PostgresWatch watch) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(sweeper.Run(stoppingToken), watch.Postgres?.Watch(stoppingToken) ?? Task.CompletedTask);
}
