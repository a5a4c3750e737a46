using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using ReferralGrains.LocalPostgres;

namespace Torture;

/// <summary>A PostgreSQL of its own, which comes back by itself, and the silos on it.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan glance = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(4);
    private readonly LocalPostgresServer postgres;
    private readonly CancellationTokenSource ending = new();
    private readonly Task watch;
    private readonly TimeProvider time;

    private Cluster(LocalPostgresServer postgres, IReadOnlyList<Silo> silos, IReadOnlyList<CuttingProxy> proxies, string key, TimeProvider time)
    {
        (this.postgres, Silos, Proxies, Key, this.time) = (postgres, silos, proxies, key, time);
        watch = postgres.Watch(ending.Token);
    }

    public IReadOnlyList<Silo> Silos { get; }

    /// <summary>A line to each of them that can be cut.</summary>
    public IReadOnlyList<CuttingProxy> Proxies { get; }

    public string Key { get; }

    public string Owner => postgres.OwnerConnectionString;

    public int? Postmaster => postgres.ProcessId;

    public static async Task<Cluster> Start(Plan plan, string folder, string stripeKeys, TimeProvider time, CancellationToken stop)
    {
        var postgres = await LocalPostgresServer.Start(new() { DataDirectory = folder, Small = true }, NullLogger.Instance, stop);
        var key = "rg_test_" + RandomNumberGenerator.GetHexString(40, lowercase: true);
        List<Silo> silos = [.. Enumerable.Range(0, Plan.Silos).Select(i => new Silo(i, plan, folder, postgres.OwnerConnectionString, key, stripeKeys, time))];
        var cluster = new Cluster(postgres, silos, [.. silos.Select(static silo => new CuttingProxy(silo.Address.Port))], key, time);
        try
        {
            // The first makes the tables.
            silos[0].Start();
            await cluster.Ready([silos[0]], stop);
            foreach (var silo in silos.Skip(1)) silo.Start();
            await cluster.Ready(silos, stop);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Task Ready(CancellationToken stop) => Ready(Silos, stop);

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in Proxies) await proxy.DisposeAsync();
        await Task.WhenAll(Silos.Select(static silo => silo.DisposeAsync().AsTask()));
        await ending.CancelAsync();
        await watch;
        await postgres.DisposeAsync();
        ending.Dispose();
    }

    private async Task Ready(IReadOnlyList<Silo> wanted, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        foreach (var silo in wanted)
        {
            while (!await silo.IsReady())
            {
                if (Stopwatch.GetElapsedTime(began) > patience) throw new TortureException($"silo {silo.Number} was not ready in {patience.TotalMinutes} minutes: {silo.LastOutput}");
                await Task.Delay(glance, time, stop);
            }
        }
    }
}

/// <summary>The run itself could not go on; it says nothing of what survived.</summary>
public sealed class TortureException(string why) : Exception(why);
