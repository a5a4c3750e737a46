using Microsoft.Extensions.Logging.Abstractions;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Tenants;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Reports;

/// <summary>What figures are read from is summed behind the journal.</summary>
public sealed class FigureSumsTests(PostgresServer server)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commits_go_first_but_not_for_ever()
    {
        await using var database = await JournalDatabase.Create(server);
        await using var writer = new JournalWriter(
            database.Source, new Assets(database.Source), new StillLease(), TimeProvider.System, NullLogger<JournalWriter>.Instance);
        for (var i = 1; i <= 170; i++) await writer.Append(Rows.Append(i, 1, Rows.Sale($"a{i}")));
        await database.SealAll();

        var (busy, time) = (true, new FixedTime(Rows.At));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var watch = new FigureSums(database.Source, new StillLease(), () => busy, time).Watch(end.Token);
        await UntilSummed(50);
        await time.Tick(FigureSums.Pause);
        await UntilSummed(100);
        busy = false;
        await time.Tick(FigureSums.Pause);
        await UntilSummed(170);
        await end.CancelAsync();
        await watch;

        Task UntilSummed(long position) => Eventually.Holds($"{position} commits are summed", async () =>
        {
            var summed = await database.Ask<long>("select position from figure_position");
            Assert.True(summed <= position, $"{summed} commits were summed when {position} were to be.");
            return summed == position;
        });
    }

    [Fact]
    public async Task Under_a_load_that_lasts_they_stay_a_minute_behind_and_no_more()
    {
        await using var database = await JournalDatabase.Create(server);
        await Commits(1, 120, old: true);
        var time = new FixedTime(Rows.At);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var watch = new FigureSums(database.Source, new StillLease(), () => true, time).Watch(end.Token);
        await UntilSummed(120);
        await Commits(121, 220, old: true);
        await Commits(221, 400, old: false);
        await time.Tick(TimeSpan.FromSeconds(1));
        await UntilSummed(220);
        await end.CancelAsync();
        await watch;

        async Task Commits(int from, int to, bool old)
        {
            await database.Run($"insert into commit (id, silo, committed_at) select n, 0, now() - interval '{(old ? 90 : 0)} s' from generate_series({from}, {to}) n");
            await database.SealAll();
        }

        Task UntilSummed(long position) => Eventually.Holds($"{position} commits are summed", async () =>
        {
            var summed = await database.Ask<long>("select position from figure_position");
            Assert.True(summed <= position, $"{summed} commits were summed when {position} were to be.");
            return summed == position;
        });
    }

    // Each balance fits, and any number of them may be of one week.
    [Fact]
    public async Task A_week_whose_sum_is_more_than_a_number_holds_keeps_nobody_from_being_summed()
    {
        await using var database = await JournalDatabase.Create(server);
        await using var writer = new JournalWriter(
            database.Source, new Assets(database.Source), new StillLease(), TimeProvider.System, NullLogger<JournalWriter>.Instance);
        var sums = new FigureSums(database.Source, new StillLease(), () => false, TimeProvider.System);
        await writer.Append(Rows.Append(1, 1, Rows.Sale("a1", 500)));
        await database.SealAll();
        Assert.Equal(1, await sums.Next(Stop));
        await database.Run("update figure set earned = 9223372036854775807, pending = 9223372036854775807");
        await writer.Append(Rows.Append(2, 1, Rows.Sale("a2", 500)));
        await database.SealAll();
        Assert.Equal(1, await sums.Next(Stop));
        Assert.True(await database.Ask<bool>("select sum(earned) > 9223372036854775807 from figure"));
    }
}
