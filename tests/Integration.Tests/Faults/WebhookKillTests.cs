using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Webhooks.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>A process that tells webhook endpoints is killed in the middle of it.</summary>
public sealed class WebhookKillTests(PostgresServer postgres)
{
    private static readonly Dictionary<string, string> own = new() { ["GRAINS_WEBHOOK_NETWORKS"] = "127.0.0.0/8" };

    [Fact]
    public async Task A_receiver_misses_nothing_and_sees_its_order_when_the_silo_is_killed_and_another_receiver_hangs()
    {
        await using var house = await ServerHouse.On(postgres);
        var server = await house.Start(settings: own);
        using var api = new Api(server.Address);
        var shop = await Shop.Open(api, "shop", referrers: 1, refereesEach: 4);
        await using var receiver = await Receiver.Start();
        await using var hangs = await Receiver.Start();
        hangs.Answer = static async (_, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return 204;
        };
        foreach (var one in (Receiver[])[hangs, receiver]) await api.Ok("/v1/webhook_endpoints", new { url = one.Url, events = new[] { "reward.pending" } });

        // Half of it is only sold once the silo is dead, so that it dies in the middle.
        var log = new ClientLog();
        var killed = new TaskCompletionSource();
        var selling = Task.Run(async () =>
        {
            for (var i = 0; i < 80; i++)
            {
                if (i == 40) await killed.Task;
                await log.SendUntilAcknowledged(api, shop.Sale(shop.Referees[i % 4], 1_000 + i));
            }
        });
        await receiver.Until(25);
        await server.Kill9();
        killed.SetResult();

        // As if the term of the dead one were over: nobody has to wait for it here.
        await PostgresHouse.Ask(house.Owner, "update grains.webhook_target set held_until = now() returning id");
        server = await house.Start(settings: own);
        await selling;
        await receiver.Until(80);

        var events = new List<string>();
        for (var (after, more) = ("", true); more;)
        {
            var page = await api.Ok("/v1/events?limit=100" + after);
            events.AddRange(page["data"]!.AsArray().Where(static told => (string)told!["type"]! == "reward.pending").Select(static told => (string)told!["id"]!));
            (after, more) = ($"&starting_after={page["data"]!.AsArray()[^1]!["id"]}", (bool)page["has_more"]!);
        }

        Assert.Equal(80, events.Count);
        Assert.Equal(events, receiver.Taken);
        Assert.Equal(1, receiver.MostAtOnce);
        Assert.NotEmpty(hangs.All);
        Assert.Empty(hangs.Taken);
    }
}
