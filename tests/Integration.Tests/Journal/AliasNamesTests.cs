using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Simulation.Time;
using ReferralGrains.Storage.Referrals;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>That a tenant has no alias is believed for a second, by each gateway for itself.</summary>
public sealed class AliasNamesTests(PostgresServer server) : JournalTest(server)
{
    private readonly FakeTime time = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public async Task X8_before_a_tenants_first_alias_whoever_saw_that_there_is_none_looks_again()
    {
        var (here, there) = (Names(), Names());
        Assert.False(await there.Any(1, Stop));
        var first = here.Expect(1, Stop);
        await Waits(first);
        Assert.False(await there.Any(1, Stop));
        time.Advance(Moment.Recent);
        Assert.True(await there.Any(1, Stop));
        Assert.False(first.IsCompleted);
        time.Advance(Moment.Recent);
        await first.WaitAsync(Eventually.Patience, Stop);

        // Another one at the same time waits as well: what was written a moment ago may be news. After that nobody does.
        var second = there.Expect(1, Stop);
        await Waits(second);
        time.Advance(2 * Moment.Recent);
        await second.WaitAsync(Eventually.Patience, Stop);
        await Database.Run("update alias_tenant set since = since - interval '1 minute'");
        await there.Expect(1, Stop).WaitAsync(Eventually.Patience, Stop);
        Assert.True(await here.Any(1, Stop));
        Assert.False(await here.Any(2, Stop));
    }

    private AliasNames Names() => new(Database.Source, new StillLease(), time);

    private async Task Waits(Task expecting)
    {
        await Eventually.Holds("it waits", () => Task.FromResult(expecting.IsCompleted || time.Waiting > 0));
        Assert.False(expecting.IsCompleted);
    }
}
