using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Demo;

/// <summary>What a newcomer gets from <c>./grains up --demo</c>.</summary>
public sealed class DemoTests(PostgresServer postgres)
{
    // What 10 %, at most £100.00 net for each customer, must come to by an account of the same files that is not ours: earned, clawed back.
    private static readonly Dictionary<string, (long Earned, long ClawedBack)> expected = new()
    {
        ["ref_005"] = (212_633, 1_416),
        ["ref_007"] = (278_460, 5_976),
        ["ref_008"] = (182_440, 1_059),
        ["ref_009"] = (163_097, 5_360),
        ["ref_013"] = (148_895, 6_302),
        ["ref_016"] = (128_682, 6_834),
        ["ref_017"] = (147_116, 1_324),
        ["ref_018"] = (136_689, 1_702),
        ["ref_025"] = (102_680, 1_707),
        ["ref_026"] = (71_353, 4_138),
        ["ref_027"] = (99_366, 1_392),
        ["ref_028"] = (95_137, 3_209),
        ["ref_029"] = (112_328, 1_196),
    };

    // It is told in half a minute by a machine that does nothing else.
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task The_demo_is_loaded_to_the_penny_also_when_it_was_cut_off_and_a_second_start_changes_nothing()
    {
        await using var house = await ServerHouse.On(postgres);
        var first = house.Launch(demo: true);
        await Eventually.Holds("the demo has come to its first payout", async () =>
        {
            Assert.False(first.HasExited, first.Log);
            return new FileInfo(KeysFile(house)) is { Exists: true, Length: > 0 } && await Shows(house, "march");
        }, patience);
        Assert.Contains("/console", first.Log, StringComparison.Ordinal); // Who waits for it can look already.
        await first.Kill9();

        var second = house.Launch(demo: true);
        await Printed(second);
        Assert.DoesNotContain("rg_test_", second.Log, StringComparison.Ordinal);
        var loaded = await Looked(house);
        second.Term();
        await second.Exit();

        var keys = await File.ReadAllTextAsync(KeysFile(house), TestContext.Current.CancellationToken);
        var third = house.Launch(demo: true);
        await Printed(third);
        Assert.DoesNotContain("loading the demo", third.Log, StringComparison.Ordinal);
        Assert.Equal(keys, await File.ReadAllTextAsync(KeysFile(house), TestContext.Current.CancellationToken));
        Assert.Equal(loaded.ToJsonString(), (await Looked(house)).ToJsonString());
    }

    // All figures, and that there is something of everything that the console has a page for.
    private static async Task<JsonNode> Looked(ServerHouse house)
    {
        using var admin = Key(house, "admin");
        using var finance = Key(house, "second_finance");
        await LedgerCheck.Clean(finance);
        foreach (var (referrer, (earned, clawedBack)) in expected)
        {
            var line = (await admin.Ok($"/v1/referrers/{referrer}/balance"))["balances"]![0]!;
            Assert.Equal((referrer, earned, clawedBack), (referrer, (long)line["earned_minor"]!, (long)line["clawed_back_minor"]!));
        }

        Assert.True((long)(await admin.Ok("/v1/referrers/ref_011/balance"))["balances"]![0]!["payable_minor"]! < 0);
        var batches = (await finance.Ok("/v1/payout_batches"))["data"]!.AsArray();
        Assert.Equal(["frozen", "settled", "settled", "settled", "settled", "settled"], batches.Select(batch => (string)batch!["status"]!));
        Assert.Equal([0, 0, 1, 0, 0, 0], batches.Select(batch => (int)batch!["totals"]![0]!["failed"]!));
        var left = (await finance.Ok("/v1/payout_batches?dry_run=true", new { }))["preview"]!["left_out"]!.AsArray();
        Assert.Equal(
            ["account_not_ready", "below_minimum", "flagged", "no_account", "not_opted_in"], left.Select(one => (string)one!["reason"]!).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(["self_referral", "shared_payout_account"], (await admin.Ok("/v1/flags?state=open"))["data"]!.AsArray().Select(flag => (string)flag!["kind"]!).Order(StringComparer.Ordinal));
        Assert.Equal("parked", (string?)(await admin.Ok("/v1/actions/inv_unknown_1"))["status"]);
        Assert.Single((await admin.Ok("/v1/actions/inv_own_1"))["conflicts"]!.AsArray());
        Assert.Equal(3, (int)(await admin.Ok("/v1/programs/classic/figures"))["pending_referrals"]!);

        var books = await admin.Ok("/v1/ledger/trial_balance");
        var pounds = books["data"]!.AsArray().Where(account => (string)account!["asset"]! == "GBP").ToDictionary(account => (string)account!["account"]!, account => (long)account!["credit_minor"]! - (long)account["debit_minor"]!);
        Assert.Equal(0, pounds.Values.Sum());
        Assert.Equal(batches.Sum(batch => (long)batch!["totals"]![0]!["paid_minor"]!), pounds["paid"]);
        Assert.Equal((long)batches[0]!["totals"]![0]!["amount_minor"]!, pounds["in_transit"]);
        return new JsonObject { ["books"] = books, ["batches"] = (await finance.Ok("/v1/payout_batches")), ["flags"] = await admin.Ok("/v1/flags") };
    }

    private static async Task<bool> Shows(ServerHouse house, string batch)
    {
        using var finance = Key(house, "finance");
        return (await finance.Get($"/v1/payout_batches/{batch}")).Status == 200;
    }

    private static async Task Printed(ServerProcess process) => await Eventually.Holds("the demo is loaded", () =>
    {
        Assert.False(process.HasExited, process.Log);
        Assert.False(process.Log.Contains("not loaded", StringComparison.Ordinal), process.Log);
        return Task.FromResult(process.Log.Contains("the demo is loaded", StringComparison.Ordinal));
    }, patience);

    private static Api Key(ServerHouse house, string name) =>
        new(new($"http://127.0.0.1:{house.Port}"), (string?)JsonNode.Parse(File.ReadAllText(KeysFile(house)))![name]);

    private static string KeysFile(ServerHouse house) => Path.Combine(house.Folder, "demo.keys.json");
}
