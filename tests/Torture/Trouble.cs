using Npgsql;

namespace Torture;

/// <summary>What happens to the cluster while it works, by the seed: what, when and how long.</summary>
internal sealed class Trouble
{
    private static readonly TimeSpan glance = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan untilReady = TimeSpan.FromMinutes(4);
    private static readonly string[] kinds = ["kill", "stop", "database", "cut", "receiver", "replace"];
    private readonly Plan plan;
    private readonly Cluster cluster;
    private readonly Receiver receiver;
    private readonly TimeProvider time;
    private readonly Random random;
    private readonly List<(double At, string Kind)> faults = [];
    private readonly List<Task> aside = [];
    private readonly Queue<Silo> older = [];

    public Trouble(Plan plan, Cluster cluster, Receiver receiver, TimeProvider time)
    {
        (this.plan, this.cluster, this.receiver, this.time, random) = (plan, cluster, receiver, time, new(plan.Seed + 1));
        foreach (var (kind, count) in kinds.Zip([plan.SiloKills, plan.SiloStops, plan.DatabaseKills, plan.Cuts, plan.ReceiverFaults, plan.Replacements]))
            for (var i = 0; i < count; i++) faults.Add((0.02 + (random.NextDouble() * 0.9), kind));
        faults.Sort();
        if (plan.From is not null)
            foreach (var silo in cluster.Silos) older.Enqueue(silo);
    }

    /// <summary>How many there have been.</summary>
    public int Done { get; private set; }

    /// <param name="progress">How much of the work is done, from 0 to 1.</param>
    /// <param name="stop">Ends it.</param>
    public async Task Run(Func<double> progress, CancellationToken stop)
    {
        foreach (var (at, kind) in faults)
        {
            while (progress() < at) await Task.Delay(glance, time, stop);
            await (kind switch
            {
                "kill" => Kill(stop),
                "stop" => Stop(stop),
                "database" => KillDatabase(stop),
                "cut" => Cut(stop),
                "replace" => Replace(stop),
                _ => Disturb(stop),
            });
            Done++;
        }

        await Task.WhenAll(aside);
    }

    private async Task Kill(CancellationToken stop)
    {
        var silo = await Victim(stop);
        silo.IsBeingKilled = true;
        if (silo.ProcessId is { } id) Processes.Signal(id, Processes.Kill);
    }

    // It goes on beside the others: that a silo sleeps while another dies is the worse case.
    private async Task Stop(CancellationToken stop)
    {
        var silo = await Victim(stop);
        if (silo.ProcessId is not { } id) return;
        var length = TimeSpan.FromSeconds(1 + (random.NextDouble() * (plan.LongestStop.TotalSeconds - 1)));
        silo.IsBeingKilled = true;
        Processes.Signal(id, Processes.Freeze);
        aside.Add(Task.Run(async () =>
        {
            try
            {
                await Task.Delay(length, time, stop);
            }
            finally
            {
                Processes.Signal(id, Processes.Thaw);
            }
        }, CancellationToken.None));
    }

    // As an upgrade does it: one after the other, each by the version that is here, and the next when it serves.
    private async Task Replace(CancellationToken stop)
    {
        var silo = older.TryDequeue(out var next) ? next : await Victim(stop);
        silo.Program = Processes.Server();
        var starts = silo.Starts;
        silo.IsBeingKilled = true;
        if (silo.ProcessId is { } id) Processes.Signal(id, Processes.Terminate);
        for (var began = time.GetTimestamp(); silo.Starts == starts || !await silo.IsReady(); await Task.Delay(glance, time, stop))
            if (time.GetElapsedTime(began) > untilReady) throw new TortureException($"silo {silo.Number} was not ready {untilReady.TotalMinutes} minutes after it was told to stop: {silo.LastOutput}");
    }

    private async Task KillDatabase(CancellationToken stop)
    {
        // A postmaster that is starting is not hit before it serves, or the run would be of nothing but starts.
        while (cluster.Postmaster is null) await Task.Delay(glance, time, stop);
        if (cluster.Postmaster is not { } id) return;

        // 3 is SIGQUIT: what pg_ctl stop -m immediate sends.
        Processes.Signal(id, random.Next(2) == 0 ? Processes.Kill : 3);
    }

    private async Task Cut(CancellationToken stop)
    {
        if (random.Next(2) == 0)
        {
            foreach (var proxy in cluster.Proxies) proxy.Cut();
            return;
        }

        try
        {
            await using var connection = new NpgsqlConnection(cluster.Owner);
            await connection.OpenAsync(stop);
            await using var command = new NpgsqlCommand("select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'", connection);
            await command.ExecuteScalarAsync(stop);
        }
        catch (Exception gone) when (gone is NpgsqlException or IOException)
        {
            // It is just away, which cuts as well.
        }
    }

    private async Task Disturb(CancellationToken stop)
    {
        var length = TimeSpan.FromSeconds(1 + random.Next(3));
        if (random.Next(2) == 0)
        {
            receiver.BeSlow(true);
            await Task.Delay(length, time, stop);
            receiver.BeSlow(false);
        }
        else
        {
            await receiver.Down();
            await Task.Delay(length, time, stop);
            await receiver.Up();
        }
    }

    // One that works; a silo that is still starting would be killed for nothing.
    private async Task<Silo> Victim(CancellationToken stop)
    {
        for (var began = time.GetTimestamp(); time.GetElapsedTime(began) < patience; await Task.Delay(glance, time, stop))
        {
            var silo = cluster.Silos[random.Next(cluster.Silos.Count)];
            if (!silo.IsBeingKilled && silo.ProcessId is not null && await silo.IsReady()) return silo;
        }

        return cluster.Silos[random.Next(cluster.Silos.Count)];
    }
}
