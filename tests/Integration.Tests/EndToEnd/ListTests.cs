using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>Every collection is a list with filters and cursors, as JSON and as CSV.</summary>
[Collection(OneServer.Name)]
public sealed class ListTests(LivingServer server) : IAsyncLifetime
{
    private readonly string own = $"lists{Guid.NewGuid():n}"[..12];
    private Api api = null!;
    private HttpClient http = null!;

    public async ValueTask InitializeAsync()
    {
        await server.Api.Ok("/v1/tenants", new { id = own, sandbox = true, clock_at = "2026-01-01T00:00:00Z" });
        var key = (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = own }))["key"]!;
        api = new(server.Api.Address, key);
        http = new() { BaseAddress = server.Api.Address, DefaultRequestHeaders = { Authorization = new("Bearer", key) } };
        foreach (var program in (string[])["p1", "p2"])
        {
            await api.Ok("/v1/programs", new { id = program, name = program, currency = "USD", time_zone = "UTC" });
            await api.Ok($"/v1/programs/{program}/rules", JsonNode.Parse($$"""
                {"id":"{{program}}-rule","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},"hold":{"mode":"days","days":30} }
                """)!);
        }

        foreach (var referrer in (string[])["rita", "rolf", "=r"]) await api.Ok("/v1/referrers", new { id = referrer, email = $"{referrer.TrimStart('=')}@example.org" });
        foreach (var (program, referee, referrer) in (ValueTuple<string, string, string>[])[("p1", "a1", "rita"), ("p1", "a2", "rita"), ("p1", "b1", "rolf"), ("p2", "a1", "rita")])
        {
            await api.Ok("/v1/referrals", new { program_id = program, referee_id = referee, referrer_id = referrer });
            await api.Ok("/v1/actions", new { action_id = $"{program}-{referee}", program_id = program, type = "sale", referee_id = referee, amount_minor = 1_000 });
        }

        await api.Ok("/v1/referrals", new { program_id = "p1", referee_id = "c1", referrer_id = "rolf", status = "pending" });
        await api.Ok("/v1/actions", new { action_id = "early", program_id = "p1", type = "sale", referee_id = "c1", amount_minor = 1_000 });
        await api.Ok("/v1/actions", new { action_id = "waits", program_id = "p1", type = "sale", referee_id = "nobody", amount_minor = 1_000 });
        foreach (var other in (int[])[700, 800])
            Assert.Equal(409, (await api.Post("/v1/actions", new { action_id = "p1-b1", program_id = "p1", type = "sale", referee_id = "b1", amount_minor = other })).Status);
        await api.Ok("/v1/referrers", new { id = "zoe" });
        await api.Ok("/v1/referrers/zoe/close", new { });
        await api.Ok("/v1/actions", new { action_id = "refund", program_id = "p1", type = "refund", referee_id = "a1", amount_minor = 400, refund_of = "p1-a1" });
        await api.Ok("/v1/rules/p2-rule/disable", new { });
    }

    public ValueTask DisposeAsync()
    {
        api.Dispose();
        http.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("programs", "id", "p1 p2")]
    [InlineData("programs?state=disabled", "id", "")]
    [InlineData("programs?q=p2", "id", "p2")]
    [InlineData("rules", "id", "p1-rule p2-rule")]
    [InlineData("rules?state=disabled", "id", "p2-rule")]
    [InlineData("rules?program_id=p1", "id", "p1-rule")]
    [InlineData("referrers", "id", "=r rita rolf zoe")]
    [InlineData("referrers?state=active", "id", "=r rita rolf")]
    [InlineData("referrers?state=closed", "id", "zoe")]
    [InlineData("referrers?state=closed&q=r", "id", "")]
    [InlineData("referrers?program_id=p1", "id", "rita rolf")]
    [InlineData("referrers?program_id=p2&state=active", "id", "rita")]
    [InlineData("referrers?program_id=p1&state=closed", "id", "")]
    [InlineData("referrers?q=ri", "id", "rita")]
    [InlineData("referrals", "referee_id", "a1 a2 b1 a1 c1")]
    [InlineData("referrals?state=pending", "referee_id", "c1")]
    [InlineData("referrals?state=approved", "referee_id", "a1 a2 b1 a1")]
    [InlineData("referrals?program_id=p1&referrer_id=rita", "referee_id", "a1 a2")]
    [InlineData("referrals?program_id=p1&q=a", "referee_id", "a1 a2")]
    [InlineData("referrals?program_id=p2&referee_id=a1", "referrer_id", "rita")]
    [InlineData("referrals?referrer_id=rolf&from=2026-01-01T00:00:00Z&state=approved", "referee_id", "b1")]
    [InlineData("referrals?referrer_id=rolf&to=2026-01-01T00:00:00Z", "referee_id", "")]
    [InlineData("referrals?referrer_id=nobody", "referee_id", "")]
    [InlineData("actions", "action_id", "early p1-a1 p1-a2 p1-b1 p2-a1 refund waits")]
    [InlineData("actions?state=parked", "action_id", "early waits")]
    [InlineData("actions?state=parked&program_id=p1", "code", "referral_pending referral_missing")]
    [InlineData("actions?state=parked&program_id=p2", "action_id", "")]
    [InlineData("actions?state=parked&referrer_id=rolf", "action_id", "early")]
    [InlineData("actions?state=parked&referrer_id=rita&program_id=p1", "action_id", "")]
    [InlineData("actions?state=parked&program_id=p1&referee_id=nobody", "action_id", "waits")]
    [InlineData("actions?state=reversed&program_id=p1&referee_id=a1", "action_id", "refund")]
    [InlineData("actions?state=rewarded&program_id=p1&referee_id=a1", "action_id", "p1-a1")]
    [InlineData("action_conflicts", "amount_minor", "800 700")]
    [InlineData("action_conflicts?from=2026-01-01T00:00:00Z", "action_id", "p1-b1 p1-b1")]
    [InlineData("action_conflicts?to=2026-01-01T00:00:00Z", "action_id", "")]
    [InlineData("actions?q=p1-a", "action_id", "p1-a1 p1-a2")]
    [InlineData("actions?program_id=p1&referee_id=a1", "status", "rewarded reversed")]
    [InlineData("actions?program_id=p1&referee_id=nobody", "status", "parked")]
    [InlineData("actions?referrer_id=rita", "action_id", "p1-a1 refund p1-a2 p2-a1")]
    [InlineData("actions?program_id=p1", "action_id", "p1-a1 refund p1-a2 p1-b1 early")]
    [InlineData("rewards", "left_minor", "60 100 100 100")]
    [InlineData("rewards?state=pending&referrer_id=rolf", "referee_id", "b1")]
    [InlineData("rewards?state=released", "id", "")]
    [InlineData("rewards?program_id=p1&referee_id=a1", "left_minor", "60")]
    [InlineData("rewards?program_id=p2", "action_id", "p2-a1")]
    [InlineData("ledger/postings", "action_id", "p1-a1 refund p1-a2 p1-b1 p2-a1")]
    [InlineData("ledger/postings?referrer_id=rita", "referrer_id", "rita rita rita rita")]
    [InlineData("ledger/postings?program_id=p1&referee_id=a1", "amount_minor", "100 40")]
    public async Task A_collection_is_listed_by_what_there_is_an_index_for(string path, string field, string expected)
    {
        var whole = await api.Ok("/v1/" + path);
        Assert.False((bool)whole["has_more"]!);
        Assert.Equal(expected, Fields(whole["data"]!.AsArray()));

        // The same, an entry a page, by the links.
        var found = new JsonArray();
        for (string? next = $"/v1/{path}{(path.Contains('?') ? '&' : '?')}limit=1"; next is not null;)
        {
            var answer = await Raw(next);
            var page = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
            foreach (var entry in page["data"]!.AsArray()) found.Add(entry!.DeepClone());
            next = answer.Headers.TryGetValues("Link", out var links) ? links.Single().Split('<', '>')[1] : null;
            Assert.Equal((bool)page["has_more"]!, next is not null);
        }

        Assert.Equal(expected, Fields(found));

        string Fields(JsonArray data) => string.Join(' ', data.Select(entry => entry![field]!.ToString()));
    }

    [Theory]
    [InlineData("a1", "referral a1 p1; referral a1 p2")]
    [InlineData("a1-other", "referral a1 p1")]
    [InlineData("nobody", "referral nobody p1")]
    [InlineData("p1", "program p1")]
    [InlineData("p2-rule", "rule p2-rule p2")]
    [InlineData("refund", "action refund p1")]
    [InlineData("rita-CODE", "referrer rita")]
    [InlineData("gift", "entry gift rita; spend gift rita")]
    [InlineData("a", "")]
    public async Task Whatever_has_an_id_is_found_by_it(string id, string expected)
    {
        await api.Ok("/v1/referrals/p1/a1/aliases", new { alias = "a1-other" });
        await api.Send(HttpMethod.Patch, "/v1/referrers/rita", System.Net.Http.Json.JsonContent.Create(new { code = "RITA-CODE" }));
        await api.Ok("/v1/referrers/rita/entries", new { entry_id = "gift", asset = "points", amount_minor = 10, reason = "thanks" });
        await api.Ok("/v1/referrers/rita/spends", new { spend_id = "gift", asset = "points", amount_minor = 3 });
        Assert.Equal(expected, await Found(id));
    }

    [Fact]
    public async Task What_we_named_ourselves_is_found_by_its_numbers()
    {
        var reward = (string)(await api.Ok("/v1/rewards?program_id=p2"))["data"]![0]!["id"]!;
        var enrollment = (string)(await api.Ok("/v1/referrals/p2/a1"))["enrollments"]![0]!["id"]!;
        var referral = (string)(await api.Ok("/v1/referrals?program_id=p2&referee_id=a1"))["data"]![0]!["id"]!;
        Assert.Equal([$"reward {reward} p2 a1", $"enrollment {enrollment} p2 a1", "referral a1 p2"], [await Found(reward), await Found(enrollment), await Found(referral)]);
        Assert.Empty((await server.Api.Ok($"/v1/search?id={reward}"))["data"]!.AsArray());
        Assert.Equal(["", "", ""], [await Found(reward + "9"), await Found(enrollment + "9"), await Found("rfl_7")]);
    }

    [Fact]
    public async Task A_referee_of_more_programs_than_a_page_holds_is_found_and_more_are_said()
    {
        for (var i = 0; i < 101; i++)
        {
            await api.Ok("/v1/programs", new { id = $"q{i:000}", name = "Q", currency = "USD", time_zone = "UTC" });
            await api.Ok("/v1/referrals", new { program_id = $"q{i:000}", referee_id = i < 100 ? "everywhere" : "last", referrer_id = "rita" });
        }

        Assert.Equal("referral last q100", await Found("last"));
        var all = await api.Ok("/v1/search?id=everywhere");
        Assert.Equal((100, false), (all["data"]!.AsArray().Count, (bool)all["has_more"]!));
        await api.Ok("/v1/referrals", new { program_id = "q100", referee_id = "everywhere", referrer_id = "rita" });
        all = await api.Ok("/v1/search?id=everywhere");
        Assert.Equal((100, true), (all["data"]!.AsArray().Count, (bool)all["has_more"]!));
    }

    private async Task<string> Found(string id) => string.Join("; ", (await api.Ok($"/v1/search?id={Uri.EscapeDataString(id)}"))["data"]!.AsArray().Select(static one => string.Join(
        ' ', new[] { "kind", "id", "program_id", "referee_id", "referrer_id", "batch_id" }.Select(name => (string?)one![name]).Where(static text => text is not null))));

    [Theory]
    [InlineData("referrers?state=lost", 400, "invalid_field")]
    [InlineData("referrers?program_id=p1&q=r", 422, "filter_unsupported")]
    [InlineData("actions?state=rewarded", 422, "filter_unsupported")]
    [InlineData("actions?state=reversed&program_id=p1", 422, "filter_unsupported")]
    [InlineData("actions?state=conflict", 400, "invalid_field")]
    [InlineData("action_conflicts?starting_after=waits", 400, "invalid_field")]
    [InlineData("referrals?referee_id=a1", 422, "filter_unsupported")]
    [InlineData("referrals?q=a", 422, "filter_unsupported")]
    [InlineData("actions?from=2026-01-01T00:00:00Z", 422, "filter_unsupported")]
    [InlineData("rewards?from=2026-01-01T00:00:00Z", 422, "filter_unsupported")]
    [InlineData("rewards?state=lost", 400, "invalid_field")]
    [InlineData("rewards?starting_after=act_1_2", 400, "invalid_field")]
    [InlineData("ledger/postings?to=2026-01-01T00:00:00Z", 422, "filter_unsupported")]
    [InlineData("programs?q=%20", 400, "invalid_id")]
    [InlineData("programs?referrer_id=rita", 422, "filter_unsupported")]
    [InlineData("rules?from=2026-01-01T00:00:00Z", 422, "filter_unsupported")]
    [InlineData("referrers?referrer_id=rita", 422, "filter_unsupported")]
    [InlineData("rewards?q=rwd", 422, "filter_unsupported")]
    [InlineData("ledger/postings?state=pending", 422, "filter_unsupported")]
    [InlineData("flags?program_id=p1", 422, "filter_unsupported")]
    [InlineData("flags?kind=self_referral", 400, "unknown_field")]
    [InlineData("referrers/rita/activity?state=active", 400, "unknown_field")]
    public async Task What_there_is_no_index_for_is_refused(string path, int status, string code)
    {
        var answer = await api.Get("/v1/" + path);
        Assert.Equal((status, code), (answer.Status, (string)answer.Json!["code"]!));
    }

    // Whoever follows a list from where nothing is would go round for ever, or believe that it has ended.
    [Theory]
    [InlineData("referrers?program_id=p1&starting_after=nope")]
    [InlineData("referrers/rita/activity?starting_after=act_1_999999")]
    [InlineData("referrals?program_id=p1&q=a&starting_after=rfl_999999999")]
    [InlineData("referrals?program_id=p1&referee_id=a1&starting_after=rfl_999999999")]
    [InlineData("actions?program_id=p1&starting_after=nope")]
    [InlineData("actions?referrer_id=rita&starting_after=nope")]
    [InlineData("actions?program_id=p1&referee_id=a1&starting_after=nope")]
    [InlineData("actions?state=reversed&program_id=p1&referee_id=a1&starting_after=nope")]
    [InlineData("actions?state=parked&starting_after=nope")]
    [InlineData("action_conflicts?starting_after=cfl_999999999")]
    public async Task A_page_that_begins_after_nothing_is_refused(string path)
    {
        var answer = await api.Get("/v1/" + path);
        Assert.Equal((400, "invalid_field", "starting_after"), (answer.Status, answer.Code, answer.Param));
    }

    // A cursor is a name like any other: another tenant's says no more than one that there is not.
    [Fact]
    public async Task No_page_begins_after_what_another_tenant_has()
    {
        var theirs = (await Raw("/v1/referrals?limit=3")).Headers.GetValues("Link").Single().Split("starting_after=")[1].Split('>', '&')[0];
        Assert.StartsWith("rfl_", theirs, StringComparison.Ordinal); // Of b1.
        var entry = (string)(await api.Ok("/v1/referrals/p1/b1/activity"))["data"]![0]!["id"]!;

        var id = $"other{Guid.NewGuid():n}"[..12];
        await server.Api.Ok("/v1/tenants", new { id, sandbox = true, clock_at = "2026-01-01T00:00:00Z" });
        using var other = new Api(server.Api.Address, (string)(await server.Api.Ok("/v1/api_keys", new { role = "admin", tenant = id }))["key"]!);
        await other.Ok("/v1/programs", new { id = "p1", name = "p1", currency = "USD", time_zone = "UTC" });
        await other.Ok("/v1/referrers", new { id = "rita" });
        await other.Ok("/v1/referrals", new { program_id = "p1", referee_id = "a9", referrer_id = "rita" });
        foreach (var path in (string[])[$"referrals?program_id=p1&q=a&starting_after={theirs}", $"referrers/rita/activity?starting_after={entry}"])
            Assert.Equal((400, "starting_after"), await other.Get("/v1/" + path) is var answer ? (answer.Status, answer.Param) : default);
    }

    [Fact]
    public async Task A_page_is_CSV_where_that_is_asked_for()
    {
        var answer = await Raw("/v1/referrers?limit=2", "text/csv");
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        var lines = (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split("\r\n");
        Assert.StartsWith("id,code,status,email,", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("'=r,", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("rita,", lines[2], StringComparison.Ordinal);
        Assert.Equal(4, lines.Length);

        var postings = await (await Raw("/v1/ledger/postings?limit=1", "text/csv")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal("id,at,from_account,from_owner,to_account,to_owner,asset,amount_minor,referrer_id,action_id,reward_id", postings.Split("\r\n")[0]);
        Assert.Equal("application/json", (await Raw("/v1/referrers", "application/json, text/csv;q=0.5")).Content.Headers.ContentType!.MediaType);

        // An object of names that nobody knows beforehand is one cell.
        await api.Ok("/v1/programs/p1/rules", JsonNode.Parse("""
            {"id":"with-attributes","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000},
             "conditions":{"attributes":{"kind":["new","renewal"]},"referrer_tags":{"any_of":["gold"]} }}
            """)!);
        var rules = await (await Raw("/v1/rules?program_id=p1&q=with", "text/csv")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains(",conditions_attributes", rules.Split("\r\n")[0], StringComparison.Ordinal);
        Assert.Contains(""","{""kind"":[""new"",""renewal""]}",""", rules, StringComparison.Ordinal);
        Assert.Contains("gold", rules, StringComparison.Ordinal);
    }

    [Fact]
    public async Task X7_the_next_page_of_an_id_with_a_slash_is_where_the_link_says()
    {
        await api.Ok("/v1/referrals", new { program_id = "p1", referee_id = "a/b", referrer_id = "rolf" });
        foreach (var sale in (string[])["s1", "s2"]) await api.Ok("/v1/actions", new { action_id = sale, program_id = "p1", type = "sale", referee_id = "a/b", amount_minor = 1_000 });
        var first = await Raw("/v1/referrals/p1/a%2Fb/rewards?limit=1");
        var next = await Raw(first.Headers.GetValues("Link").Single().Split('<', '>')[1]);
        Assert.Equal("s2", (string)JsonNode.Parse(await next.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["data"]![0]!["action_id"]!);
    }

    [Fact]
    public async Task S9_a_posting_names_its_referrer_its_action_and_its_reward()
    {
        var rewards = (await api.Ok("/v1/rewards?program_id=p1&referee_id=a1"))["data"]!.AsArray();
        var postings = (await api.Ok("/v1/ledger/postings?program_id=p1&referee_id=a1"))["data"]!.AsArray();
        Assert.All(postings, posting => Assert.Equal((string)rewards[0]!["id"]!, (string)posting!["reward_id"]!));
        Assert.Equal(["p1-a1", "refund"], postings.Select(posting => (string)posting!["action_id"]!));
        Assert.All(postings, posting => Assert.Equal("rita", (string)posting!["referrer_id"]!));
    }

    [Fact]
    public async Task Keys_and_tenants_are_listed_without_what_they_open()
    {
        var root = server.Api;
        Assert.Contains(own, (await root.Ok($"/v1/tenants?q={own}"))["data"]!.AsArray().Select(tenant => (string)tenant!["id"]!));
        var made = await root.Ok("/v1/api_keys", new { role = "read", tenant = own });
        Assert.Equal(200, (await root.Send(HttpMethod.Delete, $"/v1/api_keys/{(string)made["id"]!}", null)).Status);
        for (string? after = null; ;)
        {
            var page = await root.Ok($"/v1/api_keys?state=revoked&limit=100{(after is null ? "" : "&starting_after=" + after)}");
            Assert.DoesNotContain((string)made["key"]!, page.ToJsonString(), StringComparison.Ordinal);
            if (page["data"]!.AsArray().Any(key => (string)key!["id"]! == (string)made["id"]! && (string)key["tenant"]! == own && (string)key["state"]! == "revoked")) return;
            Assert.True((bool)page["has_more"]!);
            after = (string)page["data"]!.AsArray()[^1]!["id"]!;
        }
    }

    private async Task<HttpResponseMessage> Raw(string path, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return answer;
    }
}
