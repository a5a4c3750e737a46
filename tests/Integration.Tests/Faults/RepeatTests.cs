using System.Net;
using System.Net.Sockets;
using System.Text;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>The same action more than once: late, lost, at once, out of order, changed.</summary>
[Collection(OneServer.Name)]
public sealed class RepeatTests(LivingServer server)
{
    [Fact]
    public async Task D11_a_client_that_was_gone_before_its_answer_gets_the_first_decision()
    {
        var shop = await server.OpenShop(referrers: 1, refereesEach: 4);
        var log = new ClientLog();
        var sales = new List<SentAction>();

        // The longer the client stays, the further the server has come when it is gone.
        await Eventually.Holds("lost answers had effects", async () =>
        {
            for (var stays = 0; stays < 5; stays++)
            {
                sales.Add(shop.Sale(shop.Referees[stays % 4], 1_000 + sales.Count));
                await SendAndLeave(sales[^1], stays);
            }

            return (await shop.Balances(server.Api))[shop.Referrers[0]].EarnedMinor > 1_000;
        });
        foreach (var sale in sales) await log.SendUntilAcknowledged(server.Api, sale);
        foreach (var sale in sales) await log.SendUntilAcknowledged(server.Api, sale);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(server.Api)));
    }

    [Fact]
    public async Task D11_of_32_identical_actions_at_once_one_has_an_effect_and_all_the_same_answer()
    {
        var shop = await server.OpenShop();
        for (var round = 0; round < 5; round++)
        {
            var log = new ClientLog();
            var sale = shop.Sale(shop.Referees[0], 4_900);
            log.Sends(sale);
            var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => server.Api.PostRaw("/v1/actions", sale.Json)));

            // Sent at once, they are answered in any order: the one that was new counts as the first.
            foreach (var answer in answers.OrderBy(answer => (bool?)answer.Json["duplicate"] == true)) log.Answered(answer.Json);
            Assert.All(answers, answer => Assert.Equal(200, answer.Status));
            Assert.Equal(31, answers.Count(answer => (bool?)answer.Json["duplicate"] == true));
            Assert.Empty(log.Entries.SelectMany(entry => entry.Complaints));
        }

        Assert.Equal(new Earned(5 * 490, 0), (await shop.Balances(server.Api))[shop.Referrers[0]]);
    }

    [Fact]
    public async Task D11_repeats_in_another_order_change_nothing()
    {
        var shop = await server.OpenShop(referrers: 2, refereesEach: 5);
        var random = Seed.Plant();
        var actions = shop.Trade(random, 400);
        var log = new ClientLog();
        await log.SendAgain(server.Process.Address, actions);
        for (var time = 0; time < 5; time++)
        {
            var shuffled = actions.ToArray();
            random.Shuffle(shuffled);
            await log.SendAgain(server.Process.Address, shuffled);
        }

        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(server.Api)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public async Task D11_of_32_contents_under_one_id_at_once_one_wins_and_the_others_are_on_record(int referees)
    {
        var shop = await server.OpenShop(referrers: 1, refereesEach: referees);
        var sent = Enumerable.Range(1, 32).Select(i => shop.Sale(shop.Referees[i % referees], i * 100, $"{shop.Program}-contested")).ToList();
        var answers = await Task.WhenAll(sent.Select(sale => server.Api.PostRaw("/v1/actions", sale.Json)));

        var winner = Assert.Single(answers, answer => answer.Status == 200);
        Assert.Null(winner.Json["duplicate"]);
        Assert.All(answers.Where(answer => answer != winner), answer => Assert.Equal((409, "action_conflict", "action_id"), (answer.Status, answer.Code, answer.Param)));
        var won = sent[Array.IndexOf(answers, winner)];
        Assert.Equal(new Earned(won.Minor / 10, 0), (await shop.Balances(server.Api))[shop.Referrers[0]]);
        var again = await server.Api.PostRaw("/v1/actions", won.Json);
        Assert.True((bool)again.Json["duplicate"]!);

        var shown = await server.Api.Ok($"/v1/actions/{shop.Program}-contested");
        Assert.Equal(31, shown["conflicts"]!.AsArray().Count);
    }

    [Fact]
    public async Task D10_a_refund_before_its_sale_is_parked_and_then_applied()
    {
        var shop = await server.OpenShop();
        var sale = shop.Sale(shop.Referees[0], 1_000);
        var refund = shop.Refund(sale, 400);
        var parked = await server.Api.PostRaw("/v1/actions", refund.Json);
        Assert.Equal("parked", (string?)parked.Json["status"]);
        Assert.Equal(default, (await shop.Balances(server.Api))[shop.Referrers[0]]);

        var sold = await server.Api.PostRaw("/v1/actions", sale.Json);
        Assert.Equal("rewarded", (string?)sold.Json["status"]);
        Assert.Equal(new Earned(100, 40), (await shop.Balances(server.Api))[shop.Referrers[0]]);
        var applied = await server.Api.PostRaw("/v1/actions", refund.Json);
        Assert.Equal(("reversed", true), ((string?)applied.Json["status"], (bool?)applied.Json["duplicate"]));
        Assert.Equal(new Earned(100, 40), (await shop.Balances(server.Api))[shop.Referrers[0]]);
    }

    private async Task SendAndLeave(SentAction action, int glances)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, server.Process.Address.Port);
        await socket.SendAsync(Encoding.UTF8.GetBytes(
            $"POST /v1/actions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ServerProcess.AdminKey}\r\n" +
            $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(action.Json)}\r\n\r\n{action.Json}"));
        for (var glance = 0; glance < glances; glance++) await Eventually.Pause();
    }
}
