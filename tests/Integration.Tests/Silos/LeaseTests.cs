using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Tenants;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Integration.Tests.Silos;

/// <summary>When a silo holds its lease, and how it learns that it has ended.</summary>
public sealed class LeaseTests(PostgresServer server) : JournalTest(server)
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private readonly FixedTime time = new(Rows.At);

    [Fact]
    public async Task Two_silos_write_on_one_database()
    {
        await using var process = Database.Process();
        await using var lease = await Begin(process);
        await using var other = NewWriter(process, lease.Silo);

        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1))));
        Assert.Equal(AppendOutcome.Committed, await other.Append(Rows.Append(1, 2, Rows.Sale("b", 2))));
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Rows.Append(1, 3, Rows.Sale("c", 4))));
        Assert.Equal((3L, 2L), (await RowsOf(1), await Database.Ask<long>("select count(distinct silo) from commit")));
    }

    [Fact]
    public async Task A_silo_is_found_by_its_name_until_it_ends()
    {
        await using var process = Database.Process();
        var lease = await Begin(process, "first.host:12");
        Assert.Equal(lease.Silo, await SiloLease.Find(Database.Source, "first.host:12", Stop));

        await lease.DisposeAsync();
        Assert.Null(await SiloLease.Find(Database.Source, "first.host:12", Stop));
        await SiloLease.End(Database.Source, "first.host:12", Stop);
        Assert.False(lease.Lost.IsCompleted);
    }

    // What a hold of thirty days is released by, and no machine whose clock is set to next month.
    [Fact]
    public async Task D14_its_time_is_the_databases_whatever_the_machines_clock_says()
    {
        var before = await DatabaseNow();
        await using var process = Database.Process();
        await using var lease = await Begin(process);
        Assert.InRange(lease.Time.GetUtcNow(), before, await DatabaseNow());
        time.Suspend(TimeSpan.FromDays(4_000));
        Assert.InRange(lease.Time.GetUtcNow(), before, await DatabaseNow());
        Assert.True(time.GetUtcNow() - lease.Time.GetUtcNow() > TimeSpan.FromDays(3_000));

        // What passes here passes there too, until that is asked.
        var shown = lease.Time.GetUtcNow();
        time.Advance(Beat / 2);
        Assert.Equal(Beat / 2, lease.Time.GetUtcNow() - shown);
        var later = await DatabaseNow();
        await Eventually.Holds("it is renewed", async () =>
        {
            await time.Tick(Beat);
            return await Database.Ask<bool>($"select seen_at > '{later:O}' from silo where id = {lease.Silo}") && lease.Time.GetUtcNow() >= later;
        });
        Assert.InRange(lease.Time.GetUtcNow(), later, await DatabaseNow() + (2 * Beat));

        async Task<DateTimeOffset> DatabaseNow() => await Database.Ask<DateTime>("select clock_timestamp()");
    }

    [Fact]
    public async Task One_that_another_has_ended_is_told()
    {
        await using var process = Database.Process();
        await using var lease = await Begin(process, "ended");
        await SiloLease.End(Database.Source, "ended", Stop);

        await UntilLost(lease);
        Assert.False(lease.IsHeld);
    }

    // A standby that took over is on another timeline; a backup is of the past, where the row may be another's by now.
    [Theory]
    [InlineData("timeline = 'FFFFFFFF'")]
    [InlineData("seen_at = seen_at - interval '1 ms'")]
    [InlineData("connections = 'referralgrains-another'")]
    public async Task One_whose_database_took_anothers_place_is_told_and_leaves_the_row_alone(string then)
    {
        await using var process = Database.Process();
        var lease = await Begin(process, "behind");
        await Database.Run($"update silo set {then} where name = 'behind'");

        await UntilLost(lease);
        Assert.False(lease.IsHeld);
        await lease.DisposeAsync();
        Assert.True(await Database.Ask<bool>("select ended_at is null from silo where name = 'behind'"));
    }

    [Fact]
    public async Task A_heartbeat_that_dies_is_noticed()
    {
        var process = Database.Process();
        await using var lease = await Begin(process);
        await Database.Run("select pg_terminate_backend(pid) from pg_stat_activity a join silo s on s.connections = a.application_name and s.name <> 'still'");
        await process.DisposeAsync();

        await UntilLost(lease);
        Assert.False(lease.IsHeld);
    }

    [Fact]
    public async Task The_right_to_answer_ends_with_its_term_when_it_cannot_be_renewed()
    {
        await using var process = Database.Process();
        await using var lease = await Begin(process);
        await using var rows = await HeldRows();

        await time.Tick(SiloLease.Term - TimeSpan.FromTicks(1));
        Assert.True(lease.IsHeld);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.False(lease.IsHeld);

        // It may have given its question up meanwhile, and asks again a beat later.
        await rows.DisposeAsync();
        await Eventually.Holds("it is held again", async () =>
        {
            if (!lease.IsHeld) await time.Tick(Beat);
            return lease.IsHeld;
        });
    }

    [Fact]
    public async Task A_renewal_counts_from_when_it_was_asked_for_not_from_when_it_was_answered()
    {
        await using var process = Database.Process();
        await using var lease = await Begin(process);
        var rows = await HeldRows();
        await time.Tick(Beat);
        await Eventually.Holds("the renewal waits", () => Database.Ask<bool>(
            "select exists (select from pg_stat_activity where datname = current_database() and query like 'update silo%' and wait_event_type = 'Lock')"));

        // The process sleeps through its term while its question is under way; when it wakes, it may have been ended since.
        time.Advance(SiloLease.Term);
        await rows.DisposeAsync();
        await time.Tick(TimeSpan.Zero);
        Assert.False(lease.IsHeld);
    }

    [Fact]
    public async Task A_suspended_machine_has_slept_though_its_running_clock_stood_still()
    {
        await using var process = Database.Process();
        await using var lease = await Begin(process);

        time.Suspend(SiloLease.Term);
        Assert.False(lease.IsHeld);
    }

    [Fact]
    public async Task One_that_slept_and_that_nobody_ended_goes_on_on_a_new_connection()
    {
        await using var process = Database.Process();
        await using var lease = await Begin(process);
        await Database.Run("select pg_terminate_backend(pid) from pg_stat_activity a join silo s on s.connections = a.application_name and s.name <> 'still'");
        time.Advance(SiloLease.Term);
        Assert.False(lease.IsHeld);

        await Eventually.Holds("it is renewed", async () =>
        {
            if (!lease.IsHeld) await time.Tick(Beat);
            return lease.IsHeld;
        });
        Assert.False(lease.Lost.IsCompleted);
    }

    [Fact]
    public async Task Connections_that_could_not_be_told_apart_are_refused()
    {
        await using var process = Database.Process();
        await using var lease = await Begin(process);
        await Assert.ThrowsAsync<PostgresException>(() => Begin(process, "another"));
        await Assert.ThrowsAsync<PostgresException>(() => Begin(Database.Source, "nameless"));
    }

    private Task<SiloLease> Begin(NpgsqlDataSource process, string name = "silo") =>
        SiloLease.Begin(process, name, "both", time, NullLogger.Instance, Stop);

    private async Task UntilLost(SiloLease lease) => await Eventually.Holds("it is told", async () =>
    {
        // It may be told of the last beat while the next is waited for, and then there is none.
        await Task.WhenAny(lease.Lost, time.Tick(Beat));
        return lease.Lost.IsCompleted;
    });

    // Whoever renews a row waits.
    private async Task<NpgsqlConnection> HeldRows()
    {
        var holder = await Database.Superuser.OpenConnectionAsync(Stop);
        await using var hold = new NpgsqlCommand("begin; select from silo for update", holder);
        await hold.ExecuteNonQueryAsync(Stop);
        return holder;
    }
}
