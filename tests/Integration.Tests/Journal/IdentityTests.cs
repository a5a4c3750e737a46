using ReferralGrains.Domain.Referrals;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rule 6: identity is columns, never joined text.</summary>
public sealed class IdentityTests(PostgresServer server) : JournalTest(server), IAsyncLifetime
{
    private StreamLoader loader = null!;

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        await Database.Run("insert into tenant (name) values ('one'), ('two')");
        loader = new(Database.Source);
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await loader.DisposeAsync();
        await DisposeAsync();
    }

    [Fact]
    public async Task Ids_that_hold_separators_are_never_confused()
    {
        StreamKey[] keys =
        [
            new(1, 2, "a|b", "c"), new(1, 2, "a", "b|c"), new(1, 2, "a:b", "c"), new(1, 2, "a", "b:c"), new(1, 2, "a:b:c", ""), new(1, 3, "a:b:c", ""),
            new(2, 2, "a:b:c", ""), new(1, 2, "A:B:C", ""), new(1, 2, "a", "b,c"), new(1, 2, "a,b", "c"), new(1, 2, "a ", "b"), new(1, 2, "a", " b"),
            new(1, 2, "a\"", "b"), new(1, 2, "a", "\"b"), new(1, 2, "a\\", "b"), new(1, 2, "a", "\\b"), new(1, 2, "ä", "b"), new(1, 2, "a\u0308", "b"),
        ];
        var streams = await Task.WhenAll(keys.Select(loader.Load));
        Assert.Equal(keys.Length, streams.Select(loaded => loaded.Stream).Distinct().Count());
        foreach (var (key, loaded) in keys.Zip(streams))
            Assert.Equal(AppendOutcome.Committed, await Writer.Append(Rows.Begin(loaded.Stream.Value, key, Rows.Sale(null))));

        await using var again = new StreamLoader(Database.Source);
        Assert.Equal(streams.Select(loaded => loaded.Stream), (await Task.WhenAll(keys.Select(again.Load))).Select(loaded => loaded.Stream));
    }

    [Fact]
    public async Task Of_many_that_begin_a_stream_at_once_one_does_and_the_others_find_it()
    {
        await using var other = NewWriter(Database.Source);
        await using var there = new StreamLoader(Database.Source);
        for (var round = 0; round < 20; round++)
        {
            var key = new StreamKey(1, 2, $"a{round}", "b");
            var numbers = (await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? loader : there).Load(key)))).Select(loaded => loaded.Stream.Value).ToList();
            var outcomes = await Task.WhenAll(numbers.Select((number, i) => (i % 2 == 0 ? Writer : other).Append(Rows.Begin(number, key, Rows.Sale(null)))));

            Assert.Single(outcomes, AppendOutcome.Committed);
            Assert.Equal(5, outcomes.Count(outcome => outcome == AppendOutcome.StreamMoved));
            Assert.Equal(numbers[Array.IndexOf(outcomes, AppendOutcome.Committed)], (await loader.Load(key)).Stream.Value);
        }
    }

    [Fact]
    public async Task Of_two_in_one_batch_that_begin_a_stream_the_first_stands()
    {
        var key = new StreamKey(1, 2, "a", "b");
        Assert.Equal(
            [AppendOutcome.Committed, AppendOutcome.StreamMoved, AppendOutcome.Committed],
            await Together(Rows.Begin(1, key, Rows.Sale("a")), Rows.Begin(2, key, Rows.Sale("b")), Rows.Begin(3, key with { Second = "c" }, Rows.Sale("c"))));
        Assert.Equal(2, await Database.Ask<long>("select count(*) from stream"));
    }

    [Fact]
    public async Task What_is_only_asked_for_leaves_no_row()
    {
        var streams = await Task.WhenAll(Enumerable.Range(0, 2_500).Select(i => loader.Load(new(1, 2, $"a{i}", "b"))));

        Assert.Equal(2_500, streams.Select(loaded => loaded.Stream).Distinct().Count());
        Assert.Equal(0, await Database.Ask<long>("select count(*) from stream"));
    }

    [Theory]
    [InlineData("stream", "a")]
    [InlineData("stream", "b")]
    [InlineData("event", "action_id")]
    [InlineData("action_conflict", "action_id")]
    [InlineData("action_moved", "action_id")]
    [InlineData("referrer", "code")]
    [InlineData("tenant", "name")]
    [InlineData("asset", "name")]
    [InlineData("rule", "id")]
    public async Task What_callers_named_is_compared_byte_by_byte(string table, string column) =>
        Assert.Equal("C", await Database.Ask<string>(
            $"select c.collname::text from pg_attribute a join pg_collation c on c.oid = a.attcollation where a.attrelid = '{table}'::regclass and a.attname = '{column}'"));

    [Fact]
    public async Task An_action_is_found_by_exactly_its_id()
    {
        var parked = GoldenEvents.Write(GoldenEvents.All.OfType<ActionParked>().Single());
        await Writer.Append(Rows.Append(1, 1, parked with { ActionId = new("a:b") }, parked with { ActionId = new("a.b") }));

        Assert.Equal(2, (await loader.Actions(1, [new("a.b")])).Single().Seq);
        Assert.Empty(await loader.Actions(1, [new("A.b"), new("a"), new("a_b")]));
        Assert.Empty(await loader.Actions(2, [new("a.b")]));
    }
}
