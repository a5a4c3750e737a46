using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Tenants;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rule 8: snapshots are written rarely and never backwards, and a lost one costs a replay, never money.</summary>
public sealed class SnapshotTests(PostgresServer server) : JournalTest(server), IAsyncLifetime
{
    private static readonly StreamKey Key = new(1, 2, "program", "anna");
    private StreamLoader loader = null!;
    private StreamId stream;

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        await Database.Run("insert into tenant (name) values ('one')");
        loader = new(Database.Source);
        stream = (await loader.Load(Key)).Stream;
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await loader.DisposeAsync();
        await DisposeAsync();
    }

    [Fact]
    public async Task A_snapshot_never_goes_backwards_but_one_of_another_fold_takes_its_place()
    {
        await Keep(100, fold: 1);
        await Keep(50, fold: 1);
        Assert.Equal("100 1", await Kept());
        await Keep(150, fold: 1);
        Assert.Equal("150 1", await Kept());
        await Keep(60, fold: 2);
        Assert.Equal("60 2", await Kept());
    }

    [Fact]
    public async Task A_snapshot_waits_until_no_commit_is_under_way()
    {
        var (busy, time) = (true, new FixedTime(Rows.At));
        await using var snapshots = new Snapshots(Database.Source, () => Volatile.Read(ref busy), time, NullLogger<Snapshots>.Instance);
        snapshots.Offer(stream, 50, 1, "{}");
        for (var i = 0; i < 10; i++) await time.Tick(TimeSpan.FromMilliseconds(50));
        Assert.Null(await Kept());

        Volatile.Write(ref busy, false);
        await time.Tick(TimeSpan.FromMilliseconds(50));
        await Eventually.Holds("the snapshot is kept", async () => await Kept() == "50 1");
    }

    [Fact]
    public async Task A_stream_is_loaded_from_its_snapshot_and_the_rows_after_it()
    {
        await Write(5);
        await Keep(3, fold: 1);

        var loaded = await loader.Load(Key);
        Assert.Equal((3, 1), (loaded.Snapshot!.Value.Seq, loaded.Snapshot.Value.Fold));
        Assert.Equal([4, 5], loaded.Rows.Select(row => row.Seq));
        var whole = await loader.LoadWhole(Key);
        Assert.Null(whole.Snapshot);
        Assert.Equal([1, 2, 3, 4, 5], whole.Rows.Select(row => row.Seq));
    }

    [Fact]
    public async Task A_snapshot_that_is_written_while_its_stream_is_loaded_hides_no_row()
    {
        await Write(5);
        await using var holder = await Database.Superuser.OpenConnectionAsync(Stop);
        await using var holding = await holder.BeginTransactionAsync(Stop);
        await Run(holder, "lock table event in access exclusive mode");
        var loading = loader.Load(Key);
        await Eventually.Holds("it waits for a lock", () => Database.Ask<bool>("select exists (select from pg_locks where relation = 'event'::regclass and not granted)"));
        await Run(holder, $"insert into snapshot (stream, seq, fold, data) values ({stream}, 3, 1, '{{}}')");
        await holding.CommitAsync(Stop);

        var loaded = await loading;
        Assert.Equal(Enumerable.Range((loaded.Snapshot?.Seq ?? 0) + 1, 5 - (loaded.Snapshot?.Seq ?? 0)), loaded.Rows.Select(row => row.Seq));
    }

    [Fact]
    public async Task A_load_that_failed_leaves_nothing_open_on_its_connection()
    {
        await Write(1);
        await using var one = NpgsqlDataSource.Create(Database.ConnectionString + ";MaxPoolSize=1;NoResetOnClose=true;Options=-c lock_timeout=100");
        await using var impatient = new StreamLoader(one);
        await using (var holder = await Database.Superuser.OpenConnectionAsync(Stop))
        {
            await using var holding = await holder.BeginTransactionAsync(Stop);
            await Run(holder, "lock table event in access exclusive mode");
            await Assert.ThrowsAsync<PostgresException>(() => impatient.Load(Key));
        }

        Assert.Equal(stream, (await impatient.Load(Key)).Stream);
        Assert.NotEqual(stream, (await impatient.Load(Key with { Second = "ben" })).Stream);
    }

    private async Task Write(int rows) => Assert.Equal(
        AppendOutcome.Committed, await Writer.Append(Rows.Begin(stream.Value, Key, [.. Enumerable.Range(1, rows).Select(i => Rows.Sale($"a{i}"))])));

    // What was offered is written before the end.
    private async Task Keep(int seq, short fold)
    {
        await using var snapshots = new Snapshots(Database.Source, static () => false, TimeProvider.System, NullLogger<Snapshots>.Instance);
        snapshots.Offer(stream, seq, fold, "{}");
    }

    private Task<string?> Kept() => Database.Ask<string?>("select concat_ws(' ', seq, fold) from snapshot");

    private static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Stop);
    }
}
