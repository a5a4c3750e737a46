using System.Diagnostics;
using System.Globalization;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>
/// Holds that fall due in one instant: a sandbox tenant whose clock stands still while the sales come in, and is then moved
/// past the hold window.
/// </summary>
internal sealed class DueMeasurement
{
    private static readonly TimeSpan hold = TimeSpan.FromDays(31);
    private readonly BenchPlan plan;
    private readonly BenchProgram program;
    private readonly long[] expected;
    private DateTimeOffset clock = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private DueMeasurement(BenchPlan plan, BenchProgram program)
    {
        this.plan = plan;
        this.program = program;
        expected = new long[program.Referrers];
    }

    public static async Task<DueMeasurement> Prepare(Access owner, BenchPlan plan, TimeProvider time, CancellationToken stop)
    {
        using var api = new ApiClient(owner);
        (await api.Post("/v1/tenants", new { id = "bench_due", sandbox = true, clock_at = "2024-01-01T00:00:00Z" }, stop)).Json();
        var key = (await api.Post("/v1/api_keys", new { role = "admin", tenant = "bench_due" }, stop)).Json().Text("key")
            ?? throw new CommandFailed("POST /v1/api_keys answered without a key");
        var program = new BenchProgram(owner with { Key = key }, "due", plan.Referrers, plan.DueEnrollments);
        await program.Create(isTiered: false, time, stop);
        return new(plan, program);
    }

    /// <returns>Rewards released per second.</returns>
    public async Task<double> Run(int round, CancellationToken stop)
    {
        var sales = new PreparedActions(program, $"due{round}", plan.DueRewards, occurredAt: Text(clock));
        await StreamLoad.Run([program.Access], sales, plan.StreamConnections, TimeSpan.MaxValue, stop);
        sales.AddRewards(expected);

        using var api = new ApiClient(program.Access);
        clock += hold;
        var began = Stopwatch.GetTimestamp();
        (await api.Post("/v1/test_clock/advance", new { to = Text(clock) }, stop)).Json();
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await Check(api, stop);
        return sales.Count / seconds;
    }

    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>Every reward has to be payable now, to the penny.</summary>
    private Task Check(ApiClient api, CancellationToken stop) => Parallel.ForAsync(
        0, program.Referrers, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = stop }, async (index, token) =>
        {
            var id = BenchProgram.Referrer(index);
            var balance = (await api.Get($"/v1/referrers/{id}/balance", token)).Json()
                .Items("balances").FirstOrDefault(asset => asset.Text("asset") == "GBP");
            var payable = balance.ValueKind == System.Text.Json.JsonValueKind.Object ? balance.Number("payable_minor") : 0;
            if (payable != expected[index])
                throw new CommandFailed($"due: {id} has {payable} payable where {expected[index]} has fallen due");
        });
}
