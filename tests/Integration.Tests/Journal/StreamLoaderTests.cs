using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>How streams are loaded.</summary>
public sealed class StreamLoaderTests(PostgresServer server) : JournalTest(server), IAsyncLifetime
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
    public async Task A_short_stream_is_loaded_whole_at_once()
    {
        await Write(5);
        var loaded = await loader.Load(Key);
        Assert.Equal((stream, 5), (loaded.Stream, loaded.Head));
        Assert.Equal([1, 2, 3, 4, 5], loaded.Rows!.Select(row => row.Seq));
    }

    [Fact]
    public async Task Of_a_long_stream_only_the_head_is_told_and_rows_are_read_after_any_of_them()
    {
        await Write(loader.FewRows + 1);
        var loaded = await loader.Load(Key);
        Assert.Equal((loader.FewRows + 1, null), (loaded.Head, loaded.Rows));
        Assert.Equal(Enumerable.Range(1, loader.FewRows + 1), (await loader.Tail(stream, after: 0)).Rows.Select(row => row.Seq));
        var tails = await Task.WhenAll(loader.Tail(stream, loader.FewRows - 1), loader.Tail(stream, loader.FewRows + 1), loader.Tail(stream, loader.FewRows + 2));
        Assert.Equal([loader.FewRows, loader.FewRows + 1], tails[0].Rows.Select(row => row.Seq));
        Assert.Empty(tails[1].Rows);
        Assert.Equal([Rows.At, Rows.At, null], tails.Select(static tail => tail.At));
    }

    // Nothing of a stream may be kept, and then all of it is read again.
    [Fact]
    public async Task However_long_a_stream_is_only_some_of_its_rows_are_read_at_once()
    {
        await Write(95);
        await using var frugal = new StreamLoader(Database.Source) { TailRowsPerQuery = 40 };
        List<StreamTail> pages = [await frugal.Tail(stream, after: 0)];
        while (pages[^1].GoesOn) pages.Add(await frugal.Tail(stream, pages[^1].Rows[^1].Seq));
        Assert.Equal([40, 40, 15], pages.Select(static page => page.Rows.Count));
        Assert.Equal(Enumerable.Range(1, 95), await frugal.ToTheEnd(stream, pages[0]).Select(static row => row.Seq).ToListAsync(Stop));
    }

    [Fact]
    public async Task Long_streams_that_are_read_in_one_query_share_what_it_may_read()
    {
        await Write(95);
        await using var frugal = new StreamLoader(Database.Source) { TailRowsPerQuery = 40 };
        var first = new List<Task<StreamTail>>();
        Task<StreamTail[]> others;
        await using (var holder = await Database.Superuser.OpenConnectionAsync(Stop))
        {
            // While all queries that may be under way at once are held up, the next who ask gather.
            await using var holding = await holder.BeginTransactionAsync(Stop);
            await Run(holder, "lock table event in access exclusive mode");
            for (var waiting = 1; waiting <= 2; waiting++)
            {
                first.Add(frugal.Tail(stream, after: 0));
                var expected = waiting;
                await Eventually.Holds("it is held up", async () =>
                    await Database.Ask<long>("select count(*) from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and l.relation = 'event'::regclass and not l.granted") == expected);
            }

            others = Task.WhenAll(Enumerable.Range(0, 20).Select(after => frugal.Tail(stream, after)));
        }

        Assert.All(await Task.WhenAll(first), static tail => Assert.Equal(40, tail.Rows.Count));
        Assert.Equal(Enumerable.Range(0, 20).Select(static after => (after + 1, 2)), (await others).Select(static tail => (tail.Rows[0].Seq, tail.Rows.Count)));
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
            await Assert.ThrowsAsync<JournalUnavailableException>(() => impatient.Load(Key));
        }

        Assert.Equal(stream, (await impatient.Load(Key)).Stream);
        Assert.NotEqual(stream, (await impatient.Load(Key with { Second = "ben" })).Stream);
    }

    private async Task Write(int rows) => Assert.Equal(
        AppendOutcome.Committed, await Writer.Append(Rows.Begin(stream.Value, Key, [.. Enumerable.Range(1, rows).Select(i => Rows.Sale($"a{i}"))])));

    private static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Stop);
    }
}
