using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Tenants;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Ownership;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rule 10: one owner.</summary>
public sealed class OwnershipTests(PostgresServer server) : JournalTest(server)
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private readonly FixedTime time = new(Rows.At);

    [Fact]
    public async Task A_second_process_is_told_who_holds_the_database()
    {
        await using var first = await Acquire("first.host:12");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Acquire("second"));
        Assert.Contains("first.host:12", refused.Message, StringComparison.Ordinal);
        Assert.True(first.IsHeld);
    }

    [Fact]
    public async Task Whoever_leaves_makes_room_at_once()
    {
        var first = await Acquire("first");
        await first.DisposeAsync();

        await using var another = NpgsqlDataSource.Create(Database.ConnectionString);
        await using var second = await EngineOwner.Acquire(another, "second", time, NullLogger.Instance, Stop);
        Assert.Equal(first.Epoch + 1, second.Epoch);
    }

    [Fact]
    public async Task A_silent_holder_is_taken_over_and_its_later_commits_are_refused()
    {
        await using var silent = await Acquire("silent");
        await using var old = NewWriter(Database.Source, silent.Epoch);
        await old.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));
        await Silence();

        await using var next = await Acquire("next", TimeProvider.System);
        await Assert.ThrowsAsync<OwnershipLostException>(() => Persist(old, Rows.Append(1, 2, Rows.Sale("b", 2))));
        await using var writer = NewWriter(Database.Source, next.Epoch);
        Assert.Equal(AppendOutcome.Committed, await writer.Append(Rows.Append(1, 2, Rows.Sale("c", 4))));
        Assert.Equal(5, await Pending(Rows.Referrer.Value));

        await time.Tick(Beat);
        await time.Tick(Beat);
        await silent.Lost.WaitAsync(TimeSpan.FromSeconds(30), Stop);
    }

    [Fact]
    public async Task What_the_silent_holder_had_under_way_never_commits()
    {
        await using var silent = await Acquire("silent");
        await using var old = NewWriter(Database.Source, silent.Epoch);
        Task<AppendOutcome> underWay;
        await using (var gate = await CommitGate.Close(Database))
        {
            underWay = old.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));
            await gate.UntilSomebodyWaits();
            await Silence();
            await gate.Open();
            await using var next = await Acquire("next", TimeProvider.System);
        }

        var outcome = await Record.ExceptionAsync(() => underWay);
        Assert.Equal(outcome is null ? 1 : 0, await RowsOf(1));
        await Assert.ThrowsAsync<OwnershipLostException>(() => Persist(old, Rows.Append(2, 1, Rows.Sale("b", 2))));
    }

    [Fact]
    public async Task A_new_owner_waits_for_the_commit_that_the_old_one_has_under_way()
    {
        await using var first = await Acquire("first");
        await using var old = NewWriter(Database.Source, first.Epoch);
        await old.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));
        await using var holder = await Database.Superuser.OpenConnectionAsync(Stop);
        await using var holding = await holder.BeginTransactionAsync(Stop);
        await using (var hold = new NpgsqlCommand("select from balance for update", holder)) await hold.ExecuteNonQueryAsync(Stop);
        var underWay = old.Append(Rows.Append(1, 2, Rows.Sale("b", 2)));
        await Eventually.Holds("the commit waits", () => Database.Ask<bool>(
            "select exists (select from pg_stat_activity where datname = current_database() and usename = 'grains' and wait_event_type = 'Lock')"));

        // The old owner's session is cut and its lock free at once; its writer's is not.
        await Database.Run($"select pg_terminate_backend({await Database.Ask<int>(Holder)})");
        await Eventually.Holds("the lock is free", async () => await Database.Ask<int>(Holder) == 0);
        var taking = Acquire("next", TimeProvider.System);
        await Eventually.Holds("the new owner waits", async () => taking.IsCompleted || await Database.Ask<bool>(
            "select exists (select from pg_locks where locktype = 'advisory' and classid = 7237010 and objid = 1 and not granted "
            + "and database = (select oid from pg_database where datname = current_database()))"));
        Assert.False(taking.IsCompleted);

        await holding.RollbackAsync(Stop);
        Assert.Equal(AppendOutcome.Committed, await underWay);
        await using var next = await taking;
        Assert.Equal(first.Epoch + 1, next.Epoch);
        await Assert.ThrowsAsync<OwnershipLostException>(() => old.Append(Rows.Append(1, 3, Rows.Sale("c", 4))));
    }

    [Fact]
    public async Task A_take_over_leaves_another_database_of_the_same_server_alone()
    {
        await using var elsewhere = await JournalDatabase.Create(Server);
        await using var neighbour = await EngineOwner.Acquire(elsewhere.Source, "neighbour", time, NullLogger.Instance, Stop);
        var backend = await elsewhere.Ask<int>(Holder);
        await using var silent = await Acquire("silent");
        await Silence();

        await using var next = await Acquire("next", TimeProvider.System);
        Assert.Equal(backend, await elsewhere.Ask<int>(Holder));
    }

    [Fact]
    public async Task The_right_to_answer_ends_with_its_term_when_it_cannot_be_renewed()
    {
        await using var owner = await Acquire("owner");
        await using var holder = await Database.Superuser.OpenConnectionAsync(Stop);
        await using var holding = await holder.BeginTransactionAsync(Stop);
        await using (var hold = new NpgsqlCommand("select from owner for update", holder)) await hold.ExecuteNonQueryAsync(Stop);

        await time.Tick(EngineOwner.Term - TimeSpan.FromTicks(1));
        Assert.True(owner.IsHeld);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.False(owner.IsHeld);

        await holding.RollbackAsync(Stop);
        await Eventually.Holds("it is held again", () => Task.FromResult(owner.IsHeld));
        Assert.True(EngineOwner.Silence > EngineOwner.Term);
    }

    [Fact]
    public async Task A_renewal_counts_from_when_it_was_asked_for_not_from_when_it_was_answered()
    {
        await using var owner = await Acquire("owner");
        await using var holder = await Database.Superuser.OpenConnectionAsync(Stop);
        await using var holding = await holder.BeginTransactionAsync(Stop);
        await using (var hold = new NpgsqlCommand("select from owner for update", holder)) await hold.ExecuteNonQueryAsync(Stop);
        await time.Tick(Beat);
        await Eventually.Holds("the renewal waits", () => Database.Ask<bool>(
            "select exists (select from pg_stat_activity where datname = current_database() and query like 'update owner%' and wait_event_type = 'Lock')"));

        // The process sleeps through its term while its question is under way; when it wakes, another may have taken over since.
        time.Advance(EngineOwner.Term);
        await holding.RollbackAsync(Stop);
        await time.Tick(TimeSpan.Zero);
        Assert.False(owner.IsHeld);
    }

    [Fact]
    public async Task A_session_that_was_cut_is_opened_again_under_the_same_epoch()
    {
        await using var owner = await Acquire("owner");
        var epoch = owner.Epoch;
        await Database.Run($"select pg_terminate_backend({await Database.Ask<int>(Holder)})");

        await UntilRenewed(owner);
        Assert.Equal((epoch, false), (owner.Epoch, owner.Lost.IsCompleted));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Acquire("second"));
    }

    [Fact]
    public async Task An_owner_whose_epoch_is_over_ends_even_if_its_session_lives()
    {
        await using var owner = await Acquire("owner");
        await Database.Run("update owner set epoch = epoch + 1");
        await time.Tick(Beat);
        await owner.Lost.WaitAsync(TimeSpan.FromSeconds(30), Stop);
    }

    [Fact]
    public async Task A_session_whose_other_end_lives_on_is_ended_and_opened_again()
    {
        await using var proxy = new CuttingProxy(Database.ConnectionString);
        await using var owner = await EngineOwner.Acquire(proxy.Source, "owner", time, NullLogger.Instance, Stop);
        proxy.LoseClients();

        await UntilRenewed(owner);
        Assert.False(owner.Lost.IsCompleted);
    }

    private const string Holder =
        "select pid from pg_locks where locktype = 'advisory' and classid = 7237010 and objid = 2 and granted "
        + "and database = (select oid from pg_database where datname = current_database())";

    private Task<EngineOwner> Acquire(string holder, TimeProvider? clock = null) =>
        EngineOwner.Acquire(Database.Source, holder, clock ?? time, NullLogger.Instance, Stop);

    // The process sleeps: its clock and its heartbeat stand still while the database's go on.
    private Task Silence() => Database.Run($"update owner set seen_at = seen_at - interval '{EngineOwner.Silence.TotalSeconds + 1} s'");

    private async Task UntilRenewed(EngineOwner owner)
    {
        time.Advance(EngineOwner.Term);
        Assert.False(owner.IsHeld);
        await Eventually.Holds("it is renewed", async () =>
        {
            if (!owner.IsHeld) await time.Tick(Beat);
            return owner.IsHeld;
        });
    }

    // Its connection was ended with the take-over, so the first answers are that the journal cannot be reached.
    private static async Task Persist(JournalWriter writer, Append append)
    {
        for (var attempt = 0; attempt < 10; attempt++)
            try
            {
                await writer.Append(append);
                return;
            }
            catch (JournalUnavailableException)
            {
            }
    }
}
