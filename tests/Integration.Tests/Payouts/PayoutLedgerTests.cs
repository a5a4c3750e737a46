using Payouts.Tests.World;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Payouts.World;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Ledger;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>The ledger check names what was done to payouts behind our back.</summary>
public sealed class PayoutLedgerTests(PostgresServer server)
{
    [Theory]
    [InlineData("select 1", null, "")]
    [InlineData("update payout_item set in_transit = false where in_transit", "in_transit", "3000 is in transit, but its open payout items hold 0")]
    [InlineData("update payout_item set in_transit = false where in_transit", "payout_item", "its row says Intended, 3000 of")]
    [InlineData("update payout_item set minor = minor + 1 where in_transit", "in_transit", "but its open payout items hold 3001")]
    [InlineData("update payout_item set transfer = 'tr_other' where not in_transit", "payout_item", "tr_other")]
    [InlineData("delete from payout_item where not in_transit", "payout_item", "its row says nothing")]
    [InlineData("delete from payout_item where not in_transit", "paid", "names no payout item, redemption or entry")]
    [InlineData("update payout_item set referrer = 4711 where not in_transit", "paid", "names no payout item, redemption or entry")]
    [InlineData("insert into payout_item (stream, tenant, batch, referrer, asset, minor, destination, status, in_transit, generation, step) values (4711, 1, 1, 1, 'USD', 1, 'a', 1, true, 0, 0)", "payout_item", "Stream 4711 has a payout_item row and no events")]
    [InlineData("update event set amount = amount + 1 where type = 77", "row", "posts 1001 USD from InTransit")]
    public async Task What_is_kept_of_payouts_follows_from_their_events(string change, string? what, string detail)
    {
        await using var database = await JournalDatabase.Create(server);
        await using var standin = await RunningStandin.Start();
        standin.Platform.Fund("usd", 10_000_000);
        await using var house = await PayoutHouse.Open(database.Source, standin);
        var paid = await house.Order("paid", 1_000);
        await using (await house.Run()) await house.Until(paid, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        await house.Order("open", 3_000);
        await database.Run("alter table event disable trigger user");
        await database.Run(change);
        var report = await new LedgerCheck(database.Source, KeptSnapshots.None).Check(PayoutHouse.Tenant, TestContext.Current.CancellationToken);
        if (what is null) Assert.Empty(report.Differences);
        else Assert.Contains(report.Differences, one => one.What == what && one.Detail.Contains(detail, StringComparison.Ordinal));
    }
}
