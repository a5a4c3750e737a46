using ReferralGrains.Integration.Tests.Faults.World;
using Xunit.Sdk;
using Xunit.v3;

namespace ReferralGrains.Integration.Tests;

/// <summary>What begins last goes on alone while the other cores have nothing to do, so what takes long begins first.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    // All tests of one server follow one another. After them those that start and kill servers of their own.
    private static readonly string[] longest =
        [OneServer.Name, "Demo.DemoTests", "Journal.LedgerCheckTests", OneMortalServer.Name, "Faults."];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(static one => Array.FindIndex(longest, name => one.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal)) is var place and >= 0 ? place : longest.Length)];
}
