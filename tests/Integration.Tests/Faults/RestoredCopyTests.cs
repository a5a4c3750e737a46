using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>A copy that <c>grains restore</c> has made, beside an original that may live.</summary>
public sealed class RestoredCopyTests
{
    [Fact]
    public async Task A_copy_and_the_original_that_lives_beside_it_ask_nothing_of_each_other()
    {
        await using var house = ServerHouse.Embedded();
        var (original, port, backup) = (await house.Start(), Ports.Next(), Path.Combine(house.Folder, "backup"));
        using var toOriginal = new Api(original.Address);
        var shop = await Shop.Open(toOriginal, "shop", referrers: 2, refereesEach: 16);
        Assert.Equal((0, ""), await GrainsScript.Run("backup", "--data", house.Folder, "--to", backup));
        Assert.Equal((0, ""), await GrainsScript.Run("restore", "--from", backup, "--data", house.FolderOf(port)));
        var copy = await house.Start(port: port);
        using var toCopy = new Api(copy.Address);

        // Of one cluster each would hold half of the grains, and decide for both.
        var (atOriginal, atCopy) = (new ClientLog(), new ClientLog());
        foreach (var referee in shop.Referees)
        {
            await atCopy.SendUntilAcknowledged(toCopy, shop.Sale(referee, 1_000));
            await atOriginal.SendUntilAcknowledged(toOriginal, shop.Sale(referee, 2_000));
        }

        foreach (var (api, folder, log) in ((Api, string, ClientLog)[])[(toCopy, house.FolderOf(port), atCopy), (toOriginal, house.Folder, atOriginal)])
        {
            Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(api)));
            await LedgerCheck.Clean(api);
            var owner = await File.ReadAllTextAsync(Path.Combine(folder, "postgres.conn"), TestContext.Current.CancellationToken);
            Assert.Equal((1L, 1L), ((long)(await PostgresHouse.Ask(owner, "select count(*) from orleans.membership where status = 3"))!,
                (long)(await PostgresHouse.Ask(owner, "select count(*) from grains.silo where ended_at is null"))!));
        }

        // Nor does one hear that the other ends.
        copy.Term();
        Assert.Equal(0, await copy.Exit());
        await atOriginal.SendUntilAcknowledged(toOriginal, shop.Sale(shop.Referees[0], 3_000));
        Assert.Equal((200, false), ((await toOriginal.Get("/health/ready")).Status, original.Log.Contains("is dead", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_copy_tells_the_original_s_endpoints_nothing_until_a_person_lets_each_go_on()
    {
        await using var house = ServerHouse.Embedded();
        var original = await house.Start();
        string path;
        using (var api = new Api(original.Address)) path = $"/v1/webhook_endpoints/{(await api.Ok("/v1/webhook_endpoints", new { url = "https://receiver.invalid/hooks" }))["id"]}";
        original.Term();
        Assert.Equal(0, await original.Exit());

        // As the script leaves it (BackupTests).
        var mark = Path.Combine(house.Folder, "pg", "restored");
        await File.WriteAllTextAsync(mark, "", TestContext.Current.CancellationToken);
        var copy = await house.Start();
        Assert.False(File.Exists(mark));
        using var asked = new Api(copy.Address);
        Assert.Equal(("disabled", "restored"), await Standing());
        await asked.Ok(path + "/resume", new { });
        Assert.Equal(("enabled", null), await Standing());

        async Task<(string State, string? Why)> Standing() => await asked.Ok(path) is var endpoint ? ((string)endpoint["state"]!, (string?)endpoint["why"]) : default;
    }
}
