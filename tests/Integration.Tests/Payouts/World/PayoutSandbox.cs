using System.Globalization;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Payouts.World;

/// <summary>A sandbox tenant with a program of 10 %, and the keys of those who pay out.</summary>
internal sealed class PayoutSandbox : IDisposable
{
    private readonly LivingServer server;
    private string finance = "";
    private int entries;

    private PayoutSandbox(LivingServer server, string name) => (this.server, Name) = (server, name);

    public string Name { get; }

    public Api Admin { get; private set; } = null!;

    public Api Finance { get; private set; } = null!;

    public Api Second { get; private set; } = null!;

    public List<(string Action, string Referee, string Referrer, long Amount)> Sales { get; } = [];

    public static async Task<PayoutSandbox> Open(LivingServer server, string name, string at, bool second = false)
    {
        var shop = new PayoutSandbox(server, name);
        await server.Api.Ok("/v1/tenants", new { id = name, sandbox = true, clock_at = at });
        (shop.Admin, shop.Finance, shop.Second) = (await shop.Key("admin"), await shop.Key("finance"), await shop.Key("finance"));
        await shop.Admin.Ok("/v1/programs", new { id = name, name, currency = "GBP", time_zone = "Europe/London" });
        await shop.Admin.Ok($"/v1/programs/{name}/rules", JsonNode.Parse(
            """{"id":"ten","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"hold":{"mode":"days","days":30}}""")!);
        if (second) await shop.Put("/v1/payout_terms", new { minimums = new[] { new { currency = "GBP", amount_minor = 500 } }, second_person = true });
        return shop;
    }

    /// <summary>A part of the history: its referrers, referrals and actions, in order.</summary>
    public async Task<IReadOnlyList<string>> Import(string history)
    {
        var referrals = Rows(history + "-referrals.csv");
        var referrers = referrals.Select(row => row["referrer_id"]).Distinct().ToList();
        foreach (var referrer in referrers) await Admin.Ok("/v1/referrers", new { id = referrer, cash_opt_in = true });
        await Lines("/v1/referrals:batch", referrals.Select(row => (JsonNode)new JsonObject
        {
            ["program_id"] = Name,
            ["referee_id"] = row["referee_id"],
            ["referrer_id"] = row["referrer_id"],
            ["approved_at"] = row["approved_at"],
        }));
        var credited = referrals.ToDictionary(row => row["referee_id"], row => row["referrer_id"]);
        var actions = Rows(history + "-actions.csv");
        foreach (var row in actions.Where(row => row["type"] == "sale"))
            Sales.Add((row["action_id"], row["referee_id"], credited[row["referee_id"]], long.Parse(row["amount_minor"], CultureInfo.InvariantCulture)));
        var approved = referrals.ToDictionary(row => row["referee_id"], row => row["approved_at"]);
        Sales.RemoveAll(sale => actions.Any(row => row["refund_of"] == sale.Action) || string.CompareOrdinal(actions.First(row => row["action_id"] == sale.Action)["occurred_at"], approved[sale.Referee]) < 0);
        await Lines("/v1/actions:stream", actions.Select(row =>
        {
            var action = new JsonObject { ["program_id"] = Name };
            foreach (var name in (string[])["action_id", "type", "referee_id", "occurred_at", "currency"]) action[name] = row[name];
            action["amount_minor"] = long.Parse(row["amount_minor"], CultureInfo.InvariantCulture);
            if (row["refund_of"].Length > 0) action["refund_of"] = row["refund_of"];
            return (JsonNode)action;
        }));
        return referrers;
    }

    /// <summary>As the referrer does it who follows the link.</summary>
    public async Task Onboard(string referrer)
    {
        var link = await Admin.Ok($"/v1/referrers/{referrer}/onboarding_link", new { return_url = "https://shop.test/back", country = "GB" });
        var again = await Admin.Ok($"/v1/referrers/{referrer}/onboarding_link", new { return_url = "https://shop.test/back" });
        Assert.Equal((string?)link["account"]!["stripe_account_id"], (string?)again["account"]!["stripe_account_id"]);
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var finished = await browser.PostAsync((string)link["url"]!, null);
        Assert.Equal(302, (int)finished.StatusCode);
    }

    public Task<JsonNode> Earn(string referrer, long minor, string asset = "GBP") =>
        Admin.Ok($"/v1/referrers/{referrer}/entries", new { entry_id = $"{Name}-{entries++}", asset, amount_minor = minor, reason = "bonus" });

    public Task<JsonNode> Send(object action) => Admin.Ok("/v1/actions", action);

    public Task<JsonNode> Advance(string to) => Admin.Ok("/v1/test_clock/advance", new { to });

    public async Task<JsonNode> Put(string path, object body)
    {
        var answer = await (path.EndsWith("payout_account", StringComparison.Ordinal) ? Second : Finance).Send(HttpMethod.Put, path, JsonContent.Create(body));
        Assert.True(answer.IsSuccess, answer.Body);
        return answer.Json;
    }

    public async Task<(long Payable, long InTransit, long Paid)> Balance(string referrer)
    {
        var balance = (await Admin.Ok($"/v1/referrers/{referrer}/balance"))["balances"]!.AsArray().SingleOrDefault();
        return balance is null ? default : ((long)balance["payable_minor"]!, (long)balance["in_transit_minor"]!, (long)balance["paid_minor"]!);
    }

    public async Task<JsonNode> Until(string batch, string status)
    {
        JsonNode now = null!;
        await Eventually.Holds($"{batch} is {status}", async () =>
        {
            var answer = await Finance.Get($"/v1/payout_batches/{batch}");
            return answer.IsSuccess && (string?)(now = answer.Json)["status"] == status;
        });
        return now;
    }

    /// <summary>Compares all of it with what the stand-in has: nothing differs.</summary>
    public async Task Reconcile()
    {
        var run = await Finance.Ok("/v1/reconciliation/run", new { full = true });
        await Eventually.Holds("all agrees", async () => (string?)(await Finance.Ok($"/v1/reconciliation?run_id={run["id"]}"))["run"]!["state"] == "clean");
    }

    public async Task Pay(string batch)
    {
        await Finance.Ok("/v1/payout_batches", new { id = batch });
        await Second.Ok($"/v1/payout_batches/{batch}/approve", new { hash = (string)(await Until(batch, "frozen"))["hash"]! });
        await Until(batch, "settled");
    }

    /// <summary>All of them, page by page.</summary>
    public async Task<IReadOnlyList<JsonNode>> Items(string batch)
    {
        var items = new List<JsonNode>();
        for (var after = ""; ; after = $"&starting_after={(string)items[^1]["id"]!}")
        {
            var page = (await Finance.Ok($"/v1/payout_batches/{batch}?limit=3{after}"))["items"]!;
            items.AddRange(page["data"]!.AsArray().Select(one => one!));
            if (!(bool)page["has_more"]!) return items;
        }
    }

    public async Task<string?> WhyLeftOut(string referrer) => (string?)(await Finance.Ok("/v1/payout_batches?dry_run=true", new { }))["preview"]!["left_out"]!.AsArray()
        .SingleOrDefault(one => (string)one!["referrer_id"]! == referrer)?["reason"];

    public async Task<string> Csv(string path)
    {
        using var http = new HttpClient { BaseAddress = Finance.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", finance);
        request.Headers.Accept.ParseAdd("text/csv");
        using var answer = await http.SendAsync(request);
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>The sum of what the stand-in was told to transfer for this tenant, whatever else is on record; each key once.</summary>
    public async Task<long> Transfers()
    {
        await using var database = NpgsqlDataSource.Create(server.Owner);
        await using var ask = database.CreateCommand(
            """
            select coalesce(sum(substring(convert_from(c.body, 'UTF8') from '^amount=(\d+)')::bigint), 0)::bigint from (
              select distinct on (headers ->> 'Idempotency-Key') * from grains.standin_call
              where target = '/v1/transfers' and headers ->> 'Authorization' = 'Bearer sk_test_standin_' || (select id from grains.tenant where name = $1)) c
            """);
        ask.Parameters.Add(new() { Value = Name });
        return (long)(await ask.ExecuteScalarAsync())!;
    }

    public void Dispose()
    {
        Admin.Dispose();
        Finance.Dispose();
        Second.Dispose();
    }

    private async Task<Api> Key(string role)
    {
        var key = (string)(await server.Api.Ok("/v1/api_keys", new { role, tenant = Name }))["key"]!;
        if (role == "finance") finance = key;
        return new(server.Api.Address, key);
    }

    private async Task Lines(string path, IEnumerable<JsonNode> lines)
    {
        var answer = await Admin.PostRaw(path, string.Concat(lines.Select(line => line.ToJsonString() + "\n")), "application/x-ndjson");
        Assert.True(answer.IsSuccess, answer.Body);
        Assert.DoesNotContain("\"error\":", answer.Body, StringComparison.Ordinal);
    }

    private static List<Dictionary<string, string>> Rows(string file, [CallerFilePath] string here = "")
    {
        var lines = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(here)!, "..", "Data", file), Encoding.UTF8);
        var names = lines[0].Split(',');
        return [.. lines[1..].Select(line => names.Zip(line.Split(',')).ToDictionary(cell => cell.First, cell => cell.Second))];
    }
}
