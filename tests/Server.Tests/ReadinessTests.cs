using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.Server;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace Server.Tests;

public sealed class ReadinessTests
{
    [Fact]
    public async Task An_outage_is_one_line_however_often_it_is_asked_about()
    {
        var log = new Lines();
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody;Timeout=1");
        await using var journal = new JournalWriter(nowhere, new Assets(nowhere), new HeldLease(), TimeProvider.System, NullLogger<JournalWriter>.Instance);
        var readiness = new Readiness(nowhere, new HeldLease(), journal, TimeProvider.System, log);
        foreach (var _ in Enumerable.Range(0, 3))
            Assert.Equal(HealthStatus.Unhealthy, (await readiness.CheckHealthAsync(new(), TestContext.Current.CancellationToken)).Status);
        Assert.Equal(["Not ready: The database does not answer."], log.Written);
    }

    private sealed class HeldLease : ISiloLease
    {
        public long Silo => 1;

        public bool IsHeld => true;

        public TimeProvider Time => TimeProvider.System;
    }

    private sealed class Lines : ILogger<Readiness>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
