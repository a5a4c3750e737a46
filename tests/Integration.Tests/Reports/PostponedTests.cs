using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Ledger;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Reports;

/// <summary>What is held for a customer of whom nobody can say whether it is active (H15).</summary>
public sealed class PostponedTests(PostgresServer server) : ReportsTest(server, Terms.Percent(1_000, new Hold(HoldMode.DaysThenActiveCustomer, 14)))
{
    [Fact]
    public async Task H15_what_was_put_off_and_comes_back_counts_among_what_is_held_until_its_day()
    {
        await World.Refer("anna");
        await World.Sell("anna", 100_00, "sale");
        var day = DateOnly.FromDateTime(World.Now.AddDays(14).UtcDateTime);
        World.Now += TimeSpan.FromDays(17);
        World.Customer = CustomerState.Unknown;
        await World.Settle("anna");
        var hold = Assert.Single((await World.State("anna")).Holds);
        Assert.True(DateOnly.FromDateTime(hold.ReleaseAt!.Value.UtcDateTime) > day, "it is put off");

        await World.Refund("anna", "sale", 30_00, "back");
        await World.Send("anna", ActionKind.RefundFailed, null, "failed", "back");
        Assert.Equal([(day, 10_00)], await Held());
        await World.Turn("anna", turn => RewardCommands.Release(turn, RewardId.FromKey(hold.Reward), "ada"));
        Assert.Empty(await Held());
    }

    private async Task<IEnumerable<(DateOnly? Day, long Minor)>> Held()
    {
        await Database.SealAll();
        while (await Database.Ask<int>("select sum_figures(7)") > 0) { }
        Assert.Empty((await new LedgerCheck(Database.Source, KeptSnapshots.None).Check(World.Tenant, Stop)).Differences);
        return (await new Figures(Database.Source).Overview(World.Tenant, World.Now, Stop)).Held.Select(static one => (one.Day, one.Minor));
    }
}
