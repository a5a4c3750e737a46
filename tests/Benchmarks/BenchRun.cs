using System.Diagnostics;
using System.Net.Sockets;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>
/// All measurements on one server: first the rounds, in each of which baseline and product take turns, then what needs a
/// restart, and last the history that cannot be taken away again.
/// </summary>
internal sealed class BenchRun(BenchServer server, BenchPlan plan, IReadOnlySet<string> wanted, Action<string> note, TimeProvider time)
{
    private readonly Dictionary<string, List<double>> samples = [];
    private readonly BenchProgram stream = new(server.Access, "bench", plan.Referrers, plan.Enrollments);
    private readonly BenchProgram hot = new(server.Access, "hot", 1, plan.HotReferees);
    private readonly BenchProgram idle = new(server.Access, "idle", plan.Referrers, plan.Enrollments);
    private DueMeasurement? due;
    private PayoutMeasurement? payout;
    private IReadOnlyList<(string Read, Sample Milliseconds)> reads = [];
    private NeighbourMeasurement? neighbour;
    private LimitMeasurement? limit;

    public async Task<BenchResult> Measure(CancellationToken stop)
    {
        await using var baseline = await Baseline.Prepare(server.Database, stop);
        await Prepare(stop);
        await using (limit)
        {
            for (var round = 1; round <= plan.Rounds; round++)
            {
                note($"round {round} of {plan.Rounds}");
                await Round(round, baseline, stop);
            }
        }

        if (wanted.Contains(Measurement.WhatIf))
        {
            for (var warm = 0; warm < 3; warm++) await WhatIfMeasurement.Run(stream, stop);
            for (var round = 1; round <= plan.Rounds; round++) Add(Measurement.WhatIf, "actions/s", await WhatIfMeasurement.Run(stream, stop));
        }

        var bytes = wanted.Contains(Measurement.Idle) ? await Idle(stop) : (double?)null;
        for (var round = 1; round <= plan.Rounds && wanted.Contains(Measurement.Start); round++)
        {
            await server.Down();
            Add(Measurement.Start, "s to ready", await server.Up(stop));
        }

        if (wanted.Contains(Measurement.Cluster)) await Cluster(stop);
        if (wanted.Contains(Measurement.Grown)) await Grown(stop);
        return new()
        {
            Plan = plan,
            BaselineBy = baseline.By,
            Baseline = Of("B")!,
            Limit = Of(Measurement.Limit),
            Stream = Of(Measurement.Stream),
            Single = Of(Measurement.Single),
            SingleP99 = Of("p99"),
            NeighbourAlone = Of("neighbour alone"),
            Neighbour = Of(Measurement.Neighbour),
            Hot = Of(Measurement.Hot),
            Grown = Of(Measurement.Grown),
            Reads = reads,
            Cluster = Of(Measurement.Cluster),
            IdleEnrollmentBytes = bytes,
            PostgresBytesPerAction = Of(Measurement.Bytes),
            ServerPerAction = Of("server"),
            PostgresPerAction = Of("postgres"),
            PostgresLaterPerAction = Of("later"),
            AllocatedPerAction = Of("objects"),
            WalPerAction = Of("wal"),
            Due = Of(Measurement.Due),
            WhatIf = Of(Measurement.WhatIf),
            Payout = Of(Measurement.Payout),
            Start = Of(Measurement.Start),
        };
    }

    private Sample? Of(string name) => samples.TryGetValue(name, out var values) ? new(values) : null;

    private void Add(string name, string unit, double value)
    {
        if (!samples.TryGetValue(name, out var values)) samples[name] = values = [];
        values.Add(value);
        note($"  {name}: {value:N2} {unit}");
    }

    private void Add(Costs spent, long actions)
    {
        Add("server", "µs of processor per action", spent.ServerSeconds * 1e6 / actions);
        Add("postgres", "µs of processor per action", spent.PostgresSeconds * 1e6 / actions);
        Add("objects", "bytes per action", spent.AllocatedBytes / actions);
        Add("wal", "bytes per action", spent.WalBytes / actions);
    }

    private async Task Prepare(CancellationToken stop)
    {
        note($"making {plan.Enrollments:N0} enrollments of {plan.Referrers:N0} referrers");
        await stream.Create(isTiered: false, time, stop);
        if (wanted.Contains(Measurement.Neighbour)) neighbour = await NeighbourMeasurement.Prepare(server.Access, stream, plan, time, stop);
        if (wanted.Contains(Measurement.Hot)) await hot.Create(isTiered: true, time, stop);
        if (wanted.Contains(Measurement.Idle)) await idle.Create(isTiered: false, time, stop);
        if (wanted.Contains(Measurement.Payout)) payout = await PayoutMeasurement.Prepare(server.Access, plan, time, stop);
        if (wanted.Contains(Measurement.Due)) due = await DueMeasurement.Prepare(server.Access, plan, time, stop);

        if (wanted.Contains(Measurement.Limit))
        {
            limit = await LimitMeasurement.Prepare(server, plan, time, stop);
            await server.WhileFrozen(() => limit.Run(0, plan.LimitActions / 2));
        }

        // Not measured: compilers, caches and connection pools of the product, and our own.
        note("warming up");
        await WarmUp([server.Access], stream, "warm", stop);
        if (wanted.Contains(Measurement.Single)) await Single("warmed", perSecond: null, stop, plan.WarmUpSingleFor);
    }

    private async Task Round(int round, Baseline baseline, CancellationToken stop)
    {
        await ProductTables.Settled(server.Database, time, stop);
        Add("B", "commits/s", await baseline.Run(plan.BaselineFor, stop));
        if (limit is not null) Add(Measurement.Limit, "actions/s", await server.WhileFrozen(() => limit.Run(round, plan.LimitActions)));
        if (wanted.Contains(Measurement.Stream))
        {
            var spent = await Costs.Read(server, stop);
            var before = await ProductTables.Bytes(server.Database, stop);
            var outcome = await Stream(stream, $"stream{round}", stop);
            Add((await Costs.Read(server, stop)).Since(spent), outcome.Actions);
            Add(Measurement.Stream, "actions/s", outcome.PerSecond);
            var streamed = await Costs.Read(server, stop);
            await ProductTables.Settled(server.Database, time, stop);
            Add("later", "µs of PostgreSQL's processor per action, to seal and to sum", (await Costs.Read(server, stop)).Since(streamed).PostgresSeconds * 1e6 / outcome.Actions);
            if (wanted.Contains(Measurement.Bytes))
                Add(Measurement.Bytes, "bytes per action", (await ProductTables.Bytes(server.Database, stop) - before) / (double)outcome.Actions);
        }

        if (wanted.Contains(Measurement.Single))
        {
            var spent = await Costs.Read(server, stop);
            var answered = (await Single($"single{round}", perSecond: null, stop)).Answered;
            var top = answered.PerSecond;
            note($"  single: {(await Costs.Read(server, stop)).Since(spent).Each(answered.Actions)}");
            Add(Measurement.Single, "actions/s", top);
            var paced = await Single($"paced{round}", top / 2, stop);
            Add("p99", "ms at half of that rate", Sample.Percentile(paced.Milliseconds, 99));
        }

        if (neighbour is not null)
        {
            var (alone, beside) = await neighbour.Run(round, stop);
            Add("neighbour alone", "ms, the p99 of its requests", alone);
            Add(Measurement.Neighbour, "ms beside four streams", beside);
        }

        if (wanted.Contains(Measurement.Hot)) Add(Measurement.Hot, "actions/s", (await Stream(hot, $"hot{round}", stop)).PerSecond);
        if (payout is not null) Add(Measurement.Payout, "items/s", await payout.Run(round, stop));
        if (due is not null) Add(Measurement.Due, "releases/s", await due.Run(round, stop));
    }

    private Task<LoadOutcome> Stream(BenchProgram program, string prefix, CancellationToken stop) => Stream([server.Access], program, prefix, stop);

    // What was written before is sealed and summed first, so that each round stands by itself.
    private async Task<LoadOutcome> Stream(Access[] silos, BenchProgram program, string prefix, CancellationToken stop)
    {
        await ProductTables.Settled(server.Database, time, stop);
        return await StreamLoad.Run(silos, new(program, prefix, plan.StreamActions), plan.StreamConnections, plan.StreamAtMost, stop);
    }

    // In pieces, for there is no end of what may be sent in that time; each silo has a compiler of its own, on the same cores.
    private async Task WarmUp(Access[] silos, BenchProgram program, string prefix, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        for (var piece = 1; (plan.WarmUpFor * silos.Length) - Stopwatch.GetElapsedTime(began) is var left && left > TimeSpan.Zero; piece++)
            await StreamLoad.Run(silos, new(program, $"{prefix}{piece}", plan.StreamActions), plan.StreamConnections, left, stop);
    }

    private async Task<SingleOutcome> Single(string prefix, double? perSecond, CancellationToken stop, TimeSpan? duration = null)
    {
        // More than any machine here takes in that time; what is left over is never sent.
        var lasts = duration ?? plan.SingleFor;
        var most = (int)((perSecond ?? 40_000) * lasts.TotalSeconds) + 1;
        using var load = new SingleLoad(server.Access, plan.SingleConnections);
        return await load.Run(new(stream, prefix, most), perSecond, lasts, stop);
    }

    /// <summary>Memory per enrollment that has acted and does nothing now, from the server's own count.</summary>
    private async Task<double> Idle(CancellationToken stop)
    {
        note("memory of idle enrollments, on a server that has just started");
        await server.Down();
        await server.Up(stop);
        using var api = new ApiClient(server.Access);

        // One half first: what the first actions allocate once, and what stays pooled, is there before the other half is counted.
        var half = idle.Referees / 2;
        await StreamLoad.Run([server.Access], new(idle, "idle1", plan.IdleActions * half, n => n % half), plan.StreamConnections, TimeSpan.MaxValue, stop);
        var before = await Metrics.Collect(api, stop);
        await StreamLoad.Run([server.Access], new(idle, "idle2", plan.IdleActions * half, n => half + (n % half)), plan.StreamConnections, TimeSpan.MaxValue, stop);
        var after = await Metrics.Collect(api, stop);
        var activated = after.Activations - before.Activations;
        if (activated < half * 0.9)
            throw new CommandFailed($"{half} enrollments acted, but the server counts only {activated} more activations");
        note($"  idle: {activated:N0} activations with {plan.IdleActions} open holds each, {after.ManagedBytes - before.ManagedBytes:N0} bytes");
        return (after.ManagedBytes - before.ManagedBytes) / activated;
    }

    /// <summary>Three silos on the cores that one had: grains on all of them, and two in three calls from one to another.</summary>
    private async Task Cluster(CancellationToken stop)
    {
        note("two more silos");
        await using var second = await server.Another(stop);
        await using var third = await server.Another(stop);
        Access[] silos = [server.Access, second.Access, third.Access];
        try
        {
            var program = new BenchProgram(server.Access, "cluster", plan.Referrers, plan.Enrollments);
            await program.Create(isTiered: false, time, stop, second.Access, third.Access);
            await WarmUp(silos, program, "cluster-warm", stop);
            for (var round = 1; round <= plan.Rounds; round++) Add(Measurement.Cluster, "actions/s", (await Stream(silos, program, $"cluster{round}", stop)).PerSecond);
        }
        catch (Exception broken) when (broken is IOException or SocketException)
        {
            var servers = string.Join("; ", new[] { server, second, third }.Select(one => one.Condition));
            throw new CommandFailed($"a silo could not be reached: {broken.Message} ({servers})");
        }
    }

    private async Task Grown(CancellationToken stop)
    {
        note($"adding {plan.GrownEnrollments:N0} enrollments and {plan.GrownJournalRows:N0} journal rows");
        var began = Stopwatch.GetTimestamp();
        await GrownHistory.Add(server.Database, stream, plan, stop);
        note($"  in {Stopwatch.GetElapsedTime(began).TotalSeconds:N0} s");

        // The server has been started again since it was warm.
        await WarmUp([server.Access], stream, "grown-warm", stop);
        for (var round = 1; round <= plan.Rounds; round++)
            Add(Measurement.Grown, "actions/s", (await Stream(stream, $"grown{round}", stop)).PerSecond);
        reads = await ReadsMeasurement.Run(stream, stop);
    }
}
