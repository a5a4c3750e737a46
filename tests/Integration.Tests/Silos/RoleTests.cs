using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Silos;

/// <summary>A process that decides and a process that answers, each of them alone.</summary>
public sealed class RoleTests(PostgresServer postgres)
{
    [Fact]
    public async Task A_silo_and_a_gateway_serve_together()
    {
        await using var house = await ServerHouse.On(postgres);
        var silo = await house.Start(role: "silo");
        var gateway = await house.Start(port: Ports.Next(), role: "gateway");
        using var api = new Api(gateway.Address);
        var shop = await Shop.Open(api, "shop", referrers: 1, refereesEach: 2);
        var log = new ClientLog();
        var sale = shop.Sale(shop.Referees[0], 100_00);
        foreach (var action in new[] { sale, shop.Sale(shop.Referees[1], 50_00), shop.Refund(sale, 20_00), sale }) await log.SendUntilAcknowledged(api, action);

        var balances = await shop.Balances(api);
        Assert.Equal(new Earned(15_00, 2_00), balances[shop.Referrers[0]]);
        Assert.Empty(EffectOracle.Complaints(shop, log, balances));
        await LedgerCheck.Clean(api);

        using var toSilo = new Api(silo.Address);
        Assert.Equal((200, 404), ((await toSilo.Get("/health/ready")).Status, (await toSilo.Get("/v1/programs/shop")).Status));
        await using var database = NpgsqlDataSource.Create(house.Owner + ";Search Path=grains");
        await using var writers = database.CreateCommand("select string_agg(distinct s.role, ' ') from commit c join silo s on s.id = c.silo");
        Assert.Equal("silo", await writers.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }
}
