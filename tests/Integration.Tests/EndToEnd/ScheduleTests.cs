using System.Text.Json.Nodes;
using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>Rewards that no action earns, by HTTP and with a sandbox's clock: schedules, approvals, every N referrals.</summary>
[Collection(OneServer.Name)]
public sealed class ScheduleTests(LivingServer server)
{
    [Theory]
    [InlineData("h11", """{"kind":"cash","type":"fixed","amount_minor":1000}""", 1_000)]
    [InlineData("h12", """{"kind":"cash","type":"percent","basis_points":1000,"of":"conversion_value"}""", 3_000)]
    public async Task H11_H12_D13_a_schedule_is_there_up_front_and_enters_the_ledger_when_it_is_due(string name, string reward, long each)
    {
        using var sandbox = await Sandbox(name, "2023-04-19T00:00:00Z");
        await Publish(sandbox, name, $$"""{"id":"{{name}}-rule","trigger":"interval","every_months":1,"times":3,"reward":{{reward}}}""");
        await Refer(sandbox, name, "jane", 30_000);

        Assert.Equal(
            [("released", null, each), ("pending", "2023-05-19T00:00:00Z", 2 * each), ("pending", "2023-06-19T00:00:00Z", 3 * each)],
            (await Rewards(sandbox)).Select(row => ((string)row["state"]!, (string?)row["expected_at"], (long)row["total_so_far_minor"]!)));
        Assert.All(await Rewards(sandbox), row => Assert.Equal((3 * each, null), ((long)row["total_minor"]!, (string?)row["action_id"])));
        Assert.Equal(each, await Payable(sandbox));

        await sandbox.Ok("/v1/test_clock/advance", new { to = "2023-05-19T00:00:00Z" });
        Assert.Equal(2 * each, await Payable(sandbox));
        await LedgerCheck.Clean(await Books(name));

        // A future row can be released early.
        await sandbox.Ok($"/v1/rewards/{(string)(await Rewards(sandbox))[2]["id"]!}/release", new { });
        Assert.Equal(3 * each, await Payable(sandbox));
        await sandbox.Ok("/v1/test_clock/advance", new { to = "2024-05-19T00:00:00Z" });
        Assert.Equal(3 * each, await Payable(sandbox));
        Assert.Contains("schedule_started", (await sandbox.Ok($"/v1/referrals/{name}/jane/activity")).ToJsonString(), StringComparison.Ordinal);
        await LedgerCheck.Clean(await Books(name));
    }

    [Fact]
    public async Task H11_cancelling_the_referral_cancels_what_is_not_due()
    {
        using var sandbox = await Sandbox("h11c", "2023-04-19T00:00:00Z");
        await Publish(sandbox, "h11c", """{"id":"h11c-rule","trigger":"interval","every_months":1,"times":3,"reward":{"kind":"points","type":"fixed","amount_minor":10}}""");
        await Refer(sandbox, "h11c", "jane");
        await sandbox.Ok($"/v1/rewards/{(string)(await Rewards(sandbox))[1]["id"]!}/cancel", new { reason = "left" });
        await sandbox.Ok("/v1/referrals/h11c/jane/cancel", new { });
        await sandbox.Ok("/v1/test_clock/advance", new { to = "2024-05-19T00:00:00Z" });

        Assert.Equal(["released", "cancelled", "cancelled"], (await Rewards(sandbox)).Select(row => (string)row["state"]!));
        Assert.Equal(2, (await sandbox.Ok("/v1/rewards?state=cancelled"))["data"]!.AsArray().Count);
        Assert.Equal(10, await Payable(sandbox));
    }

    [Fact]
    public async Task H2_H9_approvals_pay_by_their_number_and_every_N_together()
    {
        using var sandbox = await Sandbox("h9", "2023-04-19T00:00:00Z");
        await Publish(sandbox, "h9", """{"id":"h9-three","trigger":"every_n_referrals","n":3,"reward":{"kind":"cash","type":"percent","basis_points":1000,"of":"conversion_value"}}""");
        await Publish(sandbox, "h9", """{"id":"h9-each","trigger":"referral_approved","reward":{"kind":"credit"},"tiers":[{"by":"count","min":1,"max":2,"amount_minor":500},{"by":"count","min":3,"amount_minor":2000}]}""");
        foreach (var (referee, value) in ((string, long?)[])[("a", 10_000), ("b", null), ("c", 25_000), ("d", 1)]) await Refer(sandbox, "h9", referee, value);

        Assert.Equal(3_500, await Payable(sandbox));
        Assert.Equal(500 + 500 + 2_000 + 2_000, await Payable(sandbox, "credit:USD"));
        Assert.Equal(["first_reward"], (await sandbox.Ok("/v1/referrals/h9/a"))["chain"]!.AsArray().Select(step => (string)step!["step"]!).Where(step => step == "first_reward"));
        await LedgerCheck.Clean(await Books("h9"));
    }

    [Fact]
    public async Task H12_D8_a_share_of_the_first_sale_comes_in_rows_and_a_refund_takes_its_share_of_all_of_them()
    {
        using var sandbox = await Sandbox("h12t", "2023-04-19T00:00:00Z");
        await Publish(sandbox, "h12t", """{"id":"h12t-rule","trigger":"interval","every_months":1,"times":3,"reward":{"kind":"cash","type":"percent","basis_points":1000}}""");
        await Refer(sandbox, "h12t", "jane");
        Assert.Empty(await Rewards(sandbox));
        var sale = await Act(sandbox, "h12t", "jane", "sale", "h12t-s", 30_000);
        Assert.Equal(("rewarded", 3_000), ((string)sale["status"]!, (long)sale["decisions"]![0]!["reward"]!["amount_minor"]!));
        Assert.Equal(
            [("released", null, 3_000L), ("pending", "2023-05-19T00:00:00Z", 6_000), ("pending", "2023-06-19T00:00:00Z", 9_000)],
            (await Rewards(sandbox)).Select(row => ((string)row["state"]!, (string?)row["expected_at"], (long)row["total_so_far_minor"]!)));
        Assert.All(await Rewards(sandbox), row => Assert.Equal("h12t-s", (string?)row["action_id"]));

        await sandbox.Ok("/v1/test_clock/advance", new { to = "2023-05-19T00:00:00Z" });
        var refund = await Act(sandbox, "h12t", "jane", "refund", "h12t-r", 10_000, "h12t-s");
        Assert.Equal(3, refund["decisions"]!.AsArray().Count);
        Assert.Equal(4_000, await Payable(sandbox));
        Assert.Equal([2_000L, 2_000, 2_000], (await Rewards(sandbox)).Select(row => (long)row["left_minor"]!));
        await LedgerCheck.Clean(await Books("h12t"));
        await sandbox.Ok("/v1/test_clock/advance", new { to = "2024-05-19T00:00:00Z" });
        Assert.Equal(6_000, await Payable(sandbox));
        Assert.Equal(["taken_back", "taken_back", "taken_back"], (await sandbox.Ok("/v1/actions/h12t-r"))["decisions"]!.AsArray().Select(decision => (string)decision!["code"]!));
        await LedgerCheck.Clean(await Books("h12t"));

        // Of what comes back of the last row, which had lost it before it was due, only what was taken since was ever earned.
        await Act(sandbox, "h12t", "jane", "refund", "h12t-r2", 3_000, "h12t-s");
        await Act(sandbox, "h12t", "jane", "refund_failed", "h12t-f", null, "h12t-r");
        var line = (await sandbox.Ok("/v1/referrers/rita/balance"))["balances"]!.AsArray().Single()!;
        Assert.Equal((8_700, 600, 8_100), ((long)line["earned_minor"]!, (long)line["clawed_back_minor"]!, (long)line["payable_minor"]!));
        var postings = (await sandbox.Ok("/v1/ledger/postings"))["data"]!.AsArray().Where(posting => (string?)posting!["action_id"] == "h12t-f");
        Assert.Equal(
            (await Rewards(sandbox)).Select((row, i) => ((string)row["id"]!, i == 2 ? 2 : 1)).Order(),
            postings.GroupBy(posting => (string)posting!["reward_id"]!).Select(posting => (posting.Key, posting.Count())).Order());
        await LedgerCheck.Clean(await Books("h12t"));
    }

    [Fact]
    public async Task H9_D8_first_sales_are_paid_together_and_a_refund_of_any_takes_its_share()
    {
        using var sandbox = await Sandbox("h9t", "2023-04-19T00:00:00Z");
        await Publish(sandbox, "h9t", """{"id":"h9t-three","trigger":"every_n_referrals","n":3,"reward":{"kind":"cash","type":"percent","basis_points":1000},"hold":{"mode":"days","days":30}}""");
        foreach (var referee in (string[])["a", "b", "c"]) await Refer(sandbox, "h9t", referee);
        Assert.Equal("gathered", (string)(await Act(sandbox, "h9t", "a", "sale", "h9t-a", 10_000))["decisions"]![0]!["code"]!);
        await Act(sandbox, "h9t", "b", "sale", "h9t-b", 5_000);
        await Act(sandbox, "h9t", "b", "refund", "h9t-rb", 5_000, "h9t-b");
        Assert.Equal(3_500, (long)(await Act(sandbox, "h9t", "c", "sale", "h9t-c", 20_000))["decisions"]![0]!["reward"]!["amount_minor"]!);
        var refund = await Act(sandbox, "h9t", "a", "refund", "h9t-ra", 10_000, "h9t-a");
        Assert.Equal(("reversed", "round_changed"), ((string)refund["status"]!, (string)refund["decisions"]![0]!["code"]!));

        // What is undone reaches the reward by the sweep, whatever the hold says.
        await sandbox.Ok("/v1/test_clock/advance", new { to = "2023-04-20T00:00:00Z" });
        Assert.Equal(2_000, (long)(await Rewards(sandbox)).Single()["left_minor"]!);
        await LedgerCheck.Clean(await Books("h9t"));
        await Act(sandbox, "h9t", "b", "refund_failed", "h9t-fb", null, "h9t-rb");
        await sandbox.Ok("/v1/test_clock/advance", new { to = "2023-07-20T00:00:00Z" });
        Assert.Equal(2_500, await Payable(sandbox));
        await LedgerCheck.Clean(await Books("h9t"));

        // What is kept of the round has to follow from its sales.
        await using var database = NpgsqlDataSource.Create(server.Owner + ";Search Path=grains");
        foreach (var (damage, repair) in ((string, string)[])[("action_id = 'other'", "action_id = 'h9t-c'"), ("undone = undone + 1, settled = settled + 1", "undone = undone - 1, settled = settled - 1"), ("round = 2", "round = 1")])
        {
            await Keep(damage);
            var found = (await (await Books("h9t")).Ok("/v1/ledger/check", new { }))["differences"]!.AsArray();
            Assert.All(found, static one => Assert.Equal("gathering", (string)one!["what"]!));
            Assert.Equal(damage == "round = 2" ? 2 : 1, found.Count);
            await Keep(repair);
        }

        await LedgerCheck.Clean(await Books("h9t"));

        async Task Keep(string what)
        {
            await using var command = database.CreateCommand($"update gathering set {what} where tenant = (select id from tenant where name = 'h9t')");
            Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        }
    }

    private static Task<JsonNode> Act(Api api, string program, string referee, string type, string id, long? amount, string? of = null) => api.Ok(
        "/v1/actions", new { action_id = id, program_id = program, type, referee_id = referee, amount_minor = amount, refund_of = of, currency = type == "sale" ? "USD" : null });

    private async Task<Api> Sandbox(string name, string at)
    {
        await server.Api.Ok("/v1/tenants", new { id = name, sandbox = true, clock_at = at });
        var sandbox = new Api(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = name }))["key"]!);
        await sandbox.Ok("/v1/programs", new { id = name, name, currency = "USD", time_zone = "UTC" });
        await sandbox.Ok("/v1/referrers", new { id = "rita" });
        return sandbox;
    }

    private async Task<Api> Books(string tenant) => new(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "finance", tenant }))["key"]!);

    private static Task<JsonNode> Publish(Api api, string program, string rule) => api.Ok($"/v1/programs/{program}/rules", JsonNode.Parse(rule)!);

    private static Task<JsonNode> Refer(Api api, string program, string referee, long? value = null) =>
        api.Ok("/v1/referrals", new { program_id = program, referee_id = referee, referrer_id = "rita", conversion_value_minor = value });

    private static async Task<List<JsonNode>> Rewards(Api api) => [.. (await api.Ok("/v1/rewards"))["data"]!.AsArray().Select(row => row!)];

    private static async Task<long> Payable(Api api, string asset = "") =>
        (await api.Ok("/v1/referrers/rita/balance"))["balances"]!.AsArray().Where(line => asset.Length == 0 ? !((string)line!["asset"]!).Contains(':', StringComparison.Ordinal) : (string)line!["asset"]! == asset)
        .Sum(line => (long)line!["payable_minor"]!);
}
