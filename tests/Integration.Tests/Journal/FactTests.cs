using System.Text;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Tenants;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

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
    public async Task A_fact_that_is_new_waits_for_nobody()
    {
        await using var under = await Database.Source.OpenConnectionAsync(Stop);
        await using var way = await under.BeginTransactionAsync(Stop);
        await using (var enter = new NpgsqlCommand("select enter(1, false)", under)) await enter.ExecuteNonQueryAsync(Stop);

        await Change(1).WaitAsync(Eventually.Patience, Stop);
        Assert.Equal(1, await Database.Ask<int>("select version from fact"));
    }

    [Fact]
    public async Task What_is_confirmed_was_in_force_within_the_last_second()
    {
        await using var world = await JournalWorld.Create(Database, "one", Terms.Percent(10_00));
        var time = new FixedTime(Rows.At);
        await using var facts = new PostgresFacts(Database.Source, time);
        var rita = (await facts.Referrer(world.Tenant, Rita, Stop))!;
        FactRead[] reads = [new(rita.Stream, rita.Version), new(world.Program.Stream, world.Program.Revision)];
        Assert.True(await facts.Confirm(reads));

        // Another process changes it. For a second nobody asks; then it is known, and read again.
        await Database.Run($"update fact set version = 2, body = replace(body::text, '\"version\":1', '\"version\":2')::json where stream = {rita.Stream.Value}");
        time.Advance(Moment.Recent - TimeSpan.FromTicks(1));
        Assert.True(await facts.Confirm([reads[0]]));
        Assert.Equal(1, (await facts.Referrer(world.Tenant, Rita, Stop))!.Version);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.False(await facts.Confirm([reads[0]]));
        Assert.Equal(2, (await facts.Referrer(world.Tenant, Rita, Stop))!.Version);
        Assert.True(await facts.Confirm([reads[0] with { Version = 2 }]));
    }

    [Fact]
    public async Task The_terms_of_a_program_are_those_of_a_second_ago_at_most()
    {
        await using var world = await JournalWorld.Create(Database, "one", Terms.Percent(10_00));
        var time = new FixedTime(Rows.At);
        await using var facts = new PostgresFacts(Database.Source, time);
        var terms = await facts.Program(world.Tenant, new("program"), Stop);
        time.Advance(Moment.Recent);
        Assert.Same(terms, await facts.Program(world.Tenant, new("program"), Stop));

        await Database.Run($"update fact set version = version + 1, body = replace(body::text, '\"Program\"', '\"Renamed\"')::json where stream = {world.Program.Stream.Value}");
        time.Advance(Moment.Recent);
        Assert.Equal("Renamed", (await facts.Program(world.Tenant, new("program"), Stop))!.Name);
    }

    [Fact]
    public async Task Terms_of_half_a_second_ago_are_read_again_while_nobody_waits()
    {
        await using var world = await JournalWorld.Create(Database, "one", Terms.Percent(10_00));
        var time = new FixedTime(Rows.At);
        await using var facts = new PostgresFacts(Database.Source, time);
        var terms = await facts.Program(world.Tenant, new("program"), Stop);
        await Database.Run($"update fact set version = version + 1, body = replace(body::text, '\"Program\"', '\"Renamed\"')::json where stream = {world.Program.Stream.Value}");

        time.Advance(Moment.Recent * 0.6);
        var asked = facts.Program(world.Tenant, new("program"), Stop);
        Assert.True(asked.IsCompletedSuccessfully);
        Assert.Same(terms, await asked);
        await Eventually.Holds("it was read again", async () => (await facts.Program(world.Tenant, new("program"), Stop))!.Name == "Renamed");
    }

    // A question that is answered while the fact moves must leave nothing that no Forget reaches: decisions on it could never hold.
    [Fact]
    public async Task Whatever_was_being_read_while_a_fact_moved_is_forgotten_with_it()
    {
        await using var world = await JournalWorld.Create(Database, "one", Terms.Percent(10_00));
        await using var facts = new PostgresFacts(Database.Source, TimeProvider.System);
        var stream = (await facts.Referrer(world.Tenant, Rita, Stop))!.Stream;
        for (var version = 2; version < 60; version++)
        {
            facts.Forget(stream);
            var reading = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
                i % 2 == 0 ? await facts.Referrer(world.Tenant, Rita, Stop) : await facts.Referrer(world.Tenant, stream, Stop), Stop)).ToList();
            while (!reading.TrueForAll(static task => task.IsCompleted)) facts.Forget(stream);
            await Database.Run($"update fact set version = {version}, body = replace(body::text, '\"version\":{version - 1}', '\"version\":{version}')::json where stream = {stream.Value}");
            await Task.WhenAll(reading);
            facts.Forget(stream);
            Assert.Equal(version, (await facts.Referrer(world.Tenant, Rita, Stop))!.Version);
            Assert.Equal(version, (await facts.Referrer(world.Tenant, stream, Stop))!.Version);
        }
    }

    [Fact]
    public async Task The_head_of_a_stream_is_its_last_row()
    {
        await using var loader = new StreamLoader(Database.Source);
        await Database.Run("insert into tenant (name) values ('one')");
        StreamKey Key(long stream) => new(1, 2, "program", $"referee{stream}");
        await Writer.Append(Rows.Begin(1, Key(1), Rows.Sale("a"), Rows.Sale("b")));
        await Writer.Append(Rows.Begin(3, Key(3), Rows.Sale("c")));

        var heads = await Task.WhenAll(new long[] { 1, 2, 3, 1 }.Select(stream => loader.Head(Key(stream))));
        Assert.Equal([2, 0, 1, 2], heads);
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
        Streams = [new(new(stream), 1, [Rows.Sale($"a{stream}") with { Data = Encoding.UTF8.GetBytes($$"""{"version":{{version}}}""") }])],
        Reads = [new(Program, version)],
    };

    private static Append Due(int seq, DateTimeOffset? at) =>
        new() { Tenant = 1, Streams = Rows.Append(1, seq, Rows.Sale($"due{seq}")).Streams, SideRows = [SideRows.Of<DueChange>([new(new(1), at)])] };

    private async Task Change(int version) => Assert.Equal(AppendOutcome.Committed, await Writer.Append(new()
    {
        Tenant = 1,
        Streams = [new(Program, version, [Rows.Sale(null)])],
        Facts = [new(Program, version, "{}")],
    }));
}
