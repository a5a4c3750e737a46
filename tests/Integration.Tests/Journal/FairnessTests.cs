using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rule 11: tenants are drained in turn.</summary>
public sealed class FairnessTests(PostgresServer server) : JournalTest(server)
{
    [Fact]
    public async Task A_flood_by_one_tenant_delays_another_by_two_commits_at_most()
    {
        await using var gate = await CommitGate.Close(Database);
        var first = Writer.Append(Rows.Append(1, 1, Rows.Sale("first")));
        await gate.UntilSomebodyWaits();
        var flood = Enumerable.Range(0, 5_000)
            .Select(i => Writer.Append(Rows.Append(10 + i, 1, Rows.Sale($"a{i}"), Rows.Sale($"b{i}")))).ToList();
        var neighbour = Writer.Append(new() { Tenant = 2, Streams = Rows.Append(2, 1, Rows.Sale("one")).Streams });
        await gate.Open();

        Assert.Equal(AppendOutcome.Committed, await first);
        Assert.Equal(AppendOutcome.Committed, await neighbour);
        await Task.WhenAll(flood);
        Assert.True(await Database.Ask<long>("select count(*) from commit") >= 5);
        Assert.InRange(
            await Database.Ask<long>(
                "select count(*) from commit c where c.xid < (select n.xid from commit n join event e on e.commit_id = n.id where e.tenant = 2)"),
            1, 2);
    }
}
