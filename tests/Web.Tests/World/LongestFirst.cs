using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(ReferralGrains.Web.Tests.World.LongestFirst))]

namespace ReferralGrains.Web.Tests.World;

/// <summary>What waits half a minute for its server, and what looks at all pages, begins before what is over soon.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] longest = ["DemoTests", "Console.WalkTests", "PayoutTests", "PageTests", "SettingsTests", "RuleTests", "MakingTests", "SessionTests"];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(static one => Array.FindIndex(longest, name => one.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal)) is var place and >= 0 ? place : longest.Length)];
}
