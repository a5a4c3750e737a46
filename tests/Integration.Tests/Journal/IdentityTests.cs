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
        await using var again = new StreamLoader(Database.Source);
        Assert.Equal(streams.Select(loaded => loaded.Stream), (await Task.WhenAll(keys.Select(again.Load))).Select(loaded => loaded.Stream));
    }

    [Fact]
    public async Task A_stream_that_many_ask_for_at_once_has_one_number()
    {
        await using var other = new StreamLoader(Database.Source);
        var streams = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? loader : other).Load(new(1, 2, $"a{i / 20}", "b"))));

        Assert.Equal(10, streams.Select(loaded => loaded.Stream).Distinct().Count());
        Assert.Equal(10, await Database.Ask<long>("select count(*) from stream"));
    }

    [Theory]
    [InlineData("stream", "a")]
    [InlineData("stream", "b")]
    [InlineData("event", "action_id")]
    [InlineData("action_conflict", "action_id")]
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
