using Microsoft.Playwright;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>What waits for a person, and what is set for all.</summary>
public sealed class ReviewTests(Browser browser, Marketplace market)
{
    [Fact]
    public async Task A_flag_is_cleared_a_held_reward_released_and_another_cancelled_each_on_its_tab()
    {
        var (admin, key) = await market.NewSandbox("reviewed");
        using (admin)
        {
            await Fill(admin);
            await admin.Ok("/v1/programs/press/rules", Marketplace.Rule("by-hand", "10% of each sale", 1_000, 30)); // D17: what was given before stays by hand.
            await using var person = await browser.Arrive(market.Address);
            await person.SignIn(key, "/console/review");
            await person.Sees("self referral");
            Assert.True(await person.Page.GetByRole(AriaRole.Button, new() { Name = "It is fine" }).IsDisabledAsync());
            await person.IsWellServed();
            await person.Page.GetByLabel("Reason for what you decide").FillAsync("Looked at both");
            await PayoutTests.Press(person, "It is fine");
            await person.Sees("Nothing is flagged.");

            await Tab(person, "Held rewards");
            var rewards = (await admin.Ok("/v1/rewards?state=pending"))["data"]!.AsArray().Select(one => (string)one!["id"]!).ToList();
            await person.Page.GetByRole(AriaRole.Button, new() { Name = $"Release {rewards[0]}" }).WaitForAsync();
            await person.Photograph("console-review");
            await PayoutTests.Press(person, $"Release {rewards[0]}");
            await Person.SeesNo(person.Page.GetByRole(AriaRole.Cell, new() { Name = rewards[0], Exact = true }));
            await person.IsWellServed();
            await person.Page.GetByLabel("Reason for what you decide").FillAsync("It was a test");
            await PayoutTests.Press(person, $"Cancel {rewards[1]}");
            await person.Sees("None is pending by a rule");
            Assert.Equal("released", (string?)(await admin.Ok($"/v1/rewards/{rewards[0]}"))["state"]);
            Assert.Equal("cancelled", (string?)(await admin.Ok($"/v1/rewards/{rewards[1]}"))["state"]);
            await Tab(person, "Payout items");
            await person.Sees("None.");
            await person.ResizeTo(390);
            await person.IsWellServed();
        }
    }

    [Fact]
    public async Task What_is_parked_is_listed_with_what_it_waits_for_and_taken_out_as_a_table()
    {
        var (admin, key) = await market.NewSandbox("parked");
        using (admin)
        {
            await Fill(admin);
            await admin.Ok("/v1/referrals", new { program_id = "press", referee_id = "slow", referrer_id = "jo", status = "pending" });
            await Sale(admin, "inv_slow", "slow");
            await using var person = await browser.Arrive(market.Address, width: 390);
            await person.SignIn(key);
            await person.Page.GetByRole(AriaRole.Link, new() { Name = "Parked, for a referral or a sale: 2 actions" }).ClickAsync();
            await Row(person, "inv_lost").GetByText("nobody is known to have referred this referee").WaitForAsync();
            await Row(person, "inv_slow").GetByText("the referral's approval").WaitForAsync();
            await person.IsWellServed();
            var table = await Download(person);
            Assert.StartsWith("action_id,program_id,type,referee_id,", table, StringComparison.Ordinal);
            Assert.Equal(3, table.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);

            await admin.Ok("/v1/referrals/press/slow/approve", new { });
            await person.Page.GetByLabel("Program").FillAsync("press");
            await person.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
            await Person.SeesNo(Row(person, "inv_slow"));
            await person.Page.GetByLabel("Program").FillAsync("not an id");
            await person.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
            await person.Page.GetByRole(AriaRole.Link, new() { Name = "invalid_id" }).WaitForAsync();
            await person.IsWellServed();
        }
    }

    [Fact]
    public async Task X10_an_event_that_waits_for_its_sale_is_tried_again_or_dismissed_with_a_reason()
    {
        var (admin, key) = await market.NewSandbox("unnamed");
        using var owner = admin;
        await Fill(admin);
        var url = (string)(await admin.Ok("/v1/sources", new { kind = "shopify", program_id = "press", secret_ref = "shop" }))["url"]!;
        await Refund(url, "evt_re_b");

        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key);
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "From other systems, waiting for their sale" }).ClickAsync();
        await Row(person, "evt_re_b").GetByText("gid://shopify/Order/404").WaitForAsync();
        await person.IsWellServed();
        await PayoutTests.Press(person, "Look again for the sale of evt_re_b");
        await person.Sees("Nothing is known of the sale of evt_re_b yet.");
        Assert.True(await person.Page.GetByRole(AriaRole.Button, new() { Name = "Dismiss evt_re_b" }).IsDisabledAsync());
        await person.Page.GetByLabel("Reason for what you decide").FillAsync("Of another shop");
        await PayoutTests.Press(person, "Dismiss evt_re_b");
        await person.Sees("evt_re_b was dismissed.");
        await Person.SeesNo(Row(person, "evt_re_b"));
        await person.Page.GetByLabel("Show").SelectOptionAsync("refused");
        await PayoutTests.Press(person, "Look");
        await Row(person, "evt_re_b").GetByText("dismissed: Of another shop").WaitForAsync();
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    // Of an order that never came.
    private async Task Refund(string url, string id)
    {
        var body = """{"id":7,"order_id":404,"processed_at":"2026-01-06T10:00:00Z","transactions":[{"kind":"refund","status":"success","amount":"5.00","currency":"GBP"}]}"""u8.ToArray();
        using var http = new HttpClient { BaseAddress = market.Address };
        using var told = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } } };
        var signature = Convert.ToBase64String(System.Security.Cryptography.HMACSHA256.HashData(System.Text.Encoding.UTF8.GetBytes(ServerProcess.SourceSecret), body));
        foreach (var (name, value) in ((string, string)[])[("X-Shopify-Hmac-Sha256", signature), ("X-Shopify-Topic", "refunds/create"), ("X-Shopify-Webhook-Id", id)]) told.Headers.Add(name, value);
        using var answer = await http.SendAsync(told, TestContext.Current.CancellationToken);
        Assert.Contains("waiting", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task D11_what_was_refused_for_its_id_is_a_list_of_its_own_beside_what_stands()
    {
        var (admin, key) = await market.NewSandbox("contradicted");
        using (admin)
        {
            await Fill(admin);
            Assert.Equal(409, (await admin.Post("/v1/actions", new { action_id = "inv_a", program_id = "press", type = "sale", referee_id = "kim", amount_minor = 7_700, currency = "GBP" })).Status);
            await using var person = await browser.Arrive(market.Address);
            await person.SignIn(key, "/console/review/conflicts");
            await Row(person, "inv_a").GetByText("sale of 77.00 GBP").WaitForAsync();
            await person.IsWellServed();
            Assert.Contains(",7700,GBP,", await Download(person), StringComparison.Ordinal);
            await Row(person, "inv_a").GetByRole(AriaRole.Link).ClickAsync();
            await person.Sees("1 more came under the same id with other content");
            await person.Open("/console/review/conflicts?after=nothing", "Review");
            await person.Page.GetByRole(AriaRole.Link, new() { Name = "invalid_field" }).WaitForAsync();
            await person.ResizeTo(390);
            await person.IsWellServed();
        }
    }

    [Fact]
    public async Task What_somebody_else_has_decided_meanwhile_is_said()
    {
        var (admin, key) = await market.NewSandbox("decided");
        using (admin)
        {
            await Fill(admin);
            await using var person = await browser.Arrive(market.Address);
            await person.SignIn(key, "/console/review/held");
            var reward = (string)(await admin.Ok("/v1/rewards?state=pending"))["data"]![0]!["id"]!;
            await person.Page.GetByRole(AriaRole.Button, new() { Name = $"Release {reward}" }).WaitForAsync();
            await admin.Ok($"/v1/rewards/{reward}/cancel", new { reason = "It was a test" });
            await PayoutTests.Press(person, $"Release {reward}");
            await person.Page.GetByRole(AriaRole.Alert).WaitForAsync();
            await Person.SeesNo(person.Page.GetByRole(AriaRole.Cell, new() { Name = reward, Exact = true }));
            await person.IsWellServed();
        }
    }

    [Fact]
    public async Task A_key_is_made_shown_once_and_ended()
    {
        var (admin, _) = await market.NewSandbox("keyed");
        admin.Dispose();
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn((await market.NewKey("key_admin", "keyed")).Key, "/console/settings");
        await person.Page.GetByLabel("What a new key may do").SelectOptionAsync("Ingest");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Make a key" }).DblClickAsync();
        var secret = await person.Page.Locator("#new-key").InnerTextAsync();
        using (var made = new Api(market.Address, secret)) Assert.Equal("ingest", (string?)(await made.Ok("/v1/session"))["role"]);
        await person.IsWellServed();
        await person.Open("/console/settings", "Settings");
        await person.Page.GetByRole(AriaRole.Cell, new() { Name = "ingest", Exact = true }).WaitForAsync();
        Assert.Equal(0, await person.Page.Locator("#new-key").CountAsync());

        var row = person.Page.GetByRole(AriaRole.Row).Filter(new() { Has = person.Page.GetByRole(AriaRole.Cell, new() { Name = "ingest", Exact = true }) });
        await row.GetByRole(AriaRole.Button).ClickAsync();
        await row.GetByRole(AriaRole.Button, new() { NameRegex = new("for good$") }).ClickAsync();
        await row.GetByText("revoked").WaitForAsync();
        using (var ended = new Api(market.Address, secret)) Assert.Equal(401, (await ended.Get("/v1/session")).Status);
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    [Fact]
    public async Task Payout_terms_are_changed_and_what_cannot_be_is_refused_by_its_field()
    {
        var (admin, _) = await market.NewSandbox("termed");
        admin.Dispose();
        var (_, key) = await market.NewKey("finance", "termed");
        using var finance = new Api(market.Address, key);
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/settings");
        await person.Page.GetByLabel("Drawn up").SelectOptionAsync("month");
        await person.Page.GetByLabel("On which day of the month").FillAsync("31");
        await person.Page.GetByLabel("Least amounts").FillAsync("25.00 GBP, 300 JPY");
        await person.Page.GetByLabel("Account credit").SelectOptionAsync(new SelectOptionValue { Label = "goes onto the referrer's customer balance at Stripe" });
        await person.Page.GetByLabel("Whoever draws a batch up").CheckAsync();
        await PayoutTests.Press(person, "Save the terms");
        await person.Sees("Saved.");
        var terms = await finance.Ok("/v1/payout_terms");
        Assert.Equal("stripe", (string)terms["credit_delivery"]!);
        Assert.Equal(("month", 31, 2_500, 300, true), (
            (string)terms["schedule"]!["every"]!, (int)terms["schedule"]!["day"]!, (long)terms["minimums"]![0]!["amount_minor"]!, (long)terms["minimums"]![1]!["amount_minor"]!, (bool)terms["second_person"]!));
        await person.Page.GetByLabel("Time zone").FillAsync("Moon/Crater");
        await PayoutTests.Press(person, "Save the terms");
        await person.Page.GetByRole(AriaRole.Alert).GetByText("time_zone").First.WaitForAsync();
        await person.Page.GetByLabel("Least amounts").FillAsync("a lot");
        await PayoutTests.Press(person, "Save the terms");
        await person.Sees("The least amounts are written as");
        await person.IsWellServed();
    }

    private static Task Tab(Person person, string name) =>
        person.Page.GetByRole(AriaRole.Navigation, new() { Name = "What waits" }).GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();

    private static ILocator Row(Person person, string id) =>
        person.Page.GetByRole(AriaRole.Row).Filter(new() { Has = person.Page.GetByRole(AriaRole.Cell, new() { Name = id, Exact = true }) });

    private static async Task<string> Download(Person person)
    {
        var download = await person.Page.RunAndWaitForDownloadAsync(() => person.Page.GetByRole(AriaRole.Link, new() { Name = "All of them as a table" }).ClickAsync());
        return await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken);
    }

    // Two rewards that are looked at by hand, a referee with the referrer's own address, and a sale of nobody's.
    private static async Task Fill(Api admin)
    {
        await admin.Ok("/v1/programs", new { id = "press", name = "Press", currency = "GBP", time_zone = "UTC" });
        var (reward, hold) = (new { kind = "cash", type = "percent", basis_points = 1_000 }, new { mode = "manual", days = 90 });
        await admin.Ok("/v1/programs/press/rules", new { id = "by-hand", trigger = "recurring_action", reward, hold });
        await admin.Ok("/v1/referrers", new { id = "jo", email = "jo@mail.example" });
        await admin.Ok("/v1/referrals", new { program_id = "press", referee_id = "kim", referrer_id = "jo", approved_at = "2025-12-31T00:00:00Z" });
        await admin.Ok("/v1/referrals", new { program_id = "press", referee_id = "jo-too", referrer_id = "jo", referee_email = "jo@mail.example", approved_at = "2025-12-31T00:00:00Z" });
        foreach (var (id, referee) in ((string, string)[])[("inv_a", "kim"), ("inv_b", "kim")]) await Sale(admin, id, referee);
        await Sale(admin, "inv_lost", "nobody");
    }

    private static async Task Sale(Api admin, string id, string referee) =>
        await admin.Ok("/v1/actions", new { action_id = id, program_id = "press", type = "sale", referee_id = referee, amount_minor = 5_000 });
}
