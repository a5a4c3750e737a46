using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Tenants;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Integration.Tests.Silos;

/// <summary>A process that is a gateway alone is no member of the cluster: that it has died is seen by its silence.</summary>
public sealed class SilentSilosTests(PostgresServer server) : JournalTest(server), IAsyncLifetime
{
    private const string Insert = "insert into silo (name, role, connections, seen_at) values";

    private readonly FixedTime time = new(Rows.At);
    private readonly CancellationTokenSource enough = new();
    private NpgsqlDataSource process = null!;
    private Task watching = Task.CompletedTask;

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        process = Database.Process();
        watching = new SilentSilos(process, time, NullLogger<SilentSilos>.Instance).Watch(enough.Token);
        await time.Tick(TimeSpan.Zero);
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await enough.CancelAsync();
        await watching;
        await process.DisposeAsync();
        enough.Dispose();
        await DisposeAsync();
    }

    [Fact]
    public async Task One_that_is_silent_for_a_minute_is_ended_and_no_other()
    {
        await Database.Run($"{Insert} ('gone', 'gateway', 'referralgrains-gone', clock_timestamp() - interval '1 h')");
        await Look(SilentSilos.Looks - 1);
        Assert.Equal(["gone", "still"], await Living());

        await Look(1);
        Assert.Equal(["still"], await Living());
    }

    [Fact]
    public async Task One_that_renews_its_row_now_and_then_is_not_silent()
    {
        await Database.Run($"{Insert} ('slow', 'gateway', 'referralgrains-slow', clock_timestamp() - interval '1 h')");
        for (var i = 0; i < 3; i++)
        {
            await Look(SilentSilos.Looks - 1);
            await Database.Run("update silo set seen_at = seen_at + interval '10 min' where name = 'slow'");
        }

        Assert.Equal(["slow", "still"], await Living());
    }

    // Nobody could renew a row then, so all of them are as old as the outage is long.
    [Fact]
    public async Task After_an_outage_all_have_their_minute_again()
    {
        await Database.Run($"{Insert} ('slow', 'gateway', 'referralgrains-slow', clock_timestamp() - interval '1 h')");
        await Look(SilentSilos.Looks - 1);
        var name = await Database.Ask<string>("select current_database()::text");
        await Database.Run($"alter database {name} connection limit 0");
        await Database.Run("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'grains'");
        await Look(1);
        await Database.Run($"alter database {name} connection limit -1");

        await Look(SilentSilos.Looks - 1);
        Assert.Equal(["slow", "still"], await Living());
        await Look(1);
        Assert.Equal(["still"], await Living());
    }

    // The next round begins to wait when the one before is over.
    private async Task Look(int times)
    {
        for (var i = 0; i < times; i++)
        {
            time.Advance(SilentSilos.Pause);
            await time.Tick(TimeSpan.Zero);
        }
    }

    private async Task<string[]> Living() => (await Database.Ask<string>("select string_agg(name, ' ' order by name) from silo where ended_at is null")).Split(' ');
}
