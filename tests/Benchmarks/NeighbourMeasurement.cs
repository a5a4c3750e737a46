using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>What a tenant that sends little notices of one that streams all it can.</summary>
internal sealed class NeighbourMeasurement
{
    private readonly BenchPlan plan;
    private readonly BenchProgram streaming;
    private readonly BenchProgram quiet;

    private NeighbourMeasurement(BenchPlan plan, BenchProgram streaming, BenchProgram quiet) => (this.plan, this.streaming, this.quiet) = (plan, streaming, quiet);

    /// <param name="access">A key that may make tenants.</param>
    /// <param name="streaming">Whose sales are streamed.</param>
    /// <param name="plan">How much.</param>
    /// <param name="time">The clock for waiting.</param>
    /// <param name="stop">Abandons it.</param>
    public static async Task<NeighbourMeasurement> Prepare(Access access, BenchProgram streaming, BenchPlan plan, TimeProvider time, CancellationToken stop)
    {
        using var api = new ApiClient(access);
        (await api.Post("/v1/tenants", new { id = "neighbour" }, stop)).Json();
        var key = (await api.Post("/v1/api_keys", new { role = "admin", tenant = "neighbour" }, stop)).Json().Text("key");
        var quiet = new BenchProgram(new(access.Url, key!), "neighbour", 20, 500);
        await quiet.Create(isTiered: false, time, stop);
        return new(plan, streaming, quiet);
    }

    /// <returns>The p99 of its requests in milliseconds, alone and beside the streams.</returns>
    public async Task<(double Alone, double Beside)> Run(int round, CancellationToken stop)
    {
        var alone = await Paced($"alone{round}", stop);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var longer = plan.SingleFor + TimeSpan.FromSeconds(2);
        var streams = StreamLoad.Run(
            [streaming.Access], new(streaming, $"beside{round}", (int)(40_000 * longer.TotalSeconds)), plan.NeighbourStreams, longer, enough.Token);
        var beside = await Paced($"beside{round}", stop);
        if (streams.IsCompleted) throw new CommandFailed("the streams ended before their neighbour was measured");
        await streams;
        return (alone, beside);
    }

    private async Task<double> Paced(string prefix, CancellationToken stop)
    {
        using var load = new SingleLoad(quiet.Access, plan.SingleConnections);
        var actions = new PreparedActions(quiet, prefix, (int)(plan.NeighbourPerSecond * plan.SingleFor.TotalSeconds) + 1);
        return Sample.Percentile((await load.Run(actions, plan.NeighbourPerSecond, plan.SingleFor, stop)).Milliseconds, 99);
    }
}
