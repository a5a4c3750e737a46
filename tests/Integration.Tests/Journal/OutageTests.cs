using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>Whatever grains and the sweeper ask of a database that is not there, they hear the same, and nothing of its driver.</summary>
public sealed class OutageTests : IAsyncDisposable
{
    // Nobody listens on port 1.
    private readonly NpgsqlDataSource nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=grains;Timeout=5");

    [Fact]
    public async Task Every_question_says_that_the_journal_is_unavailable()
    {
        await using var loader = new StreamLoader(nowhere);
        await using var facts = new PostgresFacts(nowhere, TimeProvider.System);
        var key = new StreamKey(1, 2, "program", "referee");
        var stop = TestContext.Current.CancellationToken;

        await Unavailable(() => loader.Load(key));
        await Unavailable(() => loader.Tail(new(1), after: 0));
        await Unavailable(() => loader.Head(key));
        await Unavailable(() => facts.Confirm([new(new(1), 1)]).AsTask());
        await Unavailable(() => loader.Actions(1, [new("action")]));
        await Unavailable(() => facts.Program(1, new("program"), stop).AsTask());
        await Unavailable(() => facts.ProgramOfRule(1, new("rule"), stop));
        await Unavailable(() => facts.Parked(1, stop).AsTask());
        await Unavailable(() => facts.Referrer(1, new CallerId("referrer"), stop).AsTask());
        await Unavailable(() => facts.Referrer(1, new StreamId(7), stop).AsTask());
        await Unavailable(() => new DueReader(nowhere).Read(0, 1, DateTimeOffset.UnixEpoch, after: null, limit: 1, stop));
        await Unavailable(() => new TallySource(nowhere).Sum(new(1), new(2)));
    }

    public ValueTask DisposeAsync() => nowhere.DisposeAsync();

    private static async Task Unavailable(Func<Task> question) => await Assert.ThrowsAsync<JournalUnavailableException>(question);
}
