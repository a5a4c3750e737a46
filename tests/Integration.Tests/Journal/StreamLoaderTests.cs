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
