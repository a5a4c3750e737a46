using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>A copy that <c>grains restore</c> has made, beside an original that may live.</summary>
public sealed class RestoredCopyTests
{
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
