using ReferralGrains.Simulation.Database;
using ReferralGrains.Simulation.Oracle;

namespace ReferralGrains.Simulation;

/// <summary>A suite that cannot fail proves nothing: each bug that is planted into the stand-ins must be noticed within a few seeds.</summary>
public sealed class PlantedBugTests
{
    private const int MostSeeds = 300;

    [Theory]
    [InlineData(PlantedBugs.NoUniqueIndex)]
    [InlineData(PlantedBugs.AnswerBeforeCommit)]
    [InlineData(PlantedBugs.NewIdOnRetry)]
    [InlineData(PlantedBugs.NoFence)]
    [InlineData(PlantedBugs.TallyApart)]
    [InlineData(PlantedBugs.NoFactCheck)]
    [InlineData(PlantedBugs.NoFreshness)]
    public void A_planted_bug_is_noticed(PlantedBugs bug) =>
        Assert.Contains(Enumerable.Range(1, MostSeeds), seed => Verdict.Of(seed, bug).Count > 0);
}
