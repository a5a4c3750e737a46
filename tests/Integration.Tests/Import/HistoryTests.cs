using System.Diagnostics;
using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Import;

/// <summary>History that the command line brings into a server, to the penny of its balances.</summary>
[Collection(OneServer.Name)]
public sealed class HistoryTests(LivingServer server) : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("grains-history-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task D14_holds_of_a_history_run_from_now_unless_they_are_to_run_from_when_each_action_occurred()
    {
        var program = (await server.OpenShop()).Program;
        string[] actions = ["action_id,type,referee_id,occurred_at,amount_minor", $"{program}-a,sale,{{0}},2026-01-15T12:00:00Z,4900"];

        await Import(program, "first", actions);
        await Import(program, "second", [actions[0], actions[1].Replace("-a", "-b", StringComparison.Ordinal)], "--holds-from", "occurred");

        Assert.Equal((490, 0), await PendingAndPayable($"{program}-first"));
        Assert.Equal((0, 490), await PendingAndPayable($"{program}-second"));
        var rules = (await server.Api.Ok($"/v1/programs/{program}"))["rules"]!.AsArray();
        Assert.Equal((2, "occurred_at"), ((int)rules[0]!["version"]!, (string?)rules[0]!["hold"]!["from"]));
    }

    [Fact]
    public async Task D3_sorted_history_pays_the_oldest_under_a_count_cap()
    {
        var program = (await server.OpenShop(rule: Shop.Percent(new { max_count = 1 }))).Program;
        string[] newestFirst =
        [
            "action_id,type,referee_id,occurred_at,amount_minor",
            $"{program}-3,sale,{{0}},2026-01-17T12:00:00Z,30000",
            $"{program}-2,sale,{{0}},2026-01-16T12:00:00Z,20000",
            $"{program}-1,sale,{{0}},2026-01-15T12:00:00Z,10000",
        ];

        var said = await Import(program, "referrer", newestFirst, "--sort");

        Assert.Contains("is newest first", said, StringComparison.Ordinal);
        Assert.Equal((1_000, 0), await PendingAndPayable($"{program}-referrer"));
    }

    [Fact]
    public async Task X1_orders_of_a_shop_earn_on_what_was_sold_and_lose_by_what_was_paid_back()
    {
        var program = (await server.OpenShop()).Program;
        string[] orders =
        [
            "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem name,Lineitem sku,Refunded Amount",
            $"#{program},{{0}},partially_refunded,2026-01-15 10:00:00 +0100,GBP,100.00,10.00,10.00,120.00,2026-01-15 09:00:00 +0100,Mug,MUG,60.00",
            $"#{program},{{0}},,,,,,,,,Pot,POT,",
        ];

        var said = await Import(program, "referrer", orders, "--preset", "shopify-orders");

        Assert.Contains("earned 10.00 GBP, taken back 5.00 GBP, net 5.00 GBP", said, StringComparison.Ordinal);
        Assert.Equal((500, 0), await PendingAndPayable($"{program}-referrer"));
    }

    [Fact]
    public async Task X6_what_was_paid_before_is_not_payable_again()
    {
        var program = (await server.OpenShop()).Program;
        string[] actions =
        [
            "action_id,type,referee_id,occurred_at,amount_minor",
            $"{program}-1,sale,{{0}},2026-01-15T12:00:00Z,5000",
            $"{program}-2,sale,{{0}},2026-03-31T23:30:00+01:00,2000",
        ];
        string[] options = ["--holds-from", "occurred", "--paid-until", "2026-02-01"];

        await Import(program, "referrer", actions, options);
        var said = await Import(program, "referrer", actions, options);

        await Import(program, "other", [actions[0], actions[1].Replace("-1,sale", "-3,sale", StringComparison.Ordinal)], options);

        Assert.Contains("paid before 0 referrers booked, 1 duplicate, 0 refused", said, StringComparison.Ordinal);
        Assert.Equal((0, 200), await PendingAndPayable($"{program}-referrer"));
        Assert.Equal((500, 500), ((int)(await Balance($"{program}-referrer"))["paid_minor"]!, (int)(await Balance($"{program}-other"))["paid_minor"]!));
    }

    /// <returns>What the command has said; it has to succeed.</returns>
    private async Task<string> Import(string program, string referrer, string[] actions, params string[] options)
    {
        var referee = $"{program}-{referrer}-c@example.com";
        var (actionFile, referralFile) = (Path.Combine(folder.FullName, "actions.csv"), Path.Combine(folder.FullName, "referrals.csv"));
        await File.WriteAllLinesAsync(actionFile, actions.Select(line => line.Replace("{0}", referee, StringComparison.Ordinal)));
        await File.WriteAllLinesAsync(referralFile, ["referee_id,referrer_id,approved_at", $"{referee},{program}-{referrer},2026-01-01T00:00:00Z"]);

        var start = new ProcessStartInfo("dotnet",
            [Program(), "import", "--program", program, "--actions", actionFile, "--referrals", referralFile, "--url", server.Api.Address.ToString(), .. options])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GRAINS_ADMIN_KEY"] = ServerProcess.AdminKey;
        using var command = Process.Start(start)!;
        var said = command.StandardOutput.ReadToEndAsync();
        var wrong = await command.StandardError.ReadToEndAsync();
        await command.WaitForExitAsync();
        Assert.True(command.ExitCode == 0, wrong + await said);
        return await said;
    }

    private async Task<(int Pending, int Payable)> PendingAndPayable(string referrer)
    {
        var balance = await Balance(referrer);
        return ((int)balance["pending_minor"]!, (int)balance["payable_minor"]!);
    }

    private async Task<JsonNode> Balance(string referrer) => (await server.Api.Ok($"/v1/referrers/{referrer}/balance"))["balances"]!.AsArray().Single()!;

    private static string Program() => Path.Combine(AppContext.BaseDirectory, "ReferralGrains.Cli.dll");
}
