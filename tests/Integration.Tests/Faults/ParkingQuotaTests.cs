using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>What waits is counted in the commits, and a tenant that has used its quota up is told so.</summary>
public sealed class ParkingQuotaTests(PostgresServer postgres)
{
    [Fact]
    public async Task D10_beyond_its_quota_a_tenant_is_told_to_send_what_is_waited_for()
    {
        await using var house = await ServerHouse.On(postgres);
        var server = await house.Start();
        using var api = new Api(server.Address);
        var shop = await Shop.Open(api, "shop", referrers: 1, refereesEach: 1);
        for (var i = 0; i < 3; i++) Assert.Equal(200, (await api.PostRaw("/v1/actions", shop.Sale("nobody", 1_000, $"n{i}").Json)).Status);
        Assert.Equal(3L, await Ask(house, "select count from grains.parked"));

        await Ask(house, "update grains.parked set count = count + 1000000");
        await Eventually.Holds("it is full", async () =>
            await api.PostRaw("/v1/actions", shop.Sale("nobody", 1_000).Json) is { Status: 429, Code: "parking_full", Param: "referee_id" });
        Assert.Equal("rewarded", (string?)(await api.PostRaw("/v1/actions", shop.Sale(shop.Referees[0], 1_000).Json)).Json["status"]);

        await api.Ok("/v1/referrals", new { program_id = "shop", referee_id = "nobody", referrer_id = shop.Referrers[0] });
        Assert.Equal(1_000_000L, await Ask(house, "select count from grains.parked"));
    }

    private static Task<object?> Ask(ServerHouse house, string sql) => PostgresHouse.Ask(house.Owner, sql);
}
