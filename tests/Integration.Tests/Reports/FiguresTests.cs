using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Ledger;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Reports;

/// <summary>Figures are the same whatever is summed of them beforehand (S11).</summary>
public sealed class FiguresTests(PostgresServer server) : ReportsTest(server, Terms.Percent(1_000, Terms.Days(30)), Terms.Percent(500))
{
    private static readonly DateTimeOffset monday = new(2025, 12, 29, 0, 0, 0, TimeSpan.Zero);

    private Figures Figures => new(Database.Source);

    [Fact]
    public async Task S11_figures_are_exact_before_while_and_after_they_are_summed()
    {
        await World.AddReferrer("rolf");
        await World.AddReferrer("idle");
        foreach (var (referee, referrer) in ((string, string)[])[("anna", "rita"), ("bert", "rita"), ("cleo", "rolf"), ("gone", "idle")]) await World.Refer(referee, referrer);
        await World.Turn("gone", turn => ReferralCommands.Cancel(turn, null, "ada", cancelPending: false));
        await World.Turn("dora", turn => ReferralCommands.Attribute(turn, World.Facts("rolf"), [], null, null));
        await World.Sell("anna", 0); // No client yet.
        await World.Sell("bert", 10_00, "first");
        await World.Refund("bert", "first", 5_00);
        await SameAsSummed(expected: new(2, 1, 1, [new(new("GBP"), 1_50, 75, 50, 0)]));

        // More after what is summed: the two add up, and a referee is a client once.
        World.Now += TimeSpan.FromDays(8);
        await World.Sell("bert", 20_00);
        await World.Sell("anna", 40_00);
        await World.Send("bert", ActionKind.Chargeback, null, null, "first");
        await SameAsSummed(expected: new(2, 2, 1, [new(new("GBP"), 10_50, 1_50, 6_00, 0)]));

        World.Now += TimeSpan.FromDays(40);
        foreach (var referee in (string[])["anna", "bert"]) await World.Settle(referee);
        await World.Book("elsewhere", 3_00, alreadyPaid: true);
        await SameAsSummed(expected: new(2, 0, 1, [new(new("GBP"), 10_50, 1_50, 0, 3_00)]));

        // From then on what is paid may be of the bonus: it is known of the tenant, and no more of the program.
        await World.Book("bonus", 7_00);
        await SameAsSummed(expected: new(2, 0, 1, [new(new("GBP"), 10_50, 1_50, 0, null)]));
        Assert.Equal([new(new("GBP"), 17_50, 1_50, 0, 3_00)], (await Figures.Overview(World.Tenant, monday, Stop)).Assets);
        Assert.Equal(
            ["2025-12-29 150 75 0", "2026-01-05 900 75 0"],
            (await Figures.Overview(World.Tenant, monday, Stop)).Weeks.Take(2).Select(week => $"{week.From:yyyy-MM-dd} {week.EarnedMinor} {week.ClawedBackMinor} {week.PaidMinor}"));
    }

    private async Task SameAsSummed(ProgramFigures expected)
    {
        var (assets, weeks, _, _, _) = await Figures.Overview(World.Tenant, monday, Stop);
        await Are(expected);
        await Database.SealAll();
        for (var limit = 1; await Database.Ask<int>($"select sum_figures({limit})") > 0; limit++) await Are(expected);
        Assert.Equal(0, await Database.Ask<int>("select sum_figures(10)"));
        Assert.Equal(weeks, (await Figures.Overview(World.Tenant, monday, Stop)).Weeks);
        Assert.Equal(assets, (await Figures.Overview(World.Tenant, monday, Stop)).Assets);
        Assert.Empty((await new LedgerCheck(Database.Source, KeptSnapshots.None).Check(World.Tenant, Stop)).Differences);
    }

    private async Task Are(ProgramFigures expected)
    {
        var now = await Figures.Program(World.Program.Stream, World.Now.AddDays(-30), Stop);
        Assert.Equal(expected with { Rewards = [] }, now with { Rewards = [] });
        Assert.Equal(expected.Rewards, now.Rewards);
    }
}
