using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(ReferralGrains.Web.Tests.World.DemoFirst))]

namespace ReferralGrains.Web.Tests.World;

/// <summary>What waits half a minute for its server begins first, beside all the others.</summary>
public sealed class DemoFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(static one => one.TestCollectionDisplayName.Contains("DemoTests", StringComparison.Ordinal) ? 0 : 1)];
}
