namespace Architecture.Tests;

/// <summary>A capability is one folder name in every project; none comes back to itself, and what all share knows none of them.</summary>
public sealed class CapabilityTests
{
    // What every capability may use. A folder that is not named here is a capability.
    private static readonly Dictionary<string, HashSet<string>> shared = new()
    {
        ["Domain"] = ["Identity", "Money"],
        ["Storage"] = ["Database", "Journal", "Silos"],
        ["Grains"] = ["Wire"],
        ["Gateway"] = ["Access", "Description", "Json", "Lines", "Metrics", "Problems"],
        ["Cli"] = ["Api"],
        ["Web"] = ["Sessions"],
    };

    // They name all that there is, which is what they are for.
    private static readonly HashSet<string> registers = ["GatewayApp", "GatewayJson", "MessageJson", "Messages", "TurnsFactory", "TurnWorld", "OrleansRouter", "TurnGrainActivator", "CommandLine", "PayoutService", "PayoutSetup", "WebApp"];

    public static TheoryData<string> Projects => [.. Repository.Projects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_capability_comes_back_to_itself(string project)
    {
        var graph = Graph(project);
        var knots = graph.Knots(IsCapability(project)).Select(knot => string.Join(Environment.NewLine, knot
            .SelectMany(folder => graph.UsedBy(folder).Where(knot.Contains).Select(other => graph.Reason(folder, other)))));
        Assert.True(!knots.Any(), string.Join(Environment.NewLine + Environment.NewLine, knots));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void What_all_share_knows_no_capability(string project)
    {
        if (project == "Server") return; // It brings the rooms together.
        var graph = Graph(project);
        var isCapability = IsCapability(project);
        var known = graph.Folders.Where(folder => !isCapability(folder))
            .SelectMany(folder => graph.UsedBy(folder).Where(isCapability).Select(other => graph.Reason(folder, other)));
        Assert.True(!known.Any(), string.Join(Environment.NewLine, known));
    }

    private static FolderGraph Graph(string project) => new(Repository.Assembly(project), $"ReferralGrains.{project}", registers);

    private static Func<string, bool> IsCapability(string project) =>
        folder => folder != FolderGraph.Root && !shared.GetValueOrDefault(project, []).Contains(folder);
}
