using ReferralGrains.LocalPostgres;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Sealing;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Server;

/// <summary>Our own PostgreSQL to keep alive, or none.</summary>
internal sealed record PostgresWatch(LocalPostgresServer? Postgres);

/// <summary>What runs beside the requests: keeping PostgreSQL alive, ending the rows of processes that are gone, sealing, and summing for figures.</summary>
internal sealed class BackgroundWork(
    PostgresWatch watch, SilentSilos silent, Sealer sealer, FigureSums figures, TimeProvider time, ILogger<BackgroundWork> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var works = new List<Task> { Go("Ending silent silos", silent.Watch), Go("Sealing", sealer.Watch), Go("Summing for figures", figures.Watch) };
        if (watch.Postgres is { } postgres) works.Add(Go("Keeping PostgreSQL alive", postgres.Watch));
        return Task.WhenAll(works);

        Task Go(string name, Func<CancellationToken, Task> work) => LastingWork.Go(name, work, time, log, stoppingToken);
    }
}
