using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Dashboard;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Gateway;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Metrics;
using ReferralGrains.Grains.Silos;
using ReferralGrains.LocalPostgres;
using ReferralGrains.Payouts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Server.Demo;
using ReferralGrains.Server.Options;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Web;
using ReferralGrains.Web.Sessions;
using ReferralGrains.Webhooks;

namespace ReferralGrains.Server;

/// <summary>
/// One process: PostgreSQL, migrations, lease, engine, gateway, in this order, and ended in the opposite one, so that what was
/// taken in is written before what it is written to goes away.
/// </summary>
public static class GrainsServer
{
    /// <summary>Serves until it is told to stop.</summary>
    /// <returns>The exit code: 0 after a clean stop, also before it was ready; 3 when another process ended this silo, 4 when a bug ended background work.</returns>
    public static async Task<int> Run(ServerOptions options)
    {
        using var interrupted = new Interrupts();
        try
        {
            return await Serve(options, interrupted);
        }
        catch (Exception exception) when (interrupted.Token.IsCancellationRequested && exception is OperationCanceledException or OrleansLifecycleCanceledException or LocalPostgresException)
        {
            // Told to end while it was starting. A Ctrl-C reaches the programs that it runs as well, which then fail.
            return 0;
        }
    }

    private static async Task<int> Serve(ServerOptions options, Interrupts interrupted)
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        StartChecks.DataFolder(options.DataDirectory);
        using var claim = FolderClaim.Take(options.DataDirectory);
        StartChecks.Ports(options);
        var certificate = SiloCertificate.Load(options);
        using var log = new LogFile(options.DataDirectory, TimeProvider.System);
        using var logs = LoggerFactory.Create(logging => Logging(logging, options.Log, log));
        await using var postgres = await StartPostgres(options, logs, interrupted.Token);
        var ownerConnection = options.Database ?? postgres!.OwnerConnectionString;
        await Databases.Migrate(ownerConnection, interrupted.Token);
        AdminKey.WritePrivate(Path.Combine(options.DataDirectory, "postgres.conn"), ownerConnection + "\n");

        await using var database = Databases.Open(options.Database ?? postgres!.ConnectionString);
        await Databases.RefuseUnsafe(database, interrupted.Token);
        if (postgres is not null) await RestoredCopy.Part(options.DataDirectory, database, interrupted.Token);
        var name = $"process {Environment.ProcessId} on {Environment.MachineName}, {Guid.NewGuid():n}";
        var role = options.Role.ToString().ToLowerInvariant();
        await using var lease = await SiloLease.Begin(database, name, role, TimeProvider.System, logs.CreateLogger<SiloLease>(), interrupted.Token);
        var silo = Silo(options, name, certificate) with { IsDatabaseAway = () => lease.IsDatabaseAway, IsEnding = () => interrupted.Task.IsCompleted };
        await using var app = await Build(options, interrupted, database, lease, silo, postgres, log);
        await app.Services.GetRequiredService<ITenants>().EnsureDefault(interrupted.Token);
        // Who is told to end meanwhile starts first, and ends then: all of it within one time, which whoever told it knows.
        using var patience = new CancellationTokenSource();
        await using var told = interrupted.Token.Register(() => patience.CancelAfter(options.StopWithin));
        await app.StartAsync(patience.Token);
        claim.Note(options.Url);
        Console.WriteLine($"ready on {options.Url}");
        log.Note($"ready on {options.Url}");
        var demo = options.Demo ? DemoTenant.Open(options, interrupted.Token) : Task.CompletedTask;

        var dead = app.Services.GetService<SiloDeath>()?.Declared ?? Task.Delay(Timeout.Infinite, interrupted.Token);
        await Task.WhenAny(interrupted.Task, lease.Lost, dead, app.WaitForShutdownAsync(CancellationToken.None));
        var ended = lease.Lost.IsCompleted || dead.IsCompletedSuccessfully;
        if (!interrupted.Task.IsCompleted) patience.CancelAfter(options.StopWithin);
        await Task.WhenAll(demo, Stop(app, patience.Token));
        log.Note(ended ? "ended by another process, or by its silence" : "stopped");
        if (!ended && postgres is not null && await SiloLease.OthersLive(database, lease.Silo, CancellationToken.None)) postgres.LeaveRunning();
        return ended ? 3 : interrupted.Task.IsCompleted ? 0 : 4;
    }

    // What waits for longer than that waits for a client that leaves its answers unread, or for a silo that is dead.
    private static async Task Stop(WebApplication app, CancellationToken cut)
    {
        try
        {
            await app.StopAsync(cut);
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            // All that was acknowledged is durable: nothing is lost by not waiting.
        }
    }

    private static async Task<LocalPostgresServer?> StartPostgres(ServerOptions options, ILoggerFactory logs, CancellationToken stop) =>
        options.Database is not null
            ? null
            : await LocalPostgresServer.Start(
                new() { DataDirectory = options.DataDirectory, Small = options.PostgresSmall, BinariesDirectory = options.PostgresPrograms }, logs.CreateLogger<LocalPostgresServer>(), stop);

    private static async Task<WebApplication> Build(ServerOptions options, Interrupts interrupted, Npgsql.NpgsqlDataSource database, SiloLease lease, SiloOptions silo, LocalPostgresServer? postgres, LogFile log)
    {
        // What pages are made of lies beside the program, wherever it is started from.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        Logging(builder.Logging.ClearProviders(), options.Log, log);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.AddTelemetry(OrleansSetup.Walks).AddBacklogMetrics();
        var waits = PayoutWaits.Live.Hastened(options.StripeHaste);
        builder.Services.AddTurns(database, lease, options.AttributionsPerHour, waits);
        if (options.Role == ProcessRole.Gateway) builder.AddClusterClient(database, silo);
        else builder.AddSilo(database, silo);
        builder.Services.AddConnectedAccounts(new()
        {
            Keys = options.StripeKeys,
            PublicUrl = new(options.Url),
            Waits = waits,
            Reconciliation = new ReconciliationOptions().Hastened(options.StripeHaste),
            PerEndpoint = options.StripeRate,
            InAll = options.StripeRateInAll,
        });
        builder.Services.AddWebhooks(new() { Networks = options.WebhookNetworks });
        if (options.Role != ProcessRole.Gateway) builder.Services.AddPayouts().AddWebhookDelivery();
        builder.Services.AddGateway(gateway =>
        {
            gateway.AdminKey = options.AdminKey ?? AdminKey.Find(options);
            gateway.KeyOfSession = SessionCookie.KeyOf;
            gateway.CorsOrigins = options.CorsOrigins;
            gateway.PublicUrl = options.PublicUrl;
            gateway.SourceSecrets = options.SourceSecrets;
            gateway.UnreadAnswers = options.UnreadAnswers;
            gateway.Unavailable = options.Unavailable;
            gateway.SpoolBytes = options.StreamSpool * 1024L * 1024;
            gateway.SpoolFolder = Path.Combine(options.DataDirectory, "spool");
            gateway.StreamsPerTenant = options.StreamsPerTenant;
            gateway.IdleStream = options.IdleStream;
        });
        if (options.Role != ProcessRole.Silo)
        {
            builder.WebHost.UseStaticWebAssets();

            // Beside a build it would map GET of every address there is not, and what is called by a wrong method were not told from what is not there.
            builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";
            builder.Services.AddWeb(new() { ApiAddress = options.ApiAddress ?? options.OwnUrl, PublicUrl = options.PublicUrl, Provider = Provider(options) }).AddSharedSessionKeys();
        }

        builder.Services.AddSingleton<IHostLifetime>(interrupted);
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddHealthChecks().AddCheck<Readiness>("journal");
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopWithin);
        builder.Services.AddSingleton(new PostgresWatch(postgres));
        builder.Services.AddHostedService<BackgroundWork>();
        var app = builder.Build();
        if (options.Role == ProcessRole.Silo)
        {
            app.MapHealthOnly();
            return app;
        }

        // What runs beside the gateway is made while its routes are mapped: each compiles code for most of a second, and neither needs the other.
        var services = Task.Run(() => app.Services.GetServices<IHostedService>());
        app.MapGateway();
        app.MapWeb(room => room.ByItsOwnDoor());
        app.MapOrleansDashboard("/ops").OnlyForOperators().LogsLooksIntoGrains();
        app.MapStandinPages().ForWhoKnowsTheAddress();
        await services;
        return app;
    }

    private static SignInProvider? Provider(ServerOptions options) => options.OidcAuthority is not { } authority
        ? null
        : new() { Authority = authority, ClientId = options.OidcClientId!, ClientSecret = options.OidcClientSecret, Scopes = options.OidcScopes, KeysFile = options.OidcKeys! };

    // In clear a connection begins with either protocol and cannot ask for the other, so each has a port.
    private static void Listen(KestrelServerOptions kestrel, ServerOptions options)
    {
        On(options.Port, HttpProtocols.Http1);
        if (options.Http2Port is { } port) On(port, HttpProtocols.Http2);

        void On(int port, HttpProtocols protocols)
        {
            if (options.Listen == "localhost") kestrel.ListenLocalhost(port, listen => listen.Protocols = protocols);
            else kestrel.Listen(IPAddress.Parse(options.Listen), port, listen => listen.Protocols = protocols);
        }
    }

    private static SiloOptions Silo(ServerOptions options, string name, SiloCertificate? certificate)
    {
        var ports = SiloPorts.Find(options);
        return new()
        {
            Name = name,
            Address = options.SiloAddress,
            SiloPort = ports.Silo,
            GatewayPort = ports.Gateway,
            Certificate = certificate?.Own,
            Trusts = shown => certificate!.Trusts(shown),
            ResponseTimeout = options.ResponseTimeout,
            IdleAfter = options.IdleAfter,
            ProbeTimeout = options.ProbeTimeout,
            MaxInFlightPerTenant = options.InFlightPerTenant,
            Traces = Telemetry.SendsTraces,
            Mailbox = new() { TurnSize = options.TurnSize, MaxWaiting = options.MailboxSize },
        };
    }

    private static void Logging(ILoggingBuilder logging, LogFormat format, LogFile log)
    {
        logging.AddProvider(log).SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None) // Else each request opens an activity for log scopes that nobody reads.
            .AddFilter("Microsoft.Hosting", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error) // It warns that its ring is kept as it is; 0017_session_keys.sql says why.
            .AddFilter("Npgsql", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None); // A trace for each question; Readiness says it once.
        if (format == LogFormat.Json || (format == LogFormat.Auto && Console.IsOutputRedirected))
            logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
        else
            logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z' "));
    }
}
