namespace ReferralGrains.Turns.Tests.Conventions;

public sealed class TurnsConventionTests
{
    /// <summary>What a driver throws is translated below: turns run on any journal.</summary>
    [Fact]
    public void Turns_know_no_database_driver() =>
        Assert.DoesNotContain(typeof(GrainTurns).Assembly.GetReferencedAssemblies(), assembly => assembly.Name!.StartsWith("Npgsql", StringComparison.Ordinal));
}
