using System.Globalization;
using ReferralGrains.Simulation.Oracle;

namespace ReferralGrains.Simulation;

public sealed class SimulationTests
{
    [Fact]
    public void What_must_hold_holds_for_every_seed()
    {
        var seeds = Setting("GRAINS_SEED") is { } one ? [one] : Enumerable.Range(1, Setting("GRAINS_SEEDS") ?? 500).ToArray();
        var failed = seeds.AsParallel().Select(seed => (seed, Complaints: Verdict.Of(seed))).Where(run => run.Complaints.Count > 0).OrderBy(run => run.seed).ToList();
        Assert.True(failed.Count == 0, string.Join('\n', failed.Select(run => $"GRAINS_SEED={run.seed}: {string.Join("\n  ", run.Complaints.Take(10))}")));
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
