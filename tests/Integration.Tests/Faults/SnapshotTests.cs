using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>What a grain keeps beside the journal, so that a long stream need not be folded from its beginning.</summary>
[Collection(OneMortalServer.Name)]
public sealed class SnapshotTests(MortalServer mortal)
{
    private const string Kept = "type = 'referral' and id like '% kept kept-c0%'";

    [Fact]
    public async Task A_long_stream_is_kept_as_grain_state_comes_back_from_it_and_a_changed_one_is_named()
    {
        var first = await mortal.Alive();
        var log = new ClientLog();
        Shop shop;
        using (var api = new Api(first.Address))
        {
            shop = await Shop.Open(api, "kept", referrers: 1, refereesEach: 1);
            for (var i = 0; i < 150; i++) await log.SendUntilAcknowledged(api, shop.Sale(shop.Referees[0], 1_000 + i));
            await Eventually.Holds("it is kept", async () => await Ask($"select count(*) from orleans.grain_state where {Kept}") is 1L);
            await LedgerCheck.Clean(api);
        }

        await first.Kill9();
        using var again = new Api((await mortal.Next()).Address);
        await log.SendUntilAcknowledged(again, shop.Sale(shop.Referees[0], 5_000));
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(again)));
        await LedgerCheck.Clean(again);

        await Ask(Change("holds", "held"));
        var report = await again.Ok("/v1/ledger/check", new { });
        Assert.Equal("snapshot", (string?)report["differences"]![0]!["what"]);
        await Ask(Change("held", "holds"));
        await LedgerCheck.Clean(again);
    }

    private static string Change(string word, string other) =>
        $"update orleans.grain_state set payload = convert_to(replace(convert_from(payload, 'UTF8'), '\"{word}\"', '\"{other}\"'), 'UTF8') where {Kept}";

    private Task<object?> Ask(string question) => PostgresHouse.Ask(mortal.House.Owner, question);
}
