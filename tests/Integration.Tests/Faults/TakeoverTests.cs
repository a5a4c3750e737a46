using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>Two servers on one database.</summary>
public sealed class TakeoverTests(PostgresServer postgres)
{
    [Fact]
    public async Task A_second_server_is_told_who_holds_the_database()
    {
        await using var house = await ServerHouse.On(postgres);
        var first = await house.Start();
        var second = house.Launch(port: ServerHouse.FreePort());
        Assert.Equal(1, await second.Exit());
        Assert.Contains($"process {first.Id} on {Environment.MachineName}", second.Log, StringComparison.Ordinal);
        Assert.False(first.HasExited);
        using var api = new Api(first.Address);
        Assert.Equal(200, (await api.Get("/health/ready")).Status);
    }

    [Fact]
    public async Task A_server_that_slept_while_another_took_over_writes_nothing_and_ends()
    {
        await using var house = await ServerHouse.On(postgres);
        var sleeper = await house.Start();
        using var toSleeper = new Api(sleeper.Address);
        var shop = await Shop.Open(toSleeper, "shop", referrers: 1, refereesEach: 4);
        var log = new ClientLog();
        var known = shop.Sale(shop.Referees[0], 1_000);
        foreach (var referee in shop.Referees.Skip(1)) await log.SendUntilAcknowledged(toSleeper, shop.Sale(referee, 1_000));
        await log.SendUntilAcknowledged(toSleeper, known);

        sleeper.Stop();

        // The kernel takes these in for it: they are the first that it sees when it wakes.
        var asleep = shop.Referees.Select(referee => toSleeper.Try("/v1/actions", shop.Sale(referee, 5_000).Json))
            .Append(toSleeper.Try("/v1/actions", known.Json)).ToList();
        await Silence(house);
        var successor = await house.Start(port: ServerHouse.FreePort());
        using var toSuccessor = new Api(successor.Address);
        await log.SendUntilAcknowledged(toSuccessor, shop.Sale(shop.Referees[0], 2_000));

        sleeper.Continue();
        foreach (var answer in await Task.WhenAll(asleep))
        {
            if (answer is null) continue;
            Assert.Equal(503, answer.Status);
            Assert.True(answer.RetryAfter > TimeSpan.Zero);
        }

        Assert.Equal(3, await sleeper.Exit());
        await log.SendUntilAcknowledged(toSuccessor, known);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(toSuccessor)));
        Assert.False(successor.HasExited);
        await LedgerCheck.Clean(toSuccessor);
    }

    private static async Task Silence(ServerHouse house)
    {
        await using var database = NpgsqlDataSource.Create(house.Owner);
        await Eventually.Holds("the holder has been silent for more than 8 s", async () =>
        {
            await using var question = database.CreateCommand("select clock_timestamp() - seen_at > interval '8.1 s' from grains.owner");
            return (bool)(await question.ExecuteScalarAsync())!;
        });
    }
}
