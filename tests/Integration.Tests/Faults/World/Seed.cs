using System.Globalization;

namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>Chance that can be had again: every test prints its seed and takes it from <c>GRAINS_SEED</c>.</summary>
public static class Seed
{
    public static Random Plant()
    {
        var seed = Environment.GetEnvironmentVariable("GRAINS_SEED") is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"GRAINS_SEED={seed}");
        return new(seed);
    }
}
