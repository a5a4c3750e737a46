using static ReferralGrains.Integration.Tests.Postgres.PostgresHouse;

namespace ReferralGrains.Integration.Tests.Postgres;

public sealed class LocalPostgresTests : IAsyncDisposable
{
    private readonly PostgresHouse house = new();

    public ValueTask DisposeAsync() => house.DisposeAsync();

    [Fact]
    public async Task What_was_written_is_there_after_a_stop_and_a_start()
    {
        var first = await house.Start();
        await Ask(first.OwnerConnectionString, "CREATE TABLE kept AS SELECT 42 AS answer");
        await first.Stop();
        Assert.Null(first.ProcessId);

        var second = await house.Start();
        Assert.Equal(42, await Ask(second.OwnerConnectionString, "SELECT answer FROM kept"));
    }

    [Fact]
    public async Task A_second_start_adopts_what_runs_and_only_the_last_user_stops_it()
    {
        var first = await house.Start();
        var process = first.ProcessId;
        var second = await house.Start();
        Assert.Equal(process, second.ProcessId);

        await second.Stop();
        Assert.Equal(process, first.ProcessId);
        Assert.Equal(1, await Ask(first.ConnectionString, "SELECT 1"));

        await first.Stop();
        Assert.Null(first.ProcessId);
    }

    [Fact]
    public async Task Starts_at_the_same_moment_share_one_server()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => house.Start()));
        Assert.NotNull(all[0].ProcessId);
        Assert.Single(all.Select(one => one.ProcessId).Distinct());
        Assert.Empty(Directory.GetDirectories(house.Folder, "pg.unfinished*"));
    }

    [Theory]
    [InlineData("kill -9")]
    [InlineData("pg_ctl stop -m immediate")]
    public async Task A_watched_server_that_dies_comes_back_with_all_that_was_committed(string death)
    {
        var postgres = await house.Start();
        using var stop = new CancellationTokenSource();
        var watch = postgres.Watch(stop.Token);
        await Ask(postgres.OwnerConnectionString, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id");
        var process = postgres.ProcessId;

        if (death == "kill -9") Kill(postgres);
        else await StopImmediately(postgres);

        Assert.Equal(1000L, await AskUntilAnswered(postgres.OwnerConnectionString, "SELECT count(*) FROM kept"));
        Assert.NotEqual(process, postgres.ProcessId);
        await stop.CancelAsync();
        await watch;
    }

    [Fact]
    public async Task A_backend_that_computes_on_after_a_kill_does_not_keep_the_server_away()
    {
        var postgres = await house.Start();
        var busy = Ask(postgres.ConnectionString, "SELECT count(*) FROM generate_series(1, 2000000000)");
        await Eventually.Holds("the backend computes", async () =>
            (long)(await Ask(postgres.OwnerConnectionString, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%2000000000)'"))! > 0);
        Kill(postgres);
        var watch = postgres.Watch(TestContext.Current.CancellationToken);

        Assert.Equal(1, await AskUntilAnswered(postgres.ConnectionString, "SELECT 1"));
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => busy);
        await postgres.Stop();
        await watch;
    }

    [Fact]
    public async Task A_stop_ends_the_watch_and_is_not_undone_by_it()
    {
        var postgres = await house.Start();
        var watch = postgres.Watch(TestContext.Current.CancellationToken);
        await postgres.Stop();
        await watch;
        Assert.Null(postgres.ProcessId);
    }

    [Fact]
    public async Task A_folder_with_a_long_path_gets_a_socket_with_a_short_one()
    {
        var postgres = await house.Start(new string('d', 120));
        Assert.Equal(1, await Ask(postgres.ConnectionString, "SELECT 1"));
        var sockets = (string)(await Ask(postgres.OwnerConnectionString, "SHOW unix_socket_directories"))!;
        Assert.DoesNotContain(house.Folder, sockets, StringComparison.Ordinal);
        await postgres.Stop();
        Directory.Delete(sockets);
    }
}
