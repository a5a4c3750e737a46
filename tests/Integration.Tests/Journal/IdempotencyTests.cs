using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Referrals;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rule 2: one effect for each (tenant, action id), for ever.</summary>
public sealed class IdempotencyTests(PostgresServer server) : JournalTest(server)
{
    [Fact]
    public async Task D11_the_second_of_two_in_one_batch_is_told()
    {
        var outcomes = await Together(
            Rows.Append(1, 1, Rows.Sale("same", 1)), Rows.Append(2, 1, Rows.Sale("same", 2)), Rows.Append(3, 1, Rows.Sale("other", 4)));

        Assert.Equal([AppendOutcome.Committed, AppendOutcome.ActionKnown, AppendOutcome.Committed], outcomes);
        Assert.Equal(1, await Commits(1, 3));
        Assert.Equal(5, await Pending(Rows.Referrer.Value));
    }

    [Fact]
    public async Task D11_streams_that_repeat_an_id_among_themselves_fall_together_and_the_rest_commits()
    {
        var twice = Rows.Append((1, 1, [Rows.Sale("b", 1), Rows.Sale("same", 1)]), (2, 1, [Rows.Sale("same", 2)]));
        var outcomes = await Together(twice, Rows.Append(3, 1, Rows.Sale("b", 4)), Rows.Append(4, 1, Rows.Sale("same", 8)));

        Assert.Equal([AppendOutcome.ActionKnown, AppendOutcome.Committed, AppendOutcome.Committed], outcomes);
        Assert.Equal(4 + 8, await Pending(Rows.Referrer.Value));
    }

    [Fact]
    public async Task D11_one_that_was_committed_before_is_told_and_the_rest_of_its_batch_commits()
    {
        await Writer.Append(Rows.Append(1, 1, Rows.Sale("same", 1)));

        var outcomes = await Together(
            Rows.Append(2, 1, Rows.Sale("b", 2), Rows.Sale("same", 4)), Rows.Append(3, 1, Rows.Sale("c", 8)), Rows.Append(4, 1, Rows.Sale("d", 16)));

        Assert.Equal([AppendOutcome.ActionKnown, AppendOutcome.Committed, AppendOutcome.Committed], outcomes);
        Assert.Equal(1, await Commits(3, 4));
        Assert.Equal(0, await RowsOf(2));
        Assert.Equal(1 + 8 + 16, await Pending(Rows.Referrer.Value));
    }

    [Fact]
    public async Task D11_the_same_row_sent_again_is_the_streams_loser()
    {
        await Writer.Append(Rows.Append(1, 1, Rows.Sale("same", 1)));

        Assert.Equal(AppendOutcome.StreamMoved, await Writer.Append(Rows.Append(1, 1, Rows.Sale("same", 1))));
        Assert.Equal(AppendOutcome.ActionKnown, await Writer.Append(Rows.Append(1, 2, Rows.Sale("same", 1))));
        Assert.Equal(1, await Pending(Rows.Referrer.Value));
    }

    [Fact]
    public async Task D11_an_id_is_one_tenants_own_and_case_counts()
    {
        var other = new Append { Tenant = 2, Streams = Rows.Append(2, 1, Rows.Sale("same", 2)).Streams };

        Assert.Equal(
            [AppendOutcome.Committed, AppendOutcome.Committed, AppendOutcome.Committed],
            await Together(Rows.Append(1, 1, Rows.Sale("same", 1)), other, Rows.Append(3, 1, Rows.Sale("SAME", 4))));
    }

    [Fact]
    public async Task D11_two_writers_at_once_give_each_action_one_effect()
    {
        await using var other = NewWriter(Database.Source);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 400).Select(i =>
            (i % 2 == 0 ? Writer : other).Append(Rows.Append(i + 1, 1, Rows.Sale($"a{i / 4}", 1)))));

        Assert.Equal(100, outcomes.Count(outcome => outcome == AppendOutcome.Committed));
        Assert.Equal(300, outcomes.Count(outcome => outcome == AppendOutcome.ActionKnown));
        Assert.Equal((100L, 100L), (await Database.Ask<long>("select count(*) from event"), await Pending(Rows.Referrer.Value)));
    }

    [Fact]
    public async Task D11_a_conflict_is_on_record_once_for_each_content()
    {
        foreach (var content in (string[])["x", "y", "x"])
            await Writer.Append(new() { Tenant = 1, Streams = [], SideRows = [SideRows.Of<ConflictRow>([new(new("a"), Rows.Hash(content), Rows.At, $$"""{"m":"{{content}}"}""")])] });

        Assert.Equal(2, await Database.Ask<long>("select count(*) from action_conflict where action_id = 'a'"));
    }
}
