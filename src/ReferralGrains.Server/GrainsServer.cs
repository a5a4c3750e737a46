using System.Globalization;
using ReferralGrains.Gateway;
using ReferralGrains.LocalPostgres;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Sealing;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Server;

/// <summary>
/// One process: PostgreSQL, migrations, lease, engine, gateway, in this order, and ended in the opposite one, so that what was
/// taken in is written before what it is written to goes away.
/// </summary>
public static class GrainsServer
{
    // What is under way takes a moment; only a client that leaves its answers unread takes longer, and a stop does not wait for it.
    private static readonly TimeSpan CutOff = TimeSpan.FromSeconds(8);

    /// <summary>Serves until it is told to stop.</summary>
    /// <returns>The exit code: 0 after a clean stop, also before it was ready; 3 when another process ended this silo, 4 when a bug ended background work.</returns>
    public static async Task<int> Run(ServerOptions options)
    {
        using var interrupted = new Interrupts();
        try
        {
            return await Serve(options, interrupted);
        }
        catch (Exception exception) when (interrupted.Token.IsCancellationRequested && exception is OperationCanceledException or LocalPostgresException)
        {
            // Told to end while it was starting. A Ctrl-C reaches the programs that it runs as well, which then fail.
            return 0;
        }
    }

    private static async Task<int> Serve(ServerOptions options, Interrupts interrupted)
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        using var logs = LoggerFactory.Create(Logging);
        Directory.CreateDirectory(options.DataDirectory);
        await using var postgres = await StartPostgres(options, logs, interrupted.Token);
        var ownerConnection = options.Database ?? postgres!.OwnerConnectionString;
        await Migrator.Migrate(ownerConnection, interrupted.Token);
        AdminKey.WritePrivate(Path.Combine(options.DataDirectory, "postgres.conn"), ownerConnection + "\n");

        await using var database = Databases.Open(options.Database ?? postgres!.ConnectionString);
        await Databases.RefuseUnsafe(database, interrupted.Token);
        var name = $"process {Environment.ProcessId} on {Environment.MachineName}, {Guid.NewGuid():n}";
        await using var lease = await SiloLease.Begin(database, name, "both", TimeProvider.System, logs.CreateLogger<SiloLease>(), interrupted.Token);
        await using var app = Build(options, database, lease, postgres);
        await app.Services.GetRequiredService<ITenants>().EnsureDefault(interrupted.Token);
        app.Services.GetRequiredService<Sealer>(); // It seals from when it is made.
        await app.StartAsync(interrupted.Token);
        Console.WriteLine($"ready on http://{options.Listen}:{options.Port}");

        await Task.WhenAny(interrupted.Task, lease.Lost, app.WaitForShutdownAsync(CancellationToken.None));
        await app.StopAsync(CancellationToken.None);
        return lease.Lost.IsCompleted ? 3 : interrupted.Task.IsCompleted ? 0 : 4;
    }

    private static async Task<LocalPostgresServer?> StartPostgres(ServerOptions options, ILoggerFactory logs, CancellationToken stop) =>
        options.Database is not null
            ? null
            : await LocalPostgresServer.Start(new() { DataDirectory = options.DataDirectory }, logs.CreateLogger<LocalPostgresServer>(), stop);

    private static WebApplication Build(ServerOptions options, Npgsql.NpgsqlDataSource database, SiloLease lease, LocalPostgresServer? postgres)
    {
        var builder = WebApplication.CreateSlimBuilder();
        Logging(builder.Logging.ClearProviders());
        builder.WebHost.UseKestrelCore().UseUrls($"http://{options.Listen}:{options.Port}");
        builder.Services.AddEmbeddedEngine(database, lease);
        builder.Services.AddGateway(gateway => gateway.AdminKey = AdminKey.Find(options.DataDirectory));
        builder.Services.AddHealthChecks().AddCheck<Readiness>("journal");
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = CutOff);
        builder.Services.AddSingleton(new PostgresWatch(postgres));
        builder.Services.AddHostedService<BackgroundWork>();
        var app = builder.Build();
        app.MapGateway();
        return app;
    }

    // A person gets lines, a collector gets JSON.
    private static void Logging(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter("Microsoft.Hosting", LogLevel.Warning)
            .AddFilter("Npgsql", LogLevel.Warning);
        if (Console.IsOutputRedirected) logging.AddJsonConsole(console => console.UseUtcTimestamp = true);
        else logging.AddSimpleConsole(console => console.SingleLine = true);
    }
}
