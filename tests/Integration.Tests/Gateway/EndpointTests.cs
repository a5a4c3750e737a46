using System.Globalization;
using System.Text.Json;
using ReferralGrains.Integration.Tests.Gateway.World;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class EndpointTests : IAsyncLifetime
{
    private GatewayHost host = null!;

    public async ValueTask InitializeAsync() => host = await (await (await GatewayHost.Start()).WithProgram()).WithReferees(2);

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task D16_a_referral_to_another_referrer_is_refused()
    {
        await host.Ok("POST", "/v1/referrers", """{"id":"rosa"}""");
        var (status, problem) = await host.Send("POST", "/v1/referrals", """{"program_id":"p","referee_id":"cus_1","referrer_id":"rosa"}""");
        Assert.Equal((409, "already_attributed"), (status, Text(problem, "code")));
    }

    [Fact]
    public async Task S7_a_changed_rule_is_a_new_version_and_the_same_again_is_none()
    {
        const string rule = """{"id":"r2","trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":5}}""";
        Assert.Equal((201, 1), Version(await host.Send("POST", "/v1/programs/p/rules", rule)));
        Assert.Equal((200, 1), Version(await host.Send("POST", "/v1/programs/p/rules", rule)));
        Assert.Equal((201, 2), Version(await host.Send("POST", "/v1/programs/p/rules", rule.Replace("5", "6", StringComparison.Ordinal))));
        Assert.Equal((200, 3), Version(await host.Send("POST", "/v1/programs/p/rules?dry_run=true", rule)));
        Assert.Equal(2, (await host.Ok("GET", "/v1/programs/p")).GetProperty("rules")[1].GetProperty("version").GetInt32());

        static (int, int) Version((int Status, JsonElement Body) answer) => (answer.Status, answer.Body.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task D17_existing_referrals_join_a_new_rule_by_a_command_that_can_be_previewed()
    {
        await host.Ok("POST", "/v1/programs/p/rules", """{"id":"late","trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":5}}""");
        Assert.Equal((2, 0, true), Joined(await host.Ok("POST", "/v1/rules/late/join?dry_run=true")));
        Assert.Equal((2, 0, false), Joined(await host.Ok("POST", "/v1/rules/late/join")));
        Assert.Equal((0, 2, false), Joined(await host.Ok("POST", "/v1/rules/late/join?program_id=p")));
        var enrolled = (await host.Ok("GET", "/v1/referrals/p/cus_1")).GetProperty("enrollments").EnumerateArray();
        Assert.Equal(["p_r", "late"], enrolled.Select(enrollment => Text(enrollment, "rule_id")));

        await host.Ok("POST", "/v1/rules/late/disable");
        await host.Ok("POST", "/v1/referrals", """{"program_id":"p","referee_id":"cus_late","referrer_id":"rita"}""");
        var (status, problem) = await host.Send("POST", "/v1/rules/late/join");
        Assert.Equal((409, "rule_not_in_force"), (status, Text(problem, "code")));

        static (int, int, bool) Joined(JsonElement answer) => (
            answer.GetProperty("joined").GetInt32(), answer.GetProperty("already_enrolled").GetInt32(), answer.TryGetProperty("dry_run", out _));
    }

    [Fact]
    public async Task R4_no_enrollment_has_more_rewards_than_its_rule_allows()
    {
        await host.Ok("POST", "/v1/programs/p/rules", """{"id":"twice","trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":5},"limits":{"max_count":2}}""");
        await host.Ok("POST", "/v1/rules/twice/join");
        foreach (var (id, code) in ((string, string)[])[("a1", "rewarded"), ("a2", "rewarded"), ("a3", "count_cap")]) Assert.Equal(["rewarded", code], Codes(await Act(id, "cus_1")));
        Assert.Equal(["rewarded", "rewarded"], Codes(await Act("b1", "cus_2")));
    }

    [Fact]
    public async Task R14_another_type_is_for_new_referrals_only_and_all_earn_by_another_rule_once_they_joined_it()
    {
        await host.Ok("POST", "/v1/programs/p/rules", """{"id":"p_r","trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":70}}""");
        await host.Ok("POST", "/v1/referrals", """{"program_id":"p","referee_id":"new","referrer_id":"rita","approved_at":"2026-01-01T00:00:00Z"}""");
        Assert.Equal([100, 70], new[] { await Act("a1", "cus_1"), await Act("a2", "new") }.Select(action => Reward(action, 0)));

        await host.Ok("POST", "/v1/rules/p_r/disable");
        await host.Ok("POST", "/v1/programs/p/rules", """{"id":"next","trigger":"recurring_action","reward":{"kind":"points","type":"per_amount","points":3,"per_minor":100}}""");
        Assert.Equal(3, (await host.Ok("POST", "/v1/rules/next/join")).GetProperty("joined").GetInt32());
        foreach (var referee in (string[])["cus_1", "cus_2", "new"])
        {
            var moved = await Act("moved_" + referee, referee);
            Assert.Equal(["rule_disabled", "rewarded"], Codes(moved));
            Assert.Equal(30, Reward(moved, 1));
        }
    }

    [Fact]
    public async Task D2_each_kind_of_reward_is_an_asset_of_its_own_and_money_is_the_programs()
    {
        await host.Ok("POST", "/v1/programs", """{"id":"q","name":"Q","currency":"KWD","time_zone":"UTC"}""");
        foreach (var (kind, item) in ((string, string)[])[("cash", ""), ("credit", ""), ("points", ""), ("free_service", "massage"), ("coupon", "ten"), ("custom", "mug")])
            await host.Ok("POST", "/v1/programs/q/rules", $$"""
                {"trigger":"recurring_action","reward":{"kind":"{{kind}}","type":"fixed","amount_minor":5{{(item.Length > 0 ? $",\"item\":\"{item}\"" : "")}} } }
                """);
        await host.Ok("POST", "/v1/referrals", """{"program_id":"q","referee_id":"c","referrer_id":"rita"}""");
        const string sale = """{"action_id":"q1","program_id":"q","type":"sale","referee_id":"c","amount_minor":1000,"currency":"USD"}""";
        Assert.Equal(Enumerable.Repeat("currency_mismatch", 6), Codes(await host.Ok("POST", "/v1/actions", sale)));
        var rewarded = await host.Ok("POST", "/v1/actions", sale.Replace("q1", "q2", StringComparison.Ordinal).Replace("USD", "KWD", StringComparison.Ordinal));
        Assert.Equal(
            ["KWD", "credit:KWD", "points", "service:massage", "coupon:ten", "item:mug"],
            rewarded.GetProperty("decisions").EnumerateArray().Select(decision => Text(decision.GetProperty("reward"), "asset")));
    }

    [Fact]
    public async Task R8_publishing_a_disabled_rule_again_leaves_it_disabled()
    {
        const string rule = """{"id":"r3","trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":5}}""";
        await host.Ok("POST", "/v1/programs/p/rules", rule);
        await host.Ok("POST", "/v1/rules/r3/disable");
        var again = await host.Ok("POST", "/v1/programs/p/rules", rule);
        Assert.Equal((true, false, 1), (again.GetProperty("duplicate").GetBoolean(), again.GetProperty("enabled").GetBoolean(), again.GetProperty("version").GetInt32()));
    }

    [Fact]
    public async Task A_rule_is_found_by_its_id_alone_and_belongs_to_one_program()
    {
        await host.Ok("POST", "/v1/programs", """{"id":"q","name":"Q","currency":"GBP","time_zone":"UTC"}""");
        var (status, problem) = await host.Send("POST", "/v1/programs/q/rules", """{"id":"p_r","trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":5}}""");
        Assert.Equal((409, "conflict"), (status, Text(problem, "code")));
        Assert.False((await host.Ok("POST", "/v1/rules/p_r/disable")).GetProperty("enabled").GetBoolean());
        Assert.True((await host.Ok("POST", "/v1/rules/p_r/enable?program_id=p")).GetProperty("enabled").GetBoolean());
        Assert.Equal(("p_r", true), (Text(await host.Ok("GET", "/v1/rules/p_r"), "id"), (await host.Ok("GET", "/v1/rules/p_r?program_id=p")).GetProperty("enabled").GetBoolean()));
        Assert.Equal("rule_not_found", Text((await host.Send("GET", "/v1/rules/none")).Body, "code"));
        Assert.Equal(404, (await host.Send("POST", "/v1/rules/p_r/enable?program_id=q")).Status);
        Assert.Equal("rule_not_found", Text((await host.Send("POST", "/v1/rules/none/enable")).Body, "code"));
    }

    [Fact]
    public async Task What_is_made_without_an_id_gets_one_and_the_same_one_for_the_same_idempotency_key()
    {
        var ids = new List<string>();
        foreach (var key in new[] { "k1", "k1", "k2", null })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/referrers") { Content = new StringContent("{}") };
            request.Headers.Authorization = new("Bearer", GatewayHost.AdminKey);
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            using var answer = await host.Client.SendAsync(request);
            ids.Add(Text(JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement, "id"));
        }

        Assert.All(ids, id => Assert.StartsWith("ref_", id, StringComparison.Ordinal));
        Assert.Equal(ids[0], ids[1]);
        Assert.Equal(3, ids.Distinct().Count());
    }

    [Fact]
    public async Task A_post_that_was_done_is_answered_the_same_when_it_comes_again()
    {
        var first = await Named("k", "/v1/referrers", """{"code":"CODE-N"}""");
        var again = await Named("k", "/v1/referrers", """{"code":"CODE-N"}""");
        Assert.Equal((201, null, first.Location, first.Body), (again.Status, first.Replayed, again.Location, again.Body));
        Assert.Equal("true", again.Replayed);
        Assert.Contains("idempotency_key_reuse", (await Named("k", "/v1/referrers", """{"name":"M"}""")).Body, StringComparison.Ordinal);
        Assert.Null((await Named("k", "/v1/programs/p/rules", """{"trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":5}}""")).Replayed);

        // Nothing of what was refused or only tried is kept.
        Assert.Equal(404, (await Named("f", "/v1/referrals", """{"program_id":"p","referee_id":"late","referrer_id":"later"}""")).Status);
        await host.Ok("POST", "/v1/referrers", """{"id":"later"}""");
        Assert.Equal(201, (await Named("f", "/v1/referrals", """{"program_id":"p","referee_id":"late","referrer_id":"later"}""")).Status);
        const string sale = """{"action_id":"tried","program_id":"p","type":"sale","referee_id":"cus_1","amount_minor":100}""";
        foreach (var _ in Enumerable.Range(0, 2)) Assert.Null((await Named("d", "/v1/actions?dry_run=true", sale)).Replayed);
        Assert.Equal((400, 400), ((await Named("", "/v1/actions", sale)).Status, (await Named(new string('k', 256), "/v1/actions", sale)).Status));
    }

    [Fact]
    public async Task D18_what_is_personal_is_not_kept_for_a_repeat()
    {
        const string person = """{"id":"jane","email":"jane@example.com","name":"Jane"}""";
        Assert.Contains("jane@example.com", (await Named("k", "/v1/referrers", person)).Body, StringComparison.Ordinal);
        var (status, _, again, replayed) = await Named("k", "/v1/referrers", person);
        Assert.Equal((201, "true", "jane"), (status, replayed, Text(JsonDocument.Parse(again).RootElement, "id")));
        foreach (var personal in (string[])["jane@example.com", "Jane"]) Assert.DoesNotContain(personal, again, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_shown_once_and_not_to_a_repeat()
    {
        var first = JsonDocument.Parse((await Named("k", "/v1/api_keys", """{"role":"read"}""")).Body).RootElement;
        var (status, _, again, replayed) = await Named("k", "/v1/api_keys", """{"role":"read"}""");
        Assert.Equal((201, "true"), (status, replayed));
        Assert.StartsWith("rg_live_", Text(first, "key"), StringComparison.Ordinal);
        Assert.Equal(Text(first, "id"), Text(JsonDocument.Parse(again).RootElement, "id"));
        Assert.False(JsonDocument.Parse(again).RootElement.TryGetProperty("key", out _));
    }

    [Fact]
    public async Task S10_a_link_to_stripe_is_shown_once_and_is_not_kept_for_a_repeat()
    {
        const string body = """{"return_url":"https://shop.test/back"}""";
        var (status, _, first, _) = await Named("k", "/v1/referrers/rita/onboarding_link", body);
        Assert.Equal((200, "https://stripe.test/onboarding"), (status, Text(JsonDocument.Parse(first).RootElement, "url")));
        var (_, _, again, replayed) = await Named("k", "/v1/referrers/rita/onboarding_link", body);
        Assert.Equal("true", replayed);
        Assert.DoesNotContain("https:", again, StringComparison.Ordinal);
        Assert.Equal("rita", Text(JsonDocument.Parse(again).RootElement, "referrer_id"));
    }

    private async Task<(int Status, string? Location, string Body, string? Replayed)> Named(string key, string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) };
        request.Headers.Authorization = new("Bearer", GatewayHost.AdminKey);
        request.Headers.Add("Idempotency-Key", key);
        using var answer = await host.Client.SendAsync(request);
        var replayed = answer.Headers.TryGetValues("Idempotent-Replayed", out var values) ? values.Single() : null;
        return ((int)answer.StatusCode, answer.Headers.Location?.OriginalString, await answer.Content.ReadAsStringAsync(), replayed);
    }

    [Fact]
    public async Task V2_a_redeemed_code_attributes_the_referee_approved_now()
    {
        var code = Text(await host.Ok("GET", "/v1/referrers/rita"), "code");
        var referral = await host.Ok("POST", "/v1/redemptions", $$"""{"program_id":"p","code":"{{code}}","referee_id":"new"}""");
        Assert.Equal(("rita", "approved"), (Text(referral, "referrer_id"), Text(referral, "status")));
        Assert.Equal("code_not_found", Text((await host.Send("POST", "/v1/redemptions", """{"program_id":"p","code":"NO","referee_id":"new"}""")).Body, "code"));
    }

    [Fact]
    public async Task D9_a_pending_referral_is_approved_changed_and_cancelled()
    {
        await host.Ok("POST", "/v1/referrals", """{"program_id":"p","referee_id":"n","referrer_id":"rita","status":"pending"}""");
        Assert.Equal("parked", Text(await Act("w1", "n"), "status"));
        Assert.Equal("w1", Text((await host.Ok("GET", "/v1/referrals/p/n")).GetProperty("waiting")[0], "action_id"));
        Assert.Equal("approved", Text(await host.Ok("POST", "/v1/referrals/p/n/approve", """{"approved_at":"2026-01-01T00:00:00Z"}"""), "status"));
        Assert.Equal("rewarded", Text(await host.Ok("GET", "/v1/actions/w1"), "status"));
        Assert.Equal("vip", (await host.Ok("PATCH", "/v1/referrals/p/n", """{"tags":["vip","vip"],"active":false}""")).GetProperty("tags")[0].GetString());
        Assert.Equal("cancelled", Text(await host.Ok("POST", "/v1/referrals/p/n/cancel", """{"reason":"fraud","cancel_pending":true}"""), "status"));
        Assert.Equal("cancelled", Text((await host.Ok("GET", "/v1/referrals/p/n")).GetProperty("rewards")[0], "state"));
        Assert.Equal("referral_not_found", Text((await host.Send("POST", "/v1/referrals/p/none/approve")).Body, "code"));
    }

    [Fact]
    public async Task R12_a_dry_run_answers_what_would_be_and_saves_nothing()
    {
        const string sale = """{"action_id":"d1","program_id":"p","type":"sale","referee_id":"cus_1","amount_minor":1000}""";
        Assert.Equal("rewarded", Text(await host.Ok("POST", "/v1/actions?dry_run=true", sale), "status"));
        Assert.Equal(404, (await host.Send("GET", "/v1/actions/d1")).Status);
        Assert.False((await host.Ok("POST", "/v1/actions", sale)).TryGetProperty("duplicate", out _));
        Assert.True((await host.Ok("POST", "/v1/actions", sale)).GetProperty("duplicate").GetBoolean());
    }

    [Fact]
    public async Task D11_other_content_under_an_id_is_refused_and_on_record()
    {
        await Act("a1", "cus_1");
        var (status, problem) = await host.Send("POST", "/v1/actions", """{"action_id":"a1","program_id":"p","type":"sale","referee_id":"cus_1","amount_minor":7}""");
        Assert.Equal((409, "action_conflict"), (status, Text(problem, "code")));
        Assert.Equal(7, (await host.Ok("GET", "/v1/actions/a1")).GetProperty("conflicts")[0].GetProperty("amount_minor").GetInt32());
    }

    [Fact]
    public async Task R10_one_enrollment_is_adjusted_by_merging()
    {
        await Act("a1", "cus_1");
        var path = "/v1/enrollments/" + Text((await host.Ok("GET", "/v1/referrals/p/cus_1")).GetProperty("enrollments")[0], "id");
        await host.Ok("PATCH", path, """{"reason":"a","limits":{"max_count":5,"max_amount_minor":900},"payout":{"reward":{"basis_points":2000},"hold":{"mode":"none"} } }""");
        var would = await host.Ok("PATCH", path + "?dry_run=true", """{"reason":"b","limits":{"max_count":null},"enabled":false}""");
        Assert.Equal((JsonValueKind.Null, "disabled"), (would.GetProperty("limits").GetProperty("max_count").ValueKind, Text(would, "state")));

        var now = await host.Ok("GET", path);
        Assert.Equal((5, 900, 2000, "none", "active"), (
            now.GetProperty("limits").GetProperty("max_count").GetInt32(), now.GetProperty("limits").GetProperty("max_amount_minor").GetInt32(),
            now.GetProperty("payout").GetProperty("reward").GetProperty("basis_points").GetInt32(), Text(now.GetProperty("payout").GetProperty("hold"), "mode"), Text(now, "state")));
        var commands = host.Grains.Commands;
        var back = await host.Ok("PATCH", path, """{"reason":"c","limits":null,"payout":null,"enabled":false}""");
        Assert.Equal(commands + 1, host.Grains.Commands);
        Assert.Equal((false, "disabled"), (back.GetProperty("adjusted").GetBoolean(), Text(back, "state")));
        Assert.Equal("active", Text((await host.Ok("GET", "/v1/referrals/p/cus_2")).GetProperty("enrollments")[0], "state"));

        Assert.Equal((400, "reason"), Refused(await host.Send("PATCH", path, """{"limits":{}}""")));
        Assert.Equal((400, "limits.max_count"), Refused(await host.Send("PATCH", path, """{"reason":"x","limits":{"max_count":0} }""")));
        Assert.Equal((400, "limits.max"), Refused(await host.Send("PATCH", path, """{"reason":"x","limits":{"max":0} }""")));
        Assert.Equal((422, "payout.hold.mode"), Refused(await host.Send("PATCH", path, """{"reason":"x","payout":{"hold":{"mode":"group"} } }""")));
        Assert.Equal((400, "payout.holds"), Refused(await host.Send("PATCH", path, """{"reason":"x","payout":{"holds":{} } }""")));
        Assert.Equal("deleted", Text(await host.Ok("DELETE", path), "state"));
        Assert.Equal(404, (await host.Send("PATCH", path, """{"reason":"x","enabled":true}""")).Status);
    }

    [Fact]
    public async Task R10_what_a_step_or_a_tier_says_of_itself_is_not_adjusted_in_vain()
    {
        await host.Ok("POST", "/v1/programs/p/rules", """{"id":"stepped","trigger":"recurring_action","reward":{"kind":"cash"},"steps":[{"until_count":3,"basis_points":4000},{"basis_points":2000}]}""");
        await host.Ok("POST", "/v1/rules/stepped/join");
        var path = "/v1/enrollments/" + Text((await host.Ok("GET", "/v1/referrals/p/cus_1")).GetProperty("enrollments").EnumerateArray().Last(), "id");
        Assert.Equal((400, "payout.reward.basis_points"), Refused(await host.Send("PATCH", path, """{"reason":"x","payout":{"reward":{"basis_points":5000} } }""")));
        await host.Ok("PATCH", path, """{"reason":"x","payout":{"hold":{"mode":"none"} } }""");
    }

    [Fact]
    public async Task H13_a_pending_reward_is_released_or_cancelled_once()
    {
        await Act("a1", "cus_1");
        await Act("a2", "cus_1");
        var rewards = (await host.Ok("GET", "/v1/rewards?state=pending")).GetProperty("data");
        Assert.Equal(2, rewards.GetArrayLength());
        var (first, second) = (Text(rewards[0], "id"), Text(rewards[1], "id"));

        Assert.Equal("released", Text(await host.Ok("POST", $"/v1/rewards/{first}/release"), "state"));
        var cancelled = await host.Ok("POST", $"/v1/rewards/{second}/cancel", """{"reason":"mistake"}""");
        Assert.Equal(("cancelled", 0), (Text(cancelled, "state"), cancelled.GetProperty("left_minor").GetInt32()));
        Assert.Equal("reward_not_pending", Text((await host.Send("POST", $"/v1/rewards/{first}/cancel")).Body, "code"));
        Assert.Equal(404, (await host.Send("GET", "/v1/rewards/rwd_1_99_0")).Status);
    }

    [Fact]
    public async Task A_list_goes_page_by_page()
    {
        for (var i = 0; i < 5; i++) await Act($"a{i}", "cus_1");
        foreach (var path in new[] { "/v1/rewards", "/v1/referrers/rita/rewards", "/v1/referrers/rita/activity", "/v1/referrals/p/cus_1/activity", "/v1/ledger/postings" })
        {
            var whole = Ids(await host.Ok("GET", path + "?limit=100"));
            var (seen, after) = (new List<string>(), "");
            for (var more = true; more;)
            {
                var page = await host.Ok("GET", $"{path}?limit=2{after}");
                seen.AddRange(Ids(page));
                (more, after) = (page.GetProperty("has_more").GetBoolean(), "&starting_after=" + seen[^1]);
            }

            Assert.True(whole.Count >= 5);
            Assert.Equal(whole, seen);
        }

        static List<string> Ids(JsonElement page) => [.. page.GetProperty("data").EnumerateArray().Select(item => Text(item, "id"))];
    }

    [Fact]
    public async Task A_referrer_is_changed_made_eligible_and_closed()
    {
        Assert.Equal("new@example.org", Text(await host.Ok("PATCH", "/v1/referrers/rita", """{"email":"new@example.org"}"""), "email"));
        Assert.True((await host.Ok("PUT", "/v1/referrers/rita/eligible_rules/p_r")).GetProperty("granted").GetBoolean());
        Assert.False((await host.Ok("DELETE", "/v1/referrers/rita/eligible_rules/p_r?program_id=p")).GetProperty("granted").GetBoolean());
        Assert.Equal("rule_not_found", Text((await host.Send("PUT", "/v1/referrers/rita/eligible_rules/none")).Body, "code"));
        Assert.Equal("closed", Text(await host.Ok("POST", "/v1/referrers/rita/close"), "status"));
        Assert.Equal("referrer_not_found", Text((await host.Send("PATCH", "/v1/referrers/none", "{}")).Body, "code"));
        Assert.Equal("referrer_not_found", Text((await host.Send("GET", "/v1/referrers/none/balance")).Body, "code"));
    }

    [Fact]
    public async Task A_sandbox_moves_its_own_clock_and_its_actions_occur_by_it()
    {
        await host.Ok("POST", "/v1/tenants", """{"id":"try","sandbox":true,"clock_at":"2020-01-01T00:00:00Z"}""");
        var key = await host.KeyFor(KeyRole.Admin, tenant: 2);
        Assert.Equal(200, (await host.Send("POST", "/v1/test_clock/advance", """{"to":"2021-01-01T00:00:00Z"}""", key)).Status);
        var (status, problem) = await host.Send("POST", "/v1/test_clock/advance", """{"to":"2020-06-01T00:00:00Z"}""", key);
        Assert.Equal((422, "clock_backwards"), (status, Text(problem, "code")));

        await host.Send("POST", "/v1/programs", """{"id":"s","name":"S","currency":"GBP","time_zone":"UTC"}""", key);
        await host.Send("POST", "/v1/actions", """{"action_id":"a","program_id":"s","type":"sale","referee_id":"x"}""", key);
        Assert.Equal("2021-01-01T00:00:00Z", Text((await host.Send("GET", "/v1/actions/a", key: key)).Body, "occurred_at"));
    }

    [Fact]
    public async Task The_ledger_check_names_what_differs()
    {
        Assert.True((await host.Ok("POST", "/v1/ledger/check")).GetProperty("ok").GetBoolean());
        host.Tenants.Differences.Add(new("balance", "rita has 5 and should have 6"));
        var check = await host.Ok("POST", "/v1/ledger/check");
        Assert.Equal((false, "balance"), (check.GetProperty("ok").GetBoolean(), Text(check.GetProperty("differences")[0], "what")));
    }

    [Fact]
    public async Task Metrics_are_told_in_the_format_of_Prometheus()
    {
        await Act("a1", "cus_1");
        var text = await host.Client.GetStringAsync("/metrics");
        Assert.Matches("(?m)^grains_managed_bytes\\{\\} [0-9]+$", text);
        Assert.Matches("(?m)^grains_actions_total\\{outcome=\"rewarded\"\\} [0-9]+$", text);
        Assert.Matches("(?m)^http_server_request_duration_seconds_bucket\\{.*http_route=\"/v1/actions\".*le=\"\\+Inf\"\\} [0-9]+$", text);
        var bounds = System.Text.RegularExpressions.Regex.Matches(text, "(?m)^http_server_request_duration_seconds_bucket\\{.*le=\"(.+)\"\\}").Select(match => match.Groups[1].Value);
        Assert.Equal(11, bounds.Distinct().Count());
        Assert.Equal("ready", await host.Client.GetStringAsync("/health/ready"));
        Assert.Equal("live", await host.Client.GetStringAsync("/health/live"));
    }

    [Fact]
    public async Task An_action_that_is_refused_is_counted_as_an_error_whatever_it_was_refused_for()
    {
        // Others of this process count too, so that it is at least so many; and what is scraped is kept for a moment.
        var before = await Errors();
        Assert.Equal(400, (await host.Send("POST", "/v1/actions", "{}")).Status);
        Assert.Equal(404, (await host.Send("POST", "/v1/actions", """{"action_id":"a","program_id":"nowhere","type":"sale","referee_id":"x","amount_minor":1}""")).Status);
        await Eventually.Holds("both are counted", async () => await Errors() >= before + 2);

        async Task<long> Errors() => long.Parse(
            "0" + System.Text.RegularExpressions.Regex.Match(await host.Client.GetStringAsync("/metrics"), "(?m)^grains_actions_total\\{outcome=\"error\"\\} ([0-9]+)$").Groups[1].Value,
            CultureInfo.InvariantCulture);
    }

    private Task<JsonElement> Act(string id, string referee) =>
        host.Ok("POST", "/v1/actions", $$"""{"action_id":"{{id}}","program_id":"p","type":"sale","referee_id":"{{referee}}","amount_minor":1000,"occurred_at":"2026-01-05T00:00:00Z"}""");

    private static IEnumerable<string> Codes(JsonElement action) => action.GetProperty("decisions").EnumerateArray().Select(decision => Text(decision, "code"));

    private static long Reward(JsonElement action, int decision) => action.GetProperty("decisions")[decision].GetProperty("reward").GetProperty("amount_minor").GetInt64();

    private static (int, string) Refused((int Status, JsonElement Body) answer) => (answer.Status, Text(answer.Body, "param"));

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
