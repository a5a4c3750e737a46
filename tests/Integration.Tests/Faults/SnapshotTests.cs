using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>What a grain keeps beside the journal, so that a long stream need not be folded from its beginning.</summary>
public sealed class SnapshotTests(PostgresServer postgres)
{
    [Fact]
    public async Task A_long_stream_is_kept_as_grain_state_comes_back_from_it_and_a_changed_one_is_named()
    {
        await using var house = await ServerHouse.On(postgres);
        var first = await house.Start();
        var log = new ClientLog();
        Shop shop;
        using (var api = new Api(first.Address))
        {
            shop = await Shop.Open(api, "shop", referrers: 1, refereesEach: 1);
            for (var i = 0; i < 150; i++) await log.SendUntilAcknowledged(api, shop.Sale(shop.Referees[0], 1_000 + i));
            await Eventually.Holds("it is kept", async () => await Kept(house) is "shop shop-c0");
            await LedgerCheck.Clean(api);
        }

        await first.Kill9();
        using var again = new Api((await house.Start()).Address);
        await log.SendUntilAcknowledged(again, shop.Sale(shop.Referees[0], 5_000));
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(again)));
        await LedgerCheck.Clean(again);

        await PostgresHouse.Ask(house.Owner, "update orleans.grain_state set payload = convert_to(replace(convert_from(payload, 'UTF8'), '\"holds\"', '\"held\"'), 'UTF8') where type = 'referral'");
        var report = await again.Ok("/v1/ledger/check", new { });
        Assert.Equal("snapshot", (string?)report["differences"]![0]!["what"]);
    }

    private static async Task<string?> Kept(ServerHouse house) => await PostgresHouse.Ask(
        house.Owner, "select max(split_part(id, ' ', 2) || ' ' || split_part(id, ' ', 3)) from orleans.grain_state where type = 'referral'") as string;
}
