using Npgsql;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Integration.Tests.Silos;

/// <summary>A silo that was ended, or that was not renewed in time, writes nothing of any kind.</summary>
public sealed class FencedTests(PostgresServer server) : JournalTest(server)
{
    private NpgsqlDataSource process = null!;
    private long silo;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        process = Database.Process();
        await using var connection = await process.OpenConnectionAsync(Stop);
        await using var begin = new NpgsqlCommand(
            "insert into silo (name, role, connections, seen_at) values ('silo', 'test', current_setting('application_name'), 'infinity') returning id", connection);
        silo = (long)(await begin.ExecuteScalarAsync(Stop))!;
    }

    public override async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("ended_at = clock_timestamp()")]
    [InlineData("seen_at = clock_timestamp() - interval '3 s'")]
    [InlineData("timeline = 'FFFFFFFF'")]
    public async Task It_commits_nothing(string fenced)
    {
        await using var writer = NewWriter(process, silo);
        await writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));
        await Database.Run($"update silo set {fenced} where id = {silo}");

        await Assert.ThrowsAsync<LeaseLostException>(() => writer.Append(Rows.Append(1, 2, Rows.Sale("b", 2))));
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Rows.Append(1, 2, Rows.Sale("c", 4))));
        Assert.Equal((2L, 5L), (await RowsOf(1), await Pending(Rows.Referrer.Value)));
    }

    [Fact]
    public async Task It_changes_no_tenant_no_key_and_no_clock()
    {
        var tenants = new Storage.Tenants.Tenants(process, new StillLease(silo), TimeProvider.System);
        var sandbox = Assert.IsType<TenantCreation.Created>(await tenants.Create(new("sandbox"), sandbox: true, Rows.At, Stop)).Tenant.Number;
        var secret = ApiKeySecret.Create();
        var key = await tenants.AddKey(sandbox, KeyRole.Read, secret, null, Stop);
        await Database.Run($"update silo set ended_at = clock_timestamp() where id = {silo}");
        var before = await Everything();

        await Assert.ThrowsAsync<LeaseLostException>(() => tenants.Create(new("late"), sandbox: false, null, Stop));
        await Assert.ThrowsAsync<LeaseLostException>(() => tenants.AddKey(sandbox, KeyRole.Read, ApiKeySecret.Create(), null, Stop));
        await Assert.ThrowsAsync<LeaseLostException>(() => tenants.RevokeKey(key.Id, sandbox, Stop));
        await Assert.ThrowsAsync<LeaseLostException>(() => tenants.Advance(sandbox, Rows.At.AddDays(1), Stop));
        Assert.Equal(before, await Everything());
    }

    [Fact]
    public async Task What_it_held_in_mid_commit_is_let_go_when_it_is_ended()
    {
        // As a process that is stopped when half of its commit is sent.
        await using var stopped = await process.OpenConnectionAsync(Stop);
        await using (var half = new NpgsqlCommand($"begin; select enter({silo}, true); insert into commit (id, silo) values (7, {silo})", stopped))
            await half.ExecuteNonQueryAsync(Stop);
        var waiting = Writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));
        await Eventually.Holds("another waits for it", () => Database.Ask<bool>(
            "select exists (select from pg_locks where locktype = 'advisory' and classid = 7237010 and not granted "
            + "and database = (select oid from pg_database where datname = current_database()))"));

        await SiloLease.End(Database.Source, silo, Stop);
        Assert.Equal(AppendOutcome.Committed, await waiting);
        Assert.Equal(0, await Database.Ask<long>("select count(*) from commit where id = 7"));

        // When it wakes, its transaction is gone.
        await using var rest = new NpgsqlCommand("commit", stopped);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => rest.ExecuteNonQueryAsync(Stop));
    }

    [Fact]
    public async Task Ending_one_leaves_the_connections_of_the_others_alone()
    {
        await using var neighbour = Database.Process();
        await using var alive = await neighbour.OpenConnectionAsync(Stop);
        await SiloLease.End(Database.Source, silo, Stop);

        await using var ask = new NpgsqlCommand("select 1", alive);
        Assert.Equal(1, await ask.ExecuteScalarAsync(Stop));
    }

    [Fact]
    public async Task The_connections_of_a_living_silo_cannot_be_ended()
    {
        await using var alive = await process.OpenConnectionAsync(Stop);
        await using (var end = Database.Source.CreateCommand($"select end_connections({silo})")) Assert.Equal(0L, await end.ExecuteScalarAsync(Stop));

        await using var ask = new NpgsqlCommand("select 1", alive);
        Assert.Equal(1, await ask.ExecuteScalarAsync(Stop));
    }

    [Fact]
    public async Task A_commit_whose_connection_broke_is_not_claimed_by_one_that_has_ended()
    {
        await using var proxy = new CuttingProxy(Database.ConnectionString);
        await using var writer = NewWriter(proxy.Source, silo);
        await writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1)));
        await using (var gate = await CommitGate.Close(Database))
        {
            var underWay = writer.Append(Rows.Append(1, 2, Rows.Sale("b", 2)));
            await gate.UntilSomebodyWaits();
            await Database.Run($"update silo set ended_at = clock_timestamp() where id = {silo}");
            await Database.Run(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 7237010 and not granted "
                + "and database = (select oid from pg_database where datname = current_database())");
            await Assert.ThrowsAsync<OutcomeUnknownException>(() => underWay);
        }

        Assert.Equal((1L, 0L), (await RowsOf(1), await Database.Ask<long>("select count(*) from commit where tombstone")));
    }

    private Task<string> Everything() => Database.Ask<string>(
        "select (select string_agg(t::text, ',' order by id) from tenant t) || (select string_agg(k::text, ',' order by id) from api_key k)");
}
