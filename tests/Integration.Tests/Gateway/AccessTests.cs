using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Integration.Tests.Gateway.World;
using ReferralGrains.Storage.Sources;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class AccessTests : IAsyncLifetime
{
    private static readonly Dictionary<KeyRole, KeyRole[]> Includes = new()
    {
        [KeyRole.Ingest] = [KeyRole.Ingest],
        [KeyRole.Read] = [KeyRole.Read],
        [KeyRole.Admin] = [KeyRole.Admin, KeyRole.Ingest, KeyRole.Read],
        [KeyRole.Finance] = [KeyRole.Finance],
        [KeyRole.KeyAdmin] = [KeyRole.KeyAdmin],
        [KeyRole.Operator] = [KeyRole.Operator, KeyRole.KeyAdmin],
        [KeyRole.Portal] = [KeyRole.Portal],
    };

    private GatewayHost host = null!;

    public async ValueTask InitializeAsync() => host = await GatewayHost.Start();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Every_key_may_ask_what_it_is_and_nobody_else()
    {
        Assert.Equal("/v1/session", Assert.Single(Endpoints, endpoint => Roles.RoleOf(endpoint.Metadata) == Roles.Any).RoutePattern.RawText);
        Assert.Equal(401, (await host.Send("GET", "/v1/session", key: null)).Status);
        foreach (var role in Includes.Keys.Where(role => role != KeyRole.Portal))
        {
            var (status, seen) = await host.Send("GET", "/v1/session", key: await host.KeyFor(role));
            Assert.Equal((200, Roles.Words.Of(role)), (status, seen.GetProperty("role").GetString()));
        }

        Assert.Equal("all", (await host.Ok("GET", "/v1/session")).GetProperty("role").GetString());
    }

    [Fact]
    public async Task A_route_without_a_policy_lets_nobody_in()
    {
        await using var careless = await GatewayHost.Start(routes: app => app.MapGet("/v1/bare", () => "in"));
        Assert.Equal(401, (await careless.Send("GET", "/v1/bare", key: null)).Status);
        Assert.Equal(403, (await careless.Send("GET", "/v1/bare")).Status);
    }

    [Fact]
    public async Task Every_route_takes_the_keys_with_its_role_and_no_others()
    {
        await host.Ok("POST", "/v1/referrers", """{"id":"rita"}""");
        var link = await host.LinkFor("rita");
        foreach (var endpoint in Endpoints.Where(endpoint => RouteTests.RoleOf(endpoint) is not null))
        {
            var (method, path) = (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0], PathOf(endpoint));
            Assert.Equal((401, "unauthenticated"), await Code(method, path, null));
            Assert.Equal((401, "unauthenticated"), await Code(method, path, "rg_live_nobodys"));
            foreach (var (role, includes) in Includes)
            {
                var (status, code) = await Code(method, path, role == KeyRole.Portal ? link : await host.KeyFor(role));
                if (includes.Contains(RouteTests.RoleOf(endpoint)!.Value) || (RouteTests.AlsoFor(endpoint) is { } also && includes.Contains(also))) Assert.False(status is 401 or 403, $"{role} {method} {path}: {status}");
                else Assert.Equal((403, "forbidden"), (status, code));
            }
        }
    }

    [Fact]
    public async Task The_first_key_has_every_role_in_the_default_tenant_but_a_referrers()
    {
        foreach (var endpoint in Endpoints.Where(endpoint => RouteTests.RoleOf(endpoint) == KeyRole.Portal))
            Assert.Equal((403, "forbidden"), await Code(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0], PathOf(endpoint), GatewayHost.AdminKey));
        foreach (var endpoint in Endpoints.Where(endpoint => RouteTests.RoleOf(endpoint) is not null and not KeyRole.Portal))
        {
            var (status, _) = await Code(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0], PathOf(endpoint), GatewayHost.AdminKey);
            Assert.False(status is 401 or 403, endpoint.RoutePattern.RawText);
        }
    }

    [Fact]
    public async Task A_key_is_shown_once_and_opens_until_it_is_revoked()
    {
        var made = await host.Ok("POST", "/v1/api_keys", """{"role":"read"}""");
        var key = made.GetProperty("key").GetString()!;
        Assert.Matches("^rg_live_[A-Za-z0-9_-]{43}$", key);
        Assert.Equal(404, (await host.Send("GET", "/v1/programs/none", key: key)).Status);

        var id = made.GetProperty("id").GetString();
        Assert.Equal(id, (await host.Ok("DELETE", $"/v1/api_keys/{id}")).GetProperty("id").GetString());
        Assert.Equal(401, (await host.Send("GET", "/v1/programs/none", key: key)).Status);
        Assert.Equal("api_key_not_found", (await host.Send("DELETE", "/v1/api_keys/key_999")).Body.GetProperty("code").GetString());
        Assert.Equal("api_key_not_found", (await host.Send("DELETE", "/v1/api_keys/999")).Body.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_sandbox_has_test_keys_and_an_unknown_tenant_none()
    {
        await host.Ok("POST", "/v1/tenants", """{"id":"try","sandbox":true}""");
        Assert.StartsWith("rg_test_", (await host.Ok("POST", "/v1/api_keys", """{"role":"admin","tenant":"try"}""")).GetProperty("key").GetString(), StringComparison.Ordinal);
        Assert.Equal((404, "tenant_not_found"), await Code("POST", "/v1/api_keys", GatewayHost.AdminKey, """{"role":"admin","tenant":"none"}"""));
        Assert.Equal((400, "invalid_field"), await Code("POST", "/v1/api_keys", GatewayHost.AdminKey, """{"role":"king"}"""));
    }

    [Fact]
    public async Task A_key_admin_manages_the_keys_of_its_own_tenant_and_no_others()
    {
        await host.Ok("POST", "/v1/tenants", """{"id":"ours"}""");
        await host.Ok("POST", "/v1/tenants", """{"id":"theirs"}""");
        var (ours, theirs) = (await host.KeyFor(KeyRole.KeyAdmin, tenant: 2), await host.KeyFor(KeyRole.KeyAdmin, tenant: 3));
        var (status, made) = await host.Send("POST", "/v1/api_keys", """{"role":"finance"}""", ours);
        Assert.Equal((201, "ours"), (status, made.GetProperty("tenant").GetString()));
        Assert.Equal((404, "tenant_not_found"), await Code("POST", "/v1/api_keys", ours, """{"role":"read","tenant":"theirs"}"""));

        var path = "/v1/api_keys/" + made.GetProperty("id").GetString();
        Assert.Equal((404, "api_key_not_found"), await Code("DELETE", path, theirs));
        Assert.Equal((200, null), await Code("DELETE", path, ours));
        Assert.Equal((200, null), await Code("DELETE", path, await host.KeyFor(KeyRole.Operator)));

        // The first key is of a tenant, and opens every tenant's door.
        var first = "/v1/api_keys/" + (await host.Ok("GET", "/v1/api_keys")).GetProperty("data").EnumerateArray().First(key => key.GetProperty("role").GetString() == "all").GetProperty("id").GetString();
        Assert.Equal((403, "forbidden"), await Code("DELETE", first, await host.KeyFor(KeyRole.KeyAdmin)));
        Assert.Equal((200, null), await Code("GET", "/v1/api_keys", GatewayHost.AdminKey));
    }

    [Fact]
    public async Task L_a_tenants_key_makes_no_operator_and_an_operator_speaks_for_no_tenant()
    {
        Assert.Equal((403, "forbidden"), await Code("POST", "/v1/api_keys", await host.KeyFor(KeyRole.KeyAdmin), """{"role":"operator"}"""));
        Assert.Equal((400, "invalid_field"), await Code("POST", "/v1/api_keys", GatewayHost.AdminKey, """{"role":"operator","tenant":"default"}"""));
        Assert.Equal((400, "invalid_field"), await Code("POST", "/v1/api_keys", GatewayHost.AdminKey, """{"role":"all"}"""));
        var made = await host.Ok("POST", "/v1/api_keys", """{"role":"operator"}""");
        Assert.Equal(System.Text.Json.JsonValueKind.Null, made.GetProperty("tenant").ValueKind);

        // Neither does one whose row names a tenant.
        foreach (var key in new[] { made.GetProperty("key").GetString()!, await host.KeyFor(KeyRole.Operator) })
            Assert.Equal((400, "missing_field"), await Code("POST", "/v1/api_keys", key, """{"role":"read"}"""));
    }

    [Fact]
    public async Task The_first_key_is_on_record_so_that_it_opens_by_its_hash_alone() =>
        Assert.Equal((1, KeyRole.All), await host.Tenants.Authenticate(GatewayHost.AdminKey, CancellationToken.None) is { } key ? (key.Tenant, key.Role) : default);

    [Fact]
    public async Task Health_answers_while_keys_cannot_be_looked_up()
    {
        host.Tenants.Outage = new ReferralGrains.Storage.Journal.JournalUnavailableException("gone");
        Assert.Equal((503, "unavailable"), await Code("GET", "/v1/programs/p", "rg_live_any"));
        Assert.Equal(200, (await host.Send("GET", "/health/live", key: "rg_live_any")).Status);
    }

    [Fact]
    public async Task A_key_that_speaks_for_no_tenant_has_to_name_one()
    {
        const string key = "rg_live_of_an_operator";
        await host.Tenants.AddKey(null, KeyRole.Operator, key, null, CancellationToken.None);
        Assert.Equal((400, "missing_field"), await Code("POST", "/v1/api_keys", key, """{"role":"read"}"""));
        Assert.Equal(201, (await host.Send("POST", "/v1/api_keys", """{"role":"read","tenant":"default"}""", key)).Status);
    }

    [Fact]
    public async Task Another_tenants_ids_are_answered_like_ids_that_nobody_has()
    {
        await host.WithProgram();
        await host.WithReferees(1);
        await host.Ok("POST", "/v1/actions", """{"action_id":"a1","program_id":"p","type":"sale","referee_id":"cus_1","amount_minor":1000,"occurred_at":"2026-01-05T00:00:00Z"}""");
        var referral = await host.Ok("GET", "/v1/referrals/p/cus_1");
        var enrollment = referral.GetProperty("enrollments")[0].GetProperty("id").GetString()!;
        var reward = referral.GetProperty("rewards")[0].GetProperty("id").GetString()!;
        await host.Ok("POST", "/v1/tenants", """{"id":"other"}""");
        host.Grains.Payouts.AddBatch("po_p", "item_p", new("rita"));
        await host.Ok("POST", "/v1/webhook_endpoints", """{"url":"https://shop.test/hooks"}""");
        await host.Ok("POST", "/v1/referrers/rita/onboarding_link", """{"return_url":"https://shop.test"}""");
        await host.Ok("POST", "/v1/referrers/rita/credit_account");
        await host.Services.GetRequiredService<ISources>().Create(new(new("src_p"), 1, "stripe", new("p"), "shop", "{}"), 1, CancellationToken.None);
        var keys = new Dictionary<KeyRole, string>();
        foreach (var role in (KeyRole[])[KeyRole.Admin, KeyRole.Finance]) keys[role] = await host.KeyFor(role, tenant: 2);

        var paths = Endpoints.Where(endpoint => endpoint.RoutePattern.Parameters.Count > 0 && RouteTests.RoleOf(endpoint) is KeyRole.Read or KeyRole.Admin or KeyRole.Ingest or KeyRole.Finance)
            .Select(endpoint => (Method: endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0], Path: endpoint.RoutePattern.RawText!, Role: RouteTests.RoleOf(endpoint)));
        foreach (var (method, pattern, role) in paths)
        {
            var other = keys[role == KeyRole.Finance ? KeyRole.Finance : KeyRole.Admin];
            var mine = Filled(pattern, "p", "rita", "p_r", "a1", enrollment, reward, "cus_1");
            var nobodys = Filled(pattern, "q", "rosa", "q_r", "b1", "enr_999999_1", "rwd_999999_1_0", "cus_9");
            var (stolenStatus, stolen) = await host.Send(method, mine, Body(method, pattern), other);
            var (absentStatus, absent) = await host.Send(method, nobodys, Body(method, pattern), other);
            Assert.Equal(404, stolenStatus);
            Assert.Equal(404, absentStatus);
            Assert.Equal(Said(absent), Said(stolen));
        }

        // The owner finds every one of them, so the 404s above are not all misspelt paths.
        foreach (var (_, pattern, _) in paths.Where(route => route.Method == "GET"))
            await host.Ok("GET", Filled(pattern, "p", "rita", "p_r", "a1", enrollment, reward, "cus_1") + (pattern.EndsWith("/share", StringComparison.Ordinal) ? "?program_id=p" : ""));
    }

    [Fact]
    public async Task Personal_data_is_shown_to_admin_keys_only()
    {
        await host.Ok("POST", "/v1/referrers", """{"id":"rita","email":"rita@example.org","name":"Rita"}""");
        var (_, seen) = await host.Send("GET", "/v1/referrers/rita", key: await host.KeyFor(KeyRole.Read));
        Assert.False(seen.TryGetProperty("email", out _) || seen.TryGetProperty("name", out _));
        var (_, whole) = await host.Send("GET", "/v1/referrers/rita", key: await host.KeyFor(KeyRole.Admin));
        Assert.Equal("rita@example.org", whole.GetProperty("email").GetString());
    }

    [Fact]
    public async Task Collecting_garbage_needs_a_key()
    {
        Assert.Equal(200, (await host.Send("GET", "/metrics", key: null)).Status);
        Assert.Equal(401, (await host.Send("GET", "/metrics?collect=full", key: null)).Status);
        Assert.Equal(403, (await host.Send("GET", "/metrics?collect=full", key: await host.KeyFor(KeyRole.Read))).Status);
        Assert.Equal(200, (await host.Send("GET", "/metrics?collect=full", key: await host.KeyFor(KeyRole.Operator))).Status);
    }

    private List<RouteEndpoint> Endpoints => RouteTests.Of(host);

    private static string PathOf(RouteEndpoint endpoint) => Filled(endpoint.RoutePattern.RawText!, "p", "r", "u", "a", "enr_1_1", "rwd_1_1_0", "c");

    private static string Filled(string pattern, string program, string referrer, string rule, string action, string enrollment, string reward, string referee) => pattern
        .Replace("{program}", program, StringComparison.Ordinal).Replace("{referee}", referee, StringComparison.Ordinal).Replace("{rule}", rule, StringComparison.Ordinal)
        .Replace("{delivery}", "wd_1", StringComparison.Ordinal)
        .Replace("{item}", "item_" + program, StringComparison.Ordinal)
        .Replace("{id}", pattern.Split('/')[2] switch
        {
            "programs" => program,
            "referrers" => referrer,
            "rules" => rule,
            "actions" => action,
            "enrollments" => enrollment,
            "rewards" => reward,
            "payout_batches" => "po_" + program,
            "sources" => "src_" + program,
            "webhook_endpoints" => program == "p" ? "we_1" : "we_9",
            _ => "key_999",
        }, StringComparison.Ordinal);

    private static string? Body(string method, string pattern) => (method, pattern) switch
    {
        ("PATCH", "/v1/enrollments/{id}") => """{"reason":"x"}""",
        ("PATCH", _) => "{}",
        ("POST", "/v1/referrers/{id}/onboarding_link") => """{"return_url":"https://shop.test"}""",
        ("PUT", "/v1/referrers/{id}/payout_account") => """{"stripe_account_id":"acct_2"}""",
        ("POST", "/v1/payout_batches/{id}/approve") => """{"hash":"x"}""",
        ("POST", "/v1/payout_batches/{id}/items/{item}/resolve") => """{"decision":"never_paid","reason":"x"}""",
        ("POST", "/v1/payout_batches/{id}/items/{item}/reverse") => """{"reversal_id":"b","amount_minor":1,"reason":"x"}""",
        ("POST", "/v1/payout_batches/{id}/items/{item}/confirm_paid") => """{"reference":"x"}""",
        ("POST", "/v1/referrers/{id}/entries") => """{"entry_id":"e","asset":"GBP","amount_minor":1,"reason":"x"}""",
        ("POST", "/v1/send_gate/open") => """{"reason":"x"}""",
        ("POST", "/v1/referrers/{id}/spends") => """{"spend_id":"s","asset":"points","amount_minor":1}""",
        _ => null,
    };

    private static string Said(System.Text.Json.JsonElement problem) =>
        $"{problem.GetProperty("code")} {problem.GetProperty("detail")} {(problem.TryGetProperty("param", out var param) ? param : default)}";

    private async Task<(int, string?)> Code(string method, string path, string? key, string? body = null)
    {
        var (status, answer) = await host.Send(method, path, body, key);
        return (status, answer.ValueKind == System.Text.Json.JsonValueKind.Object && answer.TryGetProperty("code", out var code) ? code.GetString() : null);
    }
}
