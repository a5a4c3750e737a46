using Npgsql;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>A balance that can grow no more: the door keeps it far away, and if it were met nothing would be half-written.</summary>
public sealed class OverflowTests(PostgresServer server) : JournalTest(server)
{
    [Fact]
    public async Task What_does_not_fit_is_refused_whole_and_its_neighbours_in_the_batch_commit()
    {
        await using var gate = await CommitGate.Close(Database);
        var before = Writer.Append(new() { Tenant = 1, Streams = [] });
        await gate.UntilSomebodyWaits();
        var full = Writer.Append(Rows.Append(1, 1, Rows.Sale("full", long.MaxValue)));
        var over = Writer.Append(Rows.Append((2, 1, [Rows.Sale("over", 1)]), (3, 1, [Rows.Sale("with it", 1, referrer: new(7))])));
        var neighbour = Writer.Append(Rows.Append(4, 1, Rows.Sale("neighbour", 5, referrer: new(7))));
        await gate.Open();

        Assert.Equal([AppendOutcome.Committed, AppendOutcome.Committed, AppendOutcome.Committed], await Task.WhenAll(before, full, neighbour));
        Assert.Equal("22003", (await Assert.ThrowsAsync<PostgresException>(() => over)).SqlState);
        Assert.Equal((1, 0, 0, 1), (await RowsOf(1), await RowsOf(2), await RowsOf(3), await RowsOf(4)));
        Assert.Equal((long.MaxValue, 5), (await Pending(Rows.Referrer.Value), await Pending(7)));

        // The id is free, and the journal goes on.
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Rows.Append(2, 1, Rows.Sale("over", 1, referrer: new(8)))));
    }
}
