using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>What waits is counted in the commits, and a tenant that has used its quota up is told so.</summary>
[Collection(OneServer.Name)]
public sealed class ParkingQuotaTests(LivingServer server)
{
    private const string Mine = " where tenant = (select id from grains.tenant where name = 'quota')";

    [Fact]
    public async Task D10_beyond_its_quota_a_tenant_is_told_to_send_what_is_waited_for()
    {
        await server.Api.Ok("/v1/tenants", new { id = "quota" });
        using var api = new Api(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = "quota" }))["key"]!);
        var shop = await Shop.Open(api, "shop", referrers: 1, refereesEach: 1);
        for (var i = 0; i < 3; i++) Assert.Equal(200, (await api.PostRaw("/v1/actions", shop.Sale("nobody", 1_000, $"n{i}").Json)).Status);
        Assert.Equal(3L, await Ask("select count from grains.parked" + Mine));

        await Ask("update grains.parked set count = count + 1000000" + Mine);
        await Eventually.Holds("it is full", async () =>
            await api.PostRaw("/v1/actions", shop.Sale("nobody", 1_000).Json) is { Status: 429, Code: "parking_full", Param: "referee_id" });
        Assert.Equal("rewarded", (string?)(await api.PostRaw("/v1/actions", shop.Sale(shop.Referees[0], 1_000).Json)).Json["status"]);

        await api.Ok("/v1/referrals", new { program_id = "shop", referee_id = "nobody", referrer_id = shop.Referrers[0] });
        Assert.Equal(1_000_000L, await Ask("select count from grains.parked" + Mine));
    }

    private Task<object?> Ask(string sql) => PostgresHouse.Ask(server.Owner, sql);
}
