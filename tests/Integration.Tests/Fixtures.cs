using ReferralGrains.Integration.Tests;
using ReferralGrains.Integration.Tests.Postgres;

[assembly: AssemblyFixture(typeof(PostgresServer))]
[assembly: TestCollectionOrderer(typeof(LongestFirst))]

// For a part of its time a test waits, for a disk or for a process that starts.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
