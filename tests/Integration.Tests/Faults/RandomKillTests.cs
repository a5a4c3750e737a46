using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>The server is killed at random moments under load, and restarted.</summary>
[Collection(OneMortalServer.Name)]
public sealed class RandomKillTests(MortalServer mortal)
{
    private const int Clients = 32;
    private const int Kills = 2;
    private const int ActionsOfAClient = 60;

    [Fact]
    public async Task Clients_that_repeat_what_is_unknown_have_each_effect_once()
    {
        var server = await mortal.Alive();
        using var api = new Api(server.Address);
        var shop = await Shop.Open(api, "killed", referrers: 4, refereesEach: 8);
        var random = Seed.Plant();
        var log = new ClientLog();
        var work = Enumerable.Range(0, Clients).Select(client => WithRepeats(random, shop, client)).ToList();
        var moments = Enumerable.Range(0, Kills).Select(_ => random.Next(1, Clients * ActionsOfAClient * 9 / 10)).Order().ToList();

        var clients = work.Select(actions => Task.Run(async () =>
        {
            foreach (var action in actions) await log.SendUntilAcknowledged(api, action);
        })).ToList();
        foreach (var moment in moments)
        {
            await Eventually.Holds($"{moment} actions are acknowledged", () => Task.FromResult(log.Acknowledged >= moment || clients.Exists(client => client.IsFaulted)), soon: true);
            await server.Kill9();
            server = await mortal.Next();
        }

        await Task.WhenAll(clients);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)));
        Assert.Equal(Clients * ActionsOfAClient, log.Acknowledged);
        await LedgerCheck.Clean(api);
    }

    // Every referee has one client, and every fifth action is followed, sooner or later, by itself.
    private static List<SentAction> WithRepeats(Random random, Shop shop, int client)
    {
        var actions = new List<SentAction>();
        for (var i = 0; i < ActionsOfAClient; i++)
        {
            var sale = actions.Count == 0 ? null : actions[random.Next(actions.Count)];
            actions.Add(sale is { IsSale: true } && random.Next(10) == 0
                ? shop.Refund(sale, random.Next(1, 8_000))
                : shop.Sale(shop.Referees[client], random.Next(0, 10_000)));
        }

        foreach (var repeated in actions.Where(_ => random.Next(5) == 0).ToList())
            actions.Insert(random.Next(actions.IndexOf(repeated) + 1, actions.Count + 1), repeated);
        return actions;
    }
}
