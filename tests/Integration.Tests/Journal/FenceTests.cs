using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rules 1 and 3: no overlap, no gap; an append stands or falls whole.</summary>
public sealed class FenceTests(PostgresServer server) : JournalTest(server)
{
    [Fact]
    public async Task A_second_activation_is_refused_where_the_first_has_written()
    {
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Rows.Append(1, 1, Rows.Sale("a", 10))));
        Assert.Equal(AppendOutcome.StreamMoved, await Writer.Append(Rows.Append(1, 1, Rows.Sale("b", 10))));

        Assert.Equal(1, await RowsOf(1));
        Assert.Equal(10, await Pending(Rows.Referrer.Value));
    }

    [Fact]
    public async Task A_row_that_would_leave_a_gap_is_refused()
    {
        Assert.Equal(AppendOutcome.StreamMoved, await Writer.Append(Rows.Append(1, 2, Rows.Sale("a", 10))));
        await Writer.Append(Rows.Append(1, 1, Rows.Sale("b", 10)));
        Assert.Equal(AppendOutcome.StreamMoved, await Writer.Append(Rows.Append(1, 3, Rows.Sale("c", 10))));

        Assert.Equal(1, await RowsOf(1));
    }

    [Fact]
    public async Task Only_the_losers_of_a_batch_fall()
    {
        await Writer.Append(Rows.Append(2, 1, Rows.Sale("a", 10)));

        var outcomes = await Together(
            Rows.Append(1, 1, Rows.Sale("b", 1), Rows.Sale("c", 2)), Rows.Append(2, 1, Rows.Sale("d", 4)), Rows.Append(3, 7, Rows.Sale("e", 8)),
            Rows.Append(4, 1, Rows.Sale("f", 16)), Rows.Append(2, 2, Rows.Sale("g", 32)));

        Assert.Equal(
            [AppendOutcome.Committed, AppendOutcome.StreamMoved, AppendOutcome.StreamMoved, AppendOutcome.Committed, AppendOutcome.Committed], outcomes);
        Assert.Equal(1, await Commits(1, 4));
        Assert.Equal(10 + 1 + 2 + 16 + 32, await Pending(Rows.Referrer.Value));
    }

    [Fact]
    public async Task An_append_of_several_streams_stands_or_falls_whole()
    {
        await Writer.Append(Rows.Append(2, 1, Rows.Sale("a", 10)));

        var outcomes = await Together(
            Rows.Append((1, 1, [Rows.Sale("b", 1)]), (2, 1, [Rows.Sale("c", 2)]), (3, 1, [Rows.Sale("d", 4)])),
            Rows.Append((4, 1, [Rows.Sale("e", 8)]), (5, 1, [Rows.Sale("f", 16)])));

        Assert.Equal([AppendOutcome.StreamMoved, AppendOutcome.Committed], outcomes);
        Assert.Equal((0, 1, 0), (await RowsOf(1), await RowsOf(2), await RowsOf(3)));
        Assert.Equal(10 + 8 + 16, await Pending(Rows.Referrer.Value));
    }

    [Fact]
    public async Task What_follows_a_fallen_append_in_its_streams_falls_too()
    {
        await Writer.Append(Rows.Append(2, 1, Rows.Sale("a", 10)));

        var outcomes = await Together(
            Rows.Append((1, 1, [Rows.Sale("b", 1)]), (2, 1, [Rows.Sale("c", 2)])), Rows.Append(1, 2, Rows.Sale("d", 4)), Rows.Append(3, 1, Rows.Sale("e", 8)));

        Assert.Equal([AppendOutcome.StreamMoved, AppendOutcome.StreamMoved, AppendOutcome.Committed], outcomes);
        Assert.Equal(0, await RowsOf(1));
    }

    [Fact]
    public async Task Two_writers_at_once_never_share_a_row()
    {
        await using var other = NewWriter(Database.Source);
        var written = new int[2];
        await Task.WhenAll(Write(0, Writer), Write(1, other));

        Assert.Equal(200, written.Sum());
        Assert.Equal((200L, 200), (await RowsOf(1), await Database.Ask<int>("select max(seq) from event where stream = 1")));
        Assert.Equal(200, await Pending(Rows.Referrer.Value));

        async Task Write(int who, JournalWriter writer)
        {
            for (var seq = 1; seq <= 200; seq++)
                if (await writer.Append(Rows.Append(1, seq, Rows.Sale($"{who}-{seq}", 1))) == AppendOutcome.Committed) written[who]++;
        }
    }
}
