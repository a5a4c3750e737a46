using ReferralGrains.Grains.Turns;

namespace ReferralGrains.Grains.Tests.Conventions;

public sealed class GrainsConventionTests
{
    /// <summary>What a driver throws is translated below: a grain runs on any journal.</summary>
    [Fact]
    public void Grains_know_no_database_driver() =>
        Assert.DoesNotContain(typeof(Grain).Assembly.GetReferencedAssemblies(), assembly => assembly.Name!.StartsWith("Npgsql", StringComparison.Ordinal));
}
