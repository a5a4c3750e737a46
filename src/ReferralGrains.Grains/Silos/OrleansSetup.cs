using System.Diagnostics.Metrics;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Dashboard;
using Orleans.Metadata;
using Orleans.Serialization;
using Orleans.Storage;
using ReferralGrains.Grains.Kept;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Grains.Silos;

/// <summary>Orleans over our PostgreSQL: membership, reminders and grain state are in its schema of the one database.</summary>
public static class OrleansSetup
{
    /// <summary>The schema of what Orleans keeps. It is on the search path of every connection, so that pools are shared.</summary>
    public const string Schema = "orleans";

    /// <summary>For the ledger check: the snapshots that grains keep.</summary>
    public static KeptSnapshots KeptSnapshots => GrainStateSnapshots.Kept;

    /// <summary>Whether to observe an instrument takes as long as there are grains.</summary>
    public static bool Walks(Instrument instrument) => DashboardCounters.Walks(instrument);

    private const string Cluster = "referralgrains";
    private const string Provider = "Npgsql";

    /// <summary>Makes this process a silo: it holds grains, and its own callers reach them without a wire.</summary>
    /// <param name="database">Its search path has <see cref="Schema"/>.</param>
    public static IHostApplicationBuilder AddSilo(this IHostApplicationBuilder host, NpgsqlDataSource database, SiloOptions options)
    {
        host.Services.AddSingleton<SiloDeath>();
        host.Services.AddSingleton<IFatalErrorHandler>(all => all.GetRequiredService<SiloDeath>());
        host.UseOrleans(silo =>
        {
            if (options.Certificate is { } own) silo.UseTls(own, tls => OnlyOurs(tls, options));
            silo.Configure<Orleans.Configuration.SiloOptions>(own => own.SiloName = options.Name)
                .ConfigureEndpoints(options.Address, options.SiloPort, options.GatewayPort)
                .UseAdoNetClustering((AdoNetClusteringSiloOptions clustering) => (clustering.Invariant, clustering.DataSource) = (Provider, database))
                .UseAdoNetReminderService((AdoNetReminderTableOptions reminders) => (reminders.Invariant, reminders.DataSource) = (Provider, database))
                .AddAdoNetGrainStorage(GrainStateSnapshots.Provider, (AdoNetGrainStorageOptions kept) =>
                    (kept.Invariant, kept.DataSource, kept.GrainStorageSerializer) = (Provider, database, new GrainStateJson()))
                .AddDashboard(dashboard => dashboard.HideTrace = true);
            DashboardCounters.Replace(silo.Services);
            silo.AddTurnGrains(options);
            silo.Services.AddSingleton<ISnapshots>(Snapshots);
            silo.Services.Configure<ClusterOptions>(Named);
            silo.Services.Configure<ClusterMembershipOptions>(membership => Watchful(membership, options.ProbeTimeout));
        });
        host.Logging.Quieter(options);
        host.Services.AddSingleton<IHostedService>(all => new ClusterWatch(
            all.GetRequiredService<IClusterMembershipService>(), all.GetRequiredService<IGrainFactory>(), database, all.GetRequiredService<ILogger<ClusterWatch>>()));
        return host;
    }

    /// <summary>The grains themselves, on any silo: a test's, too.</summary>
    public static ISiloBuilder AddTurnGrains(this ISiloBuilder silo, SiloOptions options)
    {
        silo.Configure<SiloMessagingOptions>(messaging => (messaging.ResponseTimeout, messaging.SystemResponseTimeout) = (options.ResponseTimeout, options.ResponseTimeout));
        if (options.Traces) silo.AddActivityPropagation();
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = options.IdleAfter);
        silo.Configure<ExceptionSerializationOptions>(Foreign);
        silo.Services.AddSingleton(all => new OrleansRouter(
            all.GetRequiredService<IGrainFactory>(), all.GetRequiredService<GrainInterfaceTypeResolver>(), new TenantQuota(options.MaxInFlightPerTenant, options.Mailbox.RetryAfter)));
        silo.Services.TryAddSingleton<IGrainRouter>(all => new AliasRouter(all.GetRequiredService<OrleansRouter>()));
        silo.Services.AddSingleton<IConfigureGrainTypeComponents>(all =>
            new TurnGrainActivators(all, all.GetRequiredService<OrleansRouter>(), options.Mailbox));
        return silo;
    }

    /// <summary>Makes this process a gateway only: it holds no grain and reaches them as a client of the cluster.</summary>
    public static IHostApplicationBuilder AddClusterClient(this IHostApplicationBuilder host, NpgsqlDataSource database, SiloOptions options)
    {
        host.UseOrleansClient(client =>
        {
            if (options.Certificate is { } own) client.UseTls(own, tls => OnlyOurs(tls, options));
            client.UseAdoNetClustering((AdoNetClusteringClientOptions clustering) => (clustering.Invariant, clustering.DataSource) = (Provider, database))
                .AddDashboard();
            if (options.Traces) client.AddActivityPropagation();
            client.Services.Configure<ClusterOptions>(Named);
            client.Services.Configure<ExceptionSerializationOptions>(Foreign);
            client.Services.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = options.ResponseTimeout);
            client.Services.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2));
            client.UseConnectionRetryFilter(static async (exception, stop) =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, stop);
                return !stop.IsCancellationRequested;
            });
        });
        host.Logging.Quieter(options);
        host.Services.AddSingleton<IGrainRouter>(all => new AliasRouter(new OrleansRouter(
            all.GetRequiredService<IClusterClient>(), all.GetRequiredService<GrainInterfaceTypeResolver>(), new TenantQuota(options.MaxInFlightPerTenant, options.Mailbox.RetryAfter))));
        return host;
    }

    // The writer itself, not where to find it: while the container is disposed nothing can be found any more, and background work still asks.
    private static GrainStateSnapshots Snapshots(IServiceProvider all)
    {
        var writer = all.GetRequiredService<JournalWriter>();
        return new(
            all.GetRequiredKeyedService<IGrainStorage>(GrainStateSnapshots.Provider), () => writer.IsBusy, TimeProvider.System,
            all.GetRequiredService<ILogger<GrainStateSnapshots>>());
    }

    private static void Named(ClusterOptions cluster) => (cluster.ClusterId, cluster.ServiceId) = (Cluster, Cluster);

    // What the database refuses a silo reaches a caller on another as what it is, and not as "there is no codec".
    private static void Foreign(ExceptionSerializationOptions exceptions) => exceptions.SupportedNamespacePrefixes.Add(Provider);

    // Both ends show a certificate. The machine's own list of authorities is not asked: any site of the world has one of those.
    private static void OnlyOurs(TlsOptions tls, SiloOptions options)
    {
        tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.RemoteCertificateValidation = (shown, _, _) => options.Trusts(shown);
        tls.OnAuthenticateAsClient = (_, authentication) => authentication.TargetHost = options.Certificate!.GetNameInfo(X509NameType.DnsName, false);
    }

    // One vote, for two would need two other silos. Missed probes are counted by time, not by traffic, so that no chatter of a half-dead
    // silo holds a vote back.
    private static void Watchful(ClusterMembershipOptions membership, TimeSpan probe)
    {
        membership.ProbeTimeout = probe;
        membership.MinProbeTimeout = probe;
        membership.MaxProbeTimeout = probe;
        membership.NumMissedProbesLimit = 3;
        membership.NumVotesForDeathDeclaration = 1;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
        membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }

    // What Orleans says of its own life, at every start and every activation, would bury what a person has to see.
    // While the database is away Orleans says so with each look at its tables; the lease has said it once, and says when it is over.
    // A grain of a silo that ends looks for another to go to, and calls it an error that the only one is ending.
    private static void Quieter(this ILoggingBuilder logging, SiloOptions options) => logging
        .AddFilter("Orleans", level => level >= LogLevel.Critical || (level >= LogLevel.Warning && !options.IsDatabaseAway()))
        .AddFilter("Orleans.Grain", level => level >= LogLevel.Critical || (level >= LogLevel.Warning && !options.IsDatabaseAway() && !options.IsEnding()))
        .AddFilter("Orleans.Runtime.Silo", LogLevel.Error)
        .AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error)
        .AddFilter("Polly", LogLevel.Error);
}
