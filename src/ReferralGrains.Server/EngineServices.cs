using Npgsql;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Grains.Silos;
using ReferralGrains.Storage.Audit;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Flags;
using ReferralGrains.Storage.Idempotency;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Ledger;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Portal;
using ReferralGrains.Storage.Referrals;
using ReferralGrains.Storage.Referrers;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Sealing;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Storage.Sources;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Storage.WhatIf;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Due;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Server;

/// <summary>What decides, writes and asks, over one PostgreSQL. Factories, so that the container disposes what it made.</summary>
internal static class EngineServices
{
    public static IServiceCollection AddTurns(this IServiceCollection services, NpgsqlDataSource database, SiloLease lease, int attributionsPerHour, PayoutWaits waits)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<ISiloLease>(lease);
        services.AddSingleton(database);
        services.AddSingleton<Assets>();
        services.AddSingleton<JournalWriter>();
        services.AddSingleton<IJournal>(all => all.GetRequiredService<JournalWriter>());
        services.AddSingleton<IStreamLoader, StreamLoader>();
        services.AddSingleton(OrleansSetup.KeptSnapshots);
        services.AddSingleton<IFacts, PostgresFacts>();
        services.AddSingleton<IDueReader, DueReader>();
        services.AddSingleton<ITallySource, TallySource>();
        services.AddSingleton<ISources, PostgresSources>();
        services.AddSingleton<IAliasNames, AliasNames>();
        services.AddSingleton<IReferrerLedger, ReferrerLedger>();
        services.AddSingleton<IReports, PostgresReports>();
        services.AddSingleton<BacklogReports>();
        services.AddSingleton<IFigures, Figures>();
        services.AddSingleton<IFlags, FlagList>();
        services.AddSingleton<IDiscounts, Discounts>();
        services.AddSingleton<IPortalReports, PortalReports>();
        services.AddSingleton<IPayoutReports, PayoutReports>();
        services.AddSingleton<IPayoutCandidates>(new PayoutCandidates(database, PayoutWaits.Live));
        services.AddSingleton<ILedgerCheck, LedgerCheck>();
        services.AddSingleton<Sealer>(all => new(database, Busy(all), TimeProvider.System, all.GetRequiredService<ILogger<Sealer>>()));
        services.AddSingleton<IWhatIf>(all => new WhatIfRun(database, all.GetRequiredService<IFacts>(), Busy(all), TimeProvider.System));
        services.AddSingleton<SilentSilos>();
        services.AddSingleton<FigureSums>(all => new(database, all.GetRequiredService<ISiloLease>(), Busy(all), TimeProvider.System));
        // Grain time is the database's.
        services.AddSingleton<ITenants>(new Tenants(database, lease, lease.Time));
        services.AddSingleton<IIdempotentAnswers, IdempotentAnswers>();
        services.AddSingleton<IAuditLog, AuditLog>();
        services.AddSingleton<ITenantClock, TenantClock>();
        services.AddSingleton<IReferrerProfiles, ReferrerProfiles>();
        services.AddSingleton<RepeatWatch>();
        services.AddSingleton(all => World(all, all.GetRequiredService<IGrainRouter>()) with { MostAttributions = attributionsPerHour, Waits = waits });
        services.AddSingleton(all => new Sweeper(
            all.GetRequiredService<IDueReader>(), all.GetRequiredService<ITenants>(), all.GetRequiredService<IGrainRouter>(), lease.Time, all.GetRequiredService<ILogger<Sweeper>>()));
        services.AddSingleton<ITestClock>(all => all.GetRequiredService<Sweeper>());
        return services;
    }

    // The writer itself, not where to find it: while the container is disposed nothing can be found any more, and background work still asks.
    private static Func<bool> Busy(IServiceProvider all)
    {
        var writer = all.GetRequiredService<JournalWriter>();
        return () => writer.IsBusy;
    }

    private static TurnWorld World(IServiceProvider all, IGrainRouter router)
    {
        var world = Storing(all, router);
        return all.GetService<ICustomerCheck>() is { } customers ? world with { Customers = customers } : world;
    }

    private static TurnWorld Storing(IServiceProvider all, IGrainRouter router) => new(
        all.GetRequiredService<IJournal>(),
        all.GetRequiredService<IStreamLoader>(),
        all.GetRequiredService<IFacts>(),
        all.GetRequiredService<ISiloLease>(),
        all.GetRequiredService<ISnapshots>(),
        all.GetRequiredService<ITenantClock>(),
        all.GetRequiredService<IReferrerProfiles>(),
        all.GetRequiredService<ITallySource>(),
        all.GetRequiredService<IReferrerLedger>(),
        all.GetRequiredService<IDiscounts>(),
        all.GetRequiredService<RepeatWatch>(),
        router,
        TimeProvider.System,
        all.GetRequiredService<ILogger<GrainTurns>>())
    {
        PayoutCandidates = all.GetRequiredService<IPayoutCandidates>(),
    };
}
