using Npgsql;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rule 4: a commit whose answer never came is neither lost nor done twice, and nobody is told before it is known.</summary>
public sealed class UnknownOutcomeTests(PostgresServer server) : JournalTest(server)
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_commit_whose_answer_was_lost_is_told_as_committed(int refusals)
    {
        await using var proxy = new CuttingProxy(Database.ConnectionString);
        await using var writer = NewWriter(proxy.Source);
        await writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));

        proxy.CutNext(Cut.Answer, refusals);
        Assert.Equal(AppendOutcome.Committed, await writer.Append(Rows.Append(1, 2, Rows.Sale("b", 2))));
        Assert.Equal(AppendOutcome.Committed, await writer.Append(Rows.Append(1, 3, Rows.Sale("c", 4))));
        Assert.Equal((3L, 7L), (await RowsOf(1), await Pending(Rows.Referrer.Value)));
        Assert.Equal(0, await Tombstones());
    }

    [Fact]
    public async Task A_commit_that_never_arrived_will_never_be()
    {
        await using var proxy = new CuttingProxy(Database.ConnectionString);
        await using var writer = NewWriter(proxy.Source);
        await writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));

        proxy.CutNext(Cut.Request);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => writer.Append(Rows.Append(1, 2, Rows.Sale("b", 2))));
        Assert.Equal((1L, 1L), (await RowsOf(1), await Tombstones()));

        Assert.Equal(AppendOutcome.Committed, await writer.Append(Rows.Append(1, 2, Rows.Sale("b", 2))));
        Assert.Equal((2L, 3L), (await RowsOf(1), await Pending(Rows.Referrer.Value)));
    }

    [Fact]
    public async Task A_commit_that_never_arrived_is_not_told_as_committed_when_the_answer_about_it_is_lost_as_well()
    {
        await using var proxy = new CuttingProxy(Database.ConnectionString);
        await using var writer = NewWriter(proxy.Source);
        await writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));

        proxy.CutNext(Cut.Request);
        proxy.CutNext(Cut.Answer);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => writer.Append(Rows.Append(1, 2, Rows.Sale("b", 2))));
        Assert.Equal((1L, 1L), (await RowsOf(1), await Tombstones()));

        Assert.Equal(AppendOutcome.Committed, await writer.Append(Rows.Append(1, 2, Rows.Sale("b", 2))));
    }

    [Fact]
    public async Task An_old_transaction_that_wakes_after_its_tombstone_commits_nothing()
    {
        await using var proxy = new CuttingProxy(Database.ConnectionString);
        await using var writer = NewWriter(proxy.Source);
        await writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));
        await using var gate = await CommitGate.Close(Database);

        proxy.CutNext(Cut.ClientOnly, once: gate.UntilSomebodyWaits);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => writer.Append(Rows.Append(1, 2, Rows.Sale("b", 2))));
        Assert.Equal(1, await gate.Waiting());

        await gate.Open();
        Assert.Equal(AppendOutcome.Committed, await writer.Append(Rows.Append(1, 2, Rows.Sale("c", 4))));
        await Eventually.Holds("the old transaction is over", async () => await gate.Waiting() == 0 && await Open() == 0);
        Assert.Equal((2L, 5L, 1L), (await RowsOf(1), await Pending(Rows.Referrer.Value), await Tombstones()));
    }

    [Fact]
    public async Task An_old_transaction_that_is_still_writing_is_waited_for()
    {
        await using var proxy = new CuttingProxy(Database.ConnectionString);
        await using var writer = NewWriter(proxy.Source);
        await writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));
        await using var holder = await Database.Superuser.OpenConnectionAsync(Stop);
        await using var holding = await holder.BeginTransactionAsync(Stop);
        await using (var hold = new NpgsqlCommand("select from balance for update", holder)) await hold.ExecuteNonQueryAsync(Stop);

        proxy.CutNext(Cut.ClientOnly, once: () => Eventually.Holds("it writes", async () => await Writing() > 0));
        var waiting = writer.Append(Rows.Append(1, 2, Rows.Sale("b", 2)));
        await Eventually.Holds("its id is claimed", async () => waiting.IsCompleted || await Claims() > 0);
        Assert.False(waiting.IsCompleted);

        await holding.RollbackAsync(Stop);
        Assert.Equal(AppendOutcome.Committed, await waiting);
        Assert.Equal((2L, 3L, 0L), (await RowsOf(1), await Pending(Rows.Referrer.Value), await Tombstones()));
    }

    [Fact]
    public async Task A_backend_that_is_ended_in_its_commit_leaves_nothing_and_the_next_commit_works()
    {
        await using (var gate = await CommitGate.Close(Database))
        {
            var waiting = Writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));
            await gate.UntilSomebodyWaits();
            await Database.Run(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 7237010 and not granted "
                + "and database = (select oid from pg_database where datname = current_database())");
            await Assert.ThrowsAsync<JournalUnavailableException>(() => waiting);
        }

        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1))));
        Assert.Equal((1L, 1L), (await RowsOf(1), await Pending(Rows.Referrer.Value)));
    }

    private Task<long> Tombstones() => Database.Ask<long>("select count(*) from commit where tombstone");

    private Task<long> Open() => Database.Ask<long>(
        "select count(*) from pg_stat_activity where datname = current_database() and usename = 'grains' and state <> 'idle'");

    private Task<long> Writing() => Database.Ask<long>(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()");

    private Task<long> Claims() => Database.Ask<long>(
        "select count(*) from pg_stat_activity where datname = current_database() and query like 'insert into commit%tombstone%' and wait_event_type = 'Lock'");
}
