using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>A look-out that never cries is worth nothing: each of these is made to cry.</summary>
public sealed class PlantedBugTests(PostgresServer postgres)
{
    [Fact]
    public async Task Without_the_unique_index_the_oracle_finds_actions_that_took_effect_twice()
    {
        await using var house = await ServerHouse.On(postgres);
        var server = await house.Start();
        using var api = new Api(server.Address);
        var shop = await Shop.Open(api, "shop", referrers: 1, refereesEach: 2);
        await Run(house, "drop index grains.event_action");
        var log = new ClientLog();
        var sale = shop.Sale(shop.Referees[0], 1_000);
        await log.SendUntilAcknowledged(api, sale);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)));
        await log.SendUntilAcknowledged(api, sale);

        var complaints = EffectOracle.Complaints(shop, log, await shop.Balances(api));
        Assert.Contains(complaints, complaint => complaint.StartsWith($"{sale.Id} was acknowledged and then taken for new", StringComparison.Ordinal));
        Assert.Contains(complaints, complaint => complaint.StartsWith($"{shop.Referrers[0]} has", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_changed_or_lost_in_the_books_is_named_by_the_ledger_check()
    {
        await using var house = await ServerHouse.On(postgres);
        var server = await house.Start();
        using var api = new Api(server.Address);
        var shop = await Traded(api);
        await Run(house, "update grains.balance set earned = earned + 1, pending = pending + 1");
        Assert.NotEmpty(await Differences(api));
        await Run(house, "update grains.balance set earned = earned - 1, pending = pending - 1");
        await LedgerCheck.Clean(api);

        await Run(house, "alter table grains.event disable trigger event_append_only");
        var (stream, seq) = await Row(house, "select stream, seq from grains.event where amount = 123");
        await Run(house, $"update grains.event set amount = amount + 1 where stream = {stream} and seq = {seq}");
        Assert.Contains(
            await Differences(api), difference => difference.Contains(shop.Referrers[0], StringComparison.Ordinal) || difference.Contains($"{stream}", StringComparison.Ordinal));
        await Run(house, $"update grains.event set amount = amount - 1 where stream = {stream} and seq = {seq}");
        await LedgerCheck.Clean(api);

        await Run(house, "delete from grains.event where amount = 123");
        Assert.NotEmpty(await Differences(api));
    }

    private static async Task<Shop> Traded(Api api)
    {
        var shop = await Shop.Open(api, "shop", referrers: 1, refereesEach: 1);
        foreach (var minor in (long[])[1_000, 1_230, 2_000]) Assert.Equal(200, (await api.PostRaw("/v1/actions", shop.Sale(shop.Referees[0], minor).Json)).Status);
        await LedgerCheck.Clean(api);
        return shop;
    }

    private static async Task<List<string>> Differences(Api api)
    {
        var answer = await api.Ok("/v1/ledger/check", new { });
        Assert.False((bool)answer["ok"]!);
        return [.. answer["differences"]!.AsArray().Select(difference => difference!.ToJsonString())];
    }

    private static async Task Run(ServerHouse house, string sql)
    {
        await using var database = NpgsqlDataSource.Create(house.Owner);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<(long Stream, int Seq)> Row(ServerHouse house, string sql)
    {
        await using var database = NpgsqlDataSource.Create(house.Owner);
        await using var command = database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        return (reader.GetInt64(0), reader.GetInt32(1));
    }
}
