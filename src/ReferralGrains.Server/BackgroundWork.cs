using ReferralGrains.LocalPostgres;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Sealing;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Server;

/// <summary>Our own PostgreSQL to keep alive, or none.</summary>
internal sealed record PostgresWatch(LocalPostgresServer? Postgres);

/// <summary>What runs beside the requests: keeping PostgreSQL alive, ending the rows of processes that are gone, sealing, and summing for figures.</summary>
internal sealed class BackgroundWork(PostgresWatch watch, SilentSilos silent, Sealer sealer, FigureSums figures) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Each is waited for by itself, so that a bug in one ends the process though the other goes on.
        var works = new List<Task> { silent.Watch(stoppingToken), sealer.Watch(stoppingToken), figures.Watch(stoppingToken) };
        if (watch.Postgres is { } postgres) works.Add(postgres.Watch(stoppingToken));
        await foreach (var work in Task.WhenEach(works)) await work;
    }
}
