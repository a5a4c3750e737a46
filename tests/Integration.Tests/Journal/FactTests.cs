using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>A decision travels with the versions of the facts that it relied on, and what follows from it commits with it.</summary>
public sealed class FactTests(PostgresServer server) : JournalTest(server)
{
    private const string Waiting =
        "select count(*) from pg_locks where locktype = 'advisory' and classid = 7237010 and not granted "
        + "and database = (select oid from pg_database where datname = current_database())";

    private static readonly StreamId Program = new(900);
    private static readonly CallerId Rita = new("rita");
    private static readonly CallerId Tom = new("tom");

    [Fact]
    public async Task A_decision_on_an_old_fact_is_refused_and_the_rest_of_its_batch_commits()
    {
        await Change(1);
        await Change(2);

        var outcomes = await Together(Relying(1, version: 1), Relying(2, version: 2), Rows.Append(3, 1, Rows.Sale("plain")));
        Assert.Equal([AppendOutcome.FactMoved, AppendOutcome.Committed, AppendOutcome.Committed], outcomes);
        Assert.Equal((0, 1), (await RowsOf(1), await RowsOf(2)));
        Assert.Equal(AppendOutcome.FactMoved, await Writer.Append(Relying(4, version: 3)));
    }

    [Fact]
    public async Task A_fact_changes_alone_so_that_no_commit_under_way_relies_on_the_old_one()
    {
        await Change(1);
        await using var under = await Database.Source.OpenConnectionAsync(Stop);
        await using var way = await under.BeginTransactionAsync(Stop);
        await using (var enter = new NpgsqlCommand("select enter(1, false)", under)) await enter.ExecuteNonQueryAsync(Stop);

        var changing = Change(2);
        await Eventually.Holds("the change waits", async () => changing.IsCompleted || await Database.Ask<long>(Waiting) > 0);
        Assert.False(changing.IsCompleted);
        await way.CommitAsync(Stop);
        await changing;
    }

    [Fact]
    public async Task A_due_row_moves_and_goes_with_the_append_that_says_so()
    {
        await Writer.Append(Due(1, Rows.At.AddDays(3)));
        Assert.Equal(Rows.At.AddDays(3).UtcDateTime, await Database.Ask<DateTime>("select at from due where stream = 1"));
        await Writer.Append(Due(2, Rows.At.AddDays(2)));
        Assert.Equal(Rows.At.AddDays(2).UtcDateTime, await Database.Ask<DateTime>("select at from due where stream = 1"));

        Assert.Equal(AppendOutcome.StreamMoved, await Writer.Append(Due(2, null)));
        Assert.Equal(1, await Database.Ask<long>("select count(*) from due"));
        await Writer.Append(Due(3, null));
        Assert.Equal(0, await Database.Ask<long>("select count(*) from due"));
    }

    [Fact]
    public async Task Facts_are_those_of_the_tenant_that_asks()
    {
        await using var ours = await JournalWorld.Create(Database, "ours", Terms.Percent(10_00));
        await using var theirs = await JournalWorld.Create(Database, "theirs", Terms.Percent(20_00));
        await theirs.AddReferrer("tom");
        await using var facts = new PostgresFacts(Database.Source, TimeProvider.System);

        // Twice: from the database and from the cache.
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(ours.Program.Stream, (await facts.Program(ours.Tenant, new("program"), Stop))!.Stream);
            Assert.Equal(theirs.Program.Stream, (await facts.Program(theirs.Tenant, new("program"), Stop))!.Stream);
            var rita = (await facts.Referrer(ours.Tenant, Rita, Stop))!.Stream;
            Assert.NotEqual(rita, (await facts.Referrer(theirs.Tenant, Rita, Stop))!.Stream);
            Assert.Equal("tom", (await facts.Referrer(theirs.Tenant, Tom, Stop))!.Id.Value);
            Assert.Null(await facts.Referrer(ours.Tenant, Tom, Stop));
            Assert.Null(await facts.Referrer(theirs.Tenant, rita, Stop));
        }
    }

    private static Append Relying(long stream, int version) => new()
    {
        Tenant = 1,
        Streams = [new(new(stream), 1, [Rows.Sale($"a{stream}") with { Data = $$"""{"version":{{version}}}""" }])],
        Reads = [new(Program, version)],
    };

    private static Append Due(int seq, DateTimeOffset? at) =>
        new() { Tenant = 1, Streams = Rows.Append(1, seq, Rows.Sale($"due{seq}")).Streams, Due = [new(new(1), at)] };

    private async Task Change(int version) => Assert.Equal(AppendOutcome.Committed, await Writer.Append(new()
    {
        Tenant = 1,
        Streams = [new(Program, version, [Rows.Sale(null)])],
        Facts = [new(Program, version, "{}")],
    }));
}
