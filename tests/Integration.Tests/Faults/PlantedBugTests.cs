using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>A look-out that never cries is worth nothing: each of these is made to cry.</summary>
public sealed class PlantedBugTests(LivingServer server) : IClassFixture<LivingServer>
{
    [Fact]
    public async Task Without_the_unique_index_the_oracle_finds_actions_that_took_effect_twice()
    {
        var shop = await server.OpenShop(refereesEach: 2);
        await PostgresHouse.Ask(server.Owner, "drop index grains.event_action");
        var log = new ClientLog();
        var sale = shop.Sale(shop.Referees[0], 1_000);
        await log.SendUntilAcknowledged(server.Api, sale);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(server.Api)));
        await log.SendUntilAcknowledged(server.Api, sale);

        var complaints = EffectOracle.Complaints(shop, log, await shop.Balances(server.Api));
        Assert.Contains(complaints, complaint => complaint.StartsWith($"{sale.Id} was acknowledged and then taken for new", StringComparison.Ordinal));
        Assert.Contains(complaints, complaint => complaint.StartsWith($"{shop.Referrers[0]} has", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_changed_in_the_books_is_named_by_the_ledger_check()
    {
        var shop = await server.OpenShop();
        await new ClientLog().SendUntilAcknowledged(server.Api, shop.Sale(shop.Referees[0], 7_770));
        await PostgresHouse.Ask(server.Owner, "update grains.balance set earned = earned + 1, pending = pending + 1 where earned = 777");

        var answer = await server.Api.Ok("/v1/ledger/check", new { });
        Assert.False((bool)answer["ok"]!);
        Assert.Contains(answer["differences"]!.AsArray(), static one => one!.ToJsonString().Contains("778", StringComparison.Ordinal));
    }
}
