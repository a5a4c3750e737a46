using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Ledger;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Reports;

/// <summary>What is held until when, and who earned most, are the same whatever is summed of them beforehand, and what the folds say.</summary>
public sealed class OverviewTests(PostgresServer server) : ReportsTest(
    server, Terms.Percent(1_000, Terms.Days(30)), Terms.Percent(500, Terms.Review),
    Terms.Percent(0, Terms.Days(10)) with { Trigger = Trigger.Interval, Schedule = new(1, 3), Reward = new("credit", new("credit:GBP"), RewardType.Fixed, AmountMinor: 3_00) })
{
    private static readonly string[] referees = ["anna", "bert", "cleo"];

    private Figures Figures => new(Database.Source);

    [Fact]
    public async Task What_is_held_is_summed_by_the_day_of_its_release_through_refunds_releases_and_cancellations()
    {
        foreach (var referee in referees) await World.Refer(referee);
        foreach (var (referee, minor) in ((string, long)[])[("anna", 10_00), ("bert", 20_00), ("bert", 7_77), ("cleo", 0)]) await World.Sell(referee, minor, $"{referee}-{minor}");
        await SameAsSummed(days: 3);

        World.Now += TimeSpan.FromDays(11);
        await World.Sell("anna", 33_33, "anna-later");
        await World.Refund("anna", "anna-1000", 2_50, "back");
        await World.Refund("bert", "bert-2000");
        await World.Send("bert", ActionKind.Chargeback, 1_11, "dispute", "bert-777");
        foreach (var referee in referees) await World.Settle(referee);
        await SameAsSummed(days: 3);

        // Given back into its hold window, released and cancelled by hand: each on the day on which it was to be released.
        await World.Send("anna", ActionKind.RefundFailed, null, "failed", "back");
        await World.Send("bert", ActionKind.ChargebackWon, null, "won", "dispute");
        var (held, waiting) = (await Hold("bert", releasesItself: true), await Hold("anna", releasesItself: false));
        await World.Turn("bert", turn => RewardCommands.Release(turn, held, "ada"));
        await World.Turn("anna", turn => RewardCommands.Cancel(turn, waiting, "a test", "ada"));
        await SameAsSummed(days: 3);

        World.Now += TimeSpan.FromDays(60);
        foreach (var referee in referees) await World.Settle(referee);
        await SameAsSummed(days: 1);
    }

    [Fact]
    public async Task The_ten_best_are_found_among_what_is_summed_and_what_is_not()
    {
        for (var i = 0; i < 12; i++)
        {
            await World.AddReferrer($"r{i:00}");
            await World.Refer($"of-{i:00}", $"r{i:00}");
            await World.Sell($"of-{i:00}", 1_000 * (i + 1), $"sale-{i:00}");
        }

        await World.Refer("anna");
        await Best(["r11", "r10", "r09", "r08", "r07", "r06", "r05", "r04", "r03", "r02"]);
        await Sum();
        await Best(["r11", "r10", "r09", "r08", "r07", "r06", "r05", "r04", "r03", "r02"]);

        // One falls out, one comes in, two change places.
        await World.Refund("of-11", "sale-11");
        await World.Sell("of-00", 50_000);
        await World.Sell("of-02", 2_500);
        await Best(["r00", "r10", "r09", "r08", "r07", "r06", "r05", "r02", "r04", "r03"]);
        await Sum();
        await Best(["r00", "r10", "r09", "r08", "r07", "r06", "r05", "r02", "r04", "r03"]);
    }

    private async Task Best(string[] expected)
    {
        var best = (await Figures.Overview(World.Tenant, World.Now, Stop)).Best.Where(static one => one.Asset == new Asset("GBP")).ToList();
        Assert.Equal(expected, best.Select(static one => one.Referrer.Value));
        foreach (var one in best)
            Assert.Equal(one.NetMinor, (await Reports.Balances(World.Tenant, one.Referrer, Stop))!.Single(line => line.Asset == one.Asset).Balance.Net);
    }

    private async Task SameAsSummed(int days)
    {
        var expected = await Folded();
        Assert.Equal(days, expected.Select(static one => one.Day).Distinct().Count());
        Assert.Equal(expected, await Held());
        await Database.SealAll();
        for (var limit = 1; await Database.Ask<int>($"select sum_figures({limit})") > 0; limit++) Assert.Equal(expected, await Held());
        Assert.Empty((await new LedgerCheck(Database.Source, KeptSnapshots.None).Check(World.Tenant, Stop)).Differences);
    }

    private async Task Sum()
    {
        await Database.SealAll();
        while (await Database.Ask<int>("select sum_figures(7)") > 0) { }
        Assert.Empty((await new LedgerCheck(Database.Source, KeptSnapshots.None).Check(World.Tenant, Stop)).Differences);
    }

    private async Task<List<HeldFigures>> Held() => [.. (await Figures.Overview(World.Tenant, World.Now, Stop)).Held];

    private async Task<List<HeldFigures>> Folded()
    {
        var holds = new List<OpenHold>();
        foreach (var referee in referees) holds.AddRange((await World.State(referee)).Holds);
        return
        [
            .. holds.GroupBy(static hold => (Day: hold.ReleaseAt is { } at ? DateOnly.FromDateTime(at.UtcDateTime) : (DateOnly?)null, hold.Asset))
                .Select(static day => new HeldFigures(day.Key.Day, day.Key.Asset, day.Sum(static hold => hold.RemainingMinor)))
                .OrderBy(static day => day.Day ?? DateOnly.MaxValue).ThenBy(static day => day.Asset.Name, StringComparer.Ordinal),
        ];
    }

    private async Task<RewardId> Hold(string referee, bool releasesItself) =>
        RewardId.FromKey((await World.State(referee)).Holds.First(hold => hold.ReleasesItself == releasesItself).Reward);
}
