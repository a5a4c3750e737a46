using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>Whose keys open what, on every route that the server describes.</summary>
[Collection(OneServer.Name)]
public sealed class AccessTests(LivingServer server)
{
    private static readonly string[] Roles = ["ingest", "read", "admin", "finance", "key_admin", "operator"];

    [Fact]
    public async Task Every_route_refuses_a_key_without_its_role_and_whoever_has_none()
    {
        var keys = new Dictionary<string, Api>();
        foreach (var role in Roles) keys[role] = await Key(role, role == "operator" ? null : "default");
        var link = await server.OpenShop();
        keys["portal"] = new(server.Api.Address, (string)(await server.Api.Ok("/v1/portal_links", new { referrer_id = link.Referrers[0] }))["token"]!);
        using var stranger = new Api(server.Api.Address, "rg_live_of_nobody");
        using var nobody = new Api(server.Api.Address, key: null);
        var routes = await Routes();
        Assert.True(routes.Count > 30, "The description has every route.");
        foreach (var (method, path, needed, also) in routes)
        {
            var address = path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
            foreach (var without in (Api[])[stranger, nobody])
            {
                var answer = await without.Send(method, address, null);
                Assert.True(needed == "none" || (answer.Status, answer.Code) == (401, "unauthenticated"), $"{method} {path} without a key: {answer.Status} {answer.Body}");
            }

            foreach (var (role, api) in keys)
            {
                var mayPass = needed == "none" || (needed == "any" && role != "portal") || role == needed || (role == "admin" && needed is "ingest" or "read") || (role == "operator" && needed == "key_admin") || also == role || (also == "key_admin" && role == "operator");
                var answer = await api.Send(method, address, null);
                Assert.True(mayPass == (answer.Status is not (401 or 403)), $"{method} {path} with {role}, needs {needed}: {answer.Status} {answer.Body}");
            }
        }

        foreach (var api in keys.Values) api.Dispose();
    }

    [Fact]
    public async Task The_dashboard_is_open_to_operators_only_and_shows_the_silo_and_its_grains()
    {
        using var nobody = new Api(server.Api.Address, key: null);
        using var admin = await Key("admin", "default");
        using var operators = await Key("operator", null);
        Assert.Equal(401, (await nobody.Send(HttpMethod.Get, "/ops/DashboardCounters", null)).Status);
        Assert.Equal(403, (await admin.Send(HttpMethod.Get, "/ops/DashboardCounters", null)).Status);
        Assert.Equal(200, (await operators.Send(HttpMethod.Get, "/ops/", null)).Status);
        await Eventually.Holds("the dashboard shows one silo and its wakers", async () =>
            await operators.Send(HttpMethod.Get, "/ops/DashboardCounters?exclude=Orleans", null) is { Status: 200 } counters
            && counters.Body.Contains("DueGrain", StringComparison.Ordinal) && counters.Body.Contains("\"totalActiveHostCount\":1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Counters_are_shown_but_for_those_that_walk_over_all_grains()
    {
        string[] walk = ["orleans-messaging-processing-activation-data", "orleans-directory-cache-size"];
        using var operators = await Key("operator", null);
        var silo = "";
        await Eventually.Holds("the dashboard shows the silo", async () =>
        {
            var hosts = JsonDocument.Parse((await operators.Send(HttpMethod.Get, "/ops/DashboardCounters", null)).Body).RootElement.GetProperty("hosts");
            if (hosts.GetArrayLength() > 0) silo = hosts[0].GetProperty("siloAddress").GetString()!;
            return silo.Length > 0;
        });
        var shown = "";
        await Eventually.Holds("the dashboard shows its counters", async () =>
            (shown = (await operators.Send(HttpMethod.Get, $"/ops/SiloCounters/{silo}", null)).Body).Contains("orleans-catalog-activations", StringComparison.Ordinal));
        var metrics = (await server.Api.Send(HttpMethod.Get, "/metrics", null)).Body;
        Assert.Contains("orleans_catalog_activations", metrics, StringComparison.Ordinal);
        foreach (var counter in walk)
        {
            Assert.DoesNotContain(counter, shown, StringComparison.Ordinal);
            Assert.DoesNotContain(counter.Replace('-', '_'), metrics, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_another_tenants_is_answered_as_what_is_not_there_on_every_route()
    {
        foreach (var tenant in (string[])["ours", "theirs"]) await server.Api.Ok("/v1/tenants", new { id = tenant, sandbox = true });
        using var ours = await Key("admin", "ours");
        using var theirs = await Key("admin", "theirs");
        var there = await Things(ours, "ours");
        await Things(theirs, "theirs");
        foreach (var (method, path, role, _) in await Routes())
        {
            if (role is not ("read" or "ingest" or "admin")) continue;
            if (!path.Contains('{', StringComparison.Ordinal))
            {
                if (method == HttpMethod.Get) Assert.DoesNotContain("ours", (await theirs.Get(path)).Body, StringComparison.Ordinal);
                continue;
            }

            var (mine, absent) = Addresses(path.EndsWith("/share", StringComparison.Ordinal) ? path + "?program_id={program}" : path, there);
            var foreign = await theirs.Send(method, mine, Body(method));
            var missing = await theirs.Send(method, absent, Body(method));
            Assert.Equal(WithoutRequest(missing), WithoutRequest(foreign));
            Assert.True(foreign.Status == (method == HttpMethod.Get ? 404 : foreign.Status) && foreign.Status is 400 or 404, $"{method} {path}: {foreign.Status} {foreign.Body}");
            if (method == HttpMethod.Get) Assert.True((await ours.Get(mine)).IsSuccess, mine);
        }
    }

    [Fact]
    public async Task Whatever_shows_a_person_or_an_account_is_in_the_audit_log_and_every_change_as_well()
    {
        await server.Api.Ok("/v1/tenants", new { id = "seen", sandbox = true });
        using var admin = await Key("admin", "seen");
        using var finance = await Key("finance", "seen");
        var there = await Things(admin, "seen");
        var referrer = there["referrers"];
        await admin.Send(HttpMethod.Patch, $"/v1/referrers/{referrer}", JsonContent.Create(new { name = "Canary Bird", email = "canary@example.com", stripe_customer_id = "cus_canary" }));
        var account = (string)(await finance.Ok($"/v1/referrers/{referrer}/payout_account"))["stripe_account_id"]!;
        var customer = (string)(await finance.Ok($"/v1/referrers/{referrer}/credit_account"))["stripe_customer_id"]!;
        there["payout_batches"] = await DrawUp(admin, finance, referrer, account);
        var shown = new HashSet<string>();
        foreach (var (method, path, role, _) in await Routes())
        {
            if (method != HttpMethod.Get || role is not ("read" or "admin" or "finance" or "key_admin")) continue;
            var address = path.Contains('{', StringComparison.Ordinal) ? Addresses(path, there).There : path;
            foreach (var api in (Api[])[admin, finance])
                if (await api.Get(address) is { IsSuccess: true } answer && (answer.Body.Contains("canary", StringComparison.OrdinalIgnoreCase) || answer.Body.Contains(account, StringComparison.Ordinal)
                    || answer.Body.Contains(customer, StringComparison.Ordinal)))
                    shown.Add($"GET {address}");
        }

        Assert.Equal(
            ["GET /v1/payout_batches/seen-paid", "GET /v1/referrers", $"GET /v1/referrers/{referrer}", $"GET /v1/referrers/{referrer}/credit_account", $"GET /v1/referrers/{referrer}/payout_account"],
            shown.Order(StringComparer.Ordinal));
        var logged = new List<JsonNode>();
        for (var next = "/v1/audit_entries?limit=100"; next is not null;)
        {
            var page = await admin.Ok(next);
            logged.AddRange(page["data"]!.AsArray().Select(static one => one!));
            next = (bool)page["has_more"]! ? $"/v1/audit_entries?limit=100&starting_after={logged[^1]["id"]}" : null;
        }

        var requests = logged.Select(static one => (string)one["request"]!).ToHashSet();
        Assert.Empty(shown.Except(requests));
        Assert.Contains($"POST /v1/referrers/{referrer}/onboarding_link", requests);
        Assert.Contains(logged, static one => (string)one["request"]! == "POST /v1/payout_batches" && (string?)one["subject_id"] == "seen-batch" && (string)one["role"]! == "finance");
        Assert.DoesNotContain(requests, static request => request.StartsWith("POST /v1/actions", StringComparison.Ordinal));
        Assert.DoesNotContain(logged, static one => one["status"] is null || one.ToJsonString().Contains("canary", StringComparison.OrdinalIgnoreCase));
        using var key = await Key("key_admin", "seen");
        Assert.True((await key.Get($"/v1/audit_entries?subject_id={Uri.EscapeDataString(referrer)}&by={logged[0]["by"]}")).IsSuccess);
    }

    // A batch that pays the referrer to the account; what it would be is looked at before.
    private static async Task<string> DrawUp(Api admin, Api finance, string referrer, string account)
    {
        var link = new { return_url = "https://shop.test/back", country = "GB" };
        var page = (string)(await admin.Ok($"/v1/referrers/{referrer}/onboarding_link", link))["url"]!;
        Assert.Equal(302, (await admin.Send(HttpMethod.Post, new Uri(page).PathAndQuery, null)).Status);
        Assert.True((bool)(await admin.Ok($"/v1/referrers/{referrer}/onboarding_link", link))["account"]!["ready"]!);
        await admin.Send(HttpMethod.Patch, $"/v1/referrers/{referrer}", JsonContent.Create(new { cash_opt_in = true }));
        await admin.Ok($"/v1/referrers/{referrer}/entries", new { entry_id = "owed", asset = "GBP", amount_minor = 700, reason = "a test" });
        foreach (var flag in (await admin.Ok("/v1/flags?state=open"))["data"]!.AsArray()) await admin.Ok($"/v1/flags/{flag!["id"]}/clear", new { reason = "a test" });
        var looks = await Logged();
        Assert.Contains(account, (await finance.Ok("/v1/payout_batches?dry_run=true", new { })).ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(looks + 1, await Logged());
        await finance.Ok("/v1/payout_batches", new { id = "seen-paid" });
        await Eventually.Holds("the batch has its item", async () => (await finance.Get("/v1/payout_batches/seen-paid")).Body.Contains(account, StringComparison.Ordinal));
        return "seen-paid";

        async Task<int> Logged() => (await admin.Ok("/v1/audit_entries?operation=createPayoutBatch&limit=100"))["data"]!.AsArray().Count;
    }

    // What one tenant has of everything that a route can name.
    private async Task<Dictionary<string, string>> Things(Api api, string name)
    {
        var shop = await Shop.Open(api, name, referrers: 1, refereesEach: 1);
        var answer = await api.Ok("/v1/actions", JsonNode.Parse(shop.Sale(shop.Referees[0], 1_000).Json)!);
        await api.Send(HttpMethod.Patch, $"/v1/programs/{shop.Program}", JsonContent.Create(new { new_customer_discount = new { type = "fixed", value = 100 } }));
        await api.Ok("/v1/referrals", new { program_id = shop.Program, referee_id = "newcomer", referrer_id = shop.Referrers[0] });
        await api.Ok("/v1/checkout_discounts", new { program_id = shop.Program, referee_id = "newcomer", payment_id = $"{name}-in", amount_minor = 1_000 });
        await api.Ok("/v1/payment_discounts", new { program_id = shop.Program, referrer_id = shop.Referrers[0], payment_id = $"{name}-in", amount_minor = 1_000 });
        await api.Ok("/v1/referrals", new { program_id = shop.Program, referee_id = shop.Referrers[0], referrer_id = shop.Referrers[0] });
        await api.Ok($"/v1/referrers/{shop.Referrers[0]}/onboarding_link", new { return_url = "https://shop.test/back", country = "GB" });
        using var finance = await Key("finance", name);
        await finance.Ok($"/v1/referrers/{shop.Referrers[0]}/credit_account", new { });
        await api.Ok("/v1/referrers", new { id = "payee", cash_opt_in = true });
        await api.Ok("/v1/referrers/payee/entries", new { entry_id = "e", asset = "GBP", amount_minor = 100, reason = "a test" });
        await finance.Ok("/v1/payout_batches", new { id = $"{name}-batch", delivery = "outside" });
        JsonNode items = null!;
        await Eventually.Holds("the batch has an item", async () => (items = (await finance.Ok($"/v1/payout_batches/{name}-batch"))["items"]!["data"]!).AsArray().Count > 0);
        var endpoint = await api.Ok("/v1/webhook_endpoints", new { url = "https://shop.test/hooks" });
        var source = await api.Ok("/v1/sources", new { kind = "stripe", program_id = shop.Program, secret_ref = "shop" });
        return new()
        {
            ["sources"] = (string)source["id"]!,
            ["source_events"] = await Waiting(api.Address, source),
            ["portal_links"] = (string)(await api.Ok("/v1/portal_links", new { referrer_id = shop.Referrers[0] }))["id"]!,
            ["webhook_endpoints"] = (string)endpoint["id"]!,
            ["flags"] = (string)(await api.Ok("/v1/flags"))["data"]![0]!["id"]!,
            ["payout_batches"] = $"{name}-batch",
            ["items"] = (string)items[0]!["id"]!,
            ["checkout_discounts"] = $"{name}-in",
            ["payment_discounts"] = $"{name}-in",
            ["programs"] = shop.Program,
            ["rules"] = shop.Program + "-rule",
            ["referrers"] = shop.Referrers[0],
            ["referrals"] = shop.Referees[0],
            ["actions"] = (string)answer["action_id"]!,
            ["enrollments"] = (string)answer["decisions"]![0]!["enrollment_id"]!,
            ["rewards"] = (string)answer["decisions"]![0]!["reward"]!["id"]!,
        };
    }

    // A refund of a sale that nobody has heard of.
    private static async Task<string> Waiting(Uri address, JsonNode source)
    {
        const string body = """{"id":"evt_1","object":"event","type":"refund.created","livemode":false,"data":{"object":{"id":"re_1","object":"refund","amount":100,"currency":"gbp","created":1767225600,"payment_intent":"pi_1"} } }""";
        using var http = new HttpClient { BaseAddress = address };
        using var request = new HttpRequestMessage(HttpMethod.Post, (string)source["url"]!) { Content = new StringContent(body) };
        request.Headers.Add("Stripe-Signature", EndToEnd.SourceTests.Sign(body, ServerProcess.SourceSecret, TimeProvider.System.GetUtcNow()));
        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return $"{source["id"]}:evt_1";
    }

    private static (string There, string Absent) Addresses(string path, Dictionary<string, string> there)
    {
        var kind = path.Split('/')[2];
        Assert.True(there.TryGetValue(kind, out var id), $"{path} names something that this test does not make.");
        var absent = kind switch
        {
            "enrollments" => "enr_999999999_1",
            "rewards" => "rwd_999999999_1_0",
            "flags" => "flag_999999999_1",
            "portal_links" => "plk_999999999",
            _ => "absent",
        };
        return (Fill(path, id, there), Fill(path, absent, there));
    }

    private static string Fill(string path, string id, Dictionary<string, string> there) => path
        .Replace("{program_id}", there["programs"], StringComparison.Ordinal)
        .Replace("{program}", there["programs"], StringComparison.Ordinal)
        .Replace("{rule}", there["rules"], StringComparison.Ordinal)
        .Replace("{item}", there["items"], StringComparison.Ordinal)
        .Replace("{referee_id}", id, StringComparison.Ordinal)
        .Replace("{referee}", id, StringComparison.Ordinal)
        .Replace("{id}", id, StringComparison.Ordinal);

    private static JsonContent? Body(HttpMethod method) => method == HttpMethod.Get ? null : JsonContent.Create(new { });

    private static string WithoutRequest(Answer answer)
    {
        var problem = answer.Json.AsObject();
        problem.Remove("request_id");
        return $"{answer.Status} {problem.ToJsonString()}";
    }

    private async Task<Api> Key(string role, string? tenant) =>
        new(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role, tenant }))["key"]!);

    private async Task<List<(HttpMethod Method, string Path, string Role, string? Also)>> Routes()
    {
        var description = await server.Api.Ok("/openapi/v1.json");
        return
        [
            .. from path in description["paths"]!.AsObject()
               from operation in path.Value!.AsObject()
               select (HttpMethod.Parse(operation.Key), path.Key, (string)operation.Value!["x-role"]!,
                   ((string?)operation.Value["description"])!.TrimEnd('.').Split(" or ") is [_, var also] ? also : null),
        ];
    }
}
