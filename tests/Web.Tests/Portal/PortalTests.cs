using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using ReferralGrains.Integration.Tests;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Portal;

/// <summary>A referrer who follows a link, in a browser.</summary>
public sealed class PortalTests(Browser browser, Marketplace market)
{
    private const string Link = "https://acme.example/join?code=RITA-10";

    [Fact]
    public async Task S2_S6_S10_a_referrer_sees_what_to_share_what_was_earned_and_where_it_stands()
    {
        using var shop = await ReferrersShop.Open(market, "portal-see");
        await using var rita = await browser.Arrive(market.Address);
        await ReferrersShop.Follow(rita, shop, "Hello Rita");
        Assert.Equal("/portal", new Uri(rita.Page.Url).PathAndQuery);
        var cookie = Assert.Single(await rita.Page.Context.CookiesAsync());
        Assert.True(cookie is { HttpOnly: true, Path: "/portal", SameSite: SameSiteAttribute.Lax });

        Assert.Equal("RITA-10", await rita.Page.GetByLabel("Your code", new() { Exact = true }).InputValueAsync());
        Assert.Equal(Link, await rita.Page.GetByLabel("Your link", new() { Exact = true }).InputValueAsync());
        Assert.True(await rita.Page.GetByAltText("QR code that opens your link").EvaluateAsync<int>("image => image.naturalWidth") > 0);
        Assert.StartsWith("sms:?&body=I%20recommend", await rita.Page.GetByRole(AriaRole.Link, new() { Name = "Send as a text message" }).GetAttributeAsync("href"), StringComparison.Ordinal);
        Assert.StartsWith("mailto:?subject=", await rita.Page.GetByRole(AriaRole.Link, new() { Name = "Send by e-mail" }).GetAttributeAsync("href"), StringComparison.Ordinal);

        foreach (var text in (string[])[
            "33.90 USD", "8.80 USD", "33.90 USD of 50.00 USD until the next payout", "More for many: 3 of 5 referrals to the next step, which gives 100 points",
            "The next payout is made up on 1 March 2026.", "33.90 USD wait until there are 50.00 USD.", "an…th", "Names are shortened"])
            await rita.Sees(text);
        Assert.DoesNotContain("anna.smith", await rita.Page.ContentAsync(), StringComparison.Ordinal);
        await rita.IsWellServed();
        await rita.Photograph("portal");
        await rita.ResizeTo(390);
        await rita.IsWellServed();
        await rita.Photograph("portal-narrow");

        await rita.Page.GetByRole(AriaRole.Link, new() { Name = "Deutsch" }).ClickAsync();
        await rita.Heading("Guten Tag, Rita");
        await rita.Sees("33,90 USD von 50,00 USD bis zur nächsten Auszahlung");
        await rita.Sees("Die nächste Auszahlung wird am 1. März 2026 zusammengestellt.");
        Assert.Equal(
            $"Ich empfehle Friends of Acme. Von der ersten Rechnung gehen 15,00 USD ab. Hier geht es mit meinem Code RITA-10 zur Anmeldung: {Link}",
            await rita.Page.GetByLabel("Ein Text zum Verschicken", new() { Exact = true }).InputValueAsync());
        Assert.StartsWith("sms:?&body=Ich%20empfehle", await rita.Page.GetByRole(AriaRole.Link, new() { Name = "Als Nachricht senden" }).GetAttributeAsync("href"), StringComparison.Ordinal);
        await rita.Open("/portal/referrals", "Ihre Empfehlungen");
        await rita.IsWellServed();
    }

    [Fact]
    public async Task Everything_works_without_script_and_a_payout_account_is_set_up()
    {
        using var shop = await ReferrersShop.Open(market, "portal-plain");
        await using var rita = await browser.Arrive(market.Address, withScript: false);
        await ReferrersShop.Follow(rita, shop, "Hello Rita");
        Assert.Equal(0, await rita.Page.GetByRole(AriaRole.Button, new() { Name = "Copy" }).CountAsync());
        await rita.Page.GetByRole(AriaRole.Button, new() { Name = "Stop paying me in cash" }).ClickAsync();
        await rita.Sees("You are not paid in cash.");
        await rita.Sees("33.90 USD wait for you: say that you want to be paid in cash.");
        await rita.Page.GetByRole(AriaRole.Button, new() { Name = "Pay me in cash" }).ClickAsync();
        await rita.Sees("You are paid in cash.");

        await rita.Page.GetByLabel("Country of your bank").FillAsync("US");
        await rita.Page.GetByRole(AriaRole.Button, new() { Name = "Set up where I am paid" }).ClickAsync();
        await rita.Heading("Tell Stripe where your bank is");
        Assert.StartsWith("http", await rita.Page.GetByRole(AriaRole.Link, new() { Name = "Continue at Stripe" }).GetAttributeAsync("href"), StringComparison.Ordinal);
        await rita.Page.GotoAsync("/portal/back");
        await rita.Sees("Your payout account is not finished yet.");
        Assert.True((bool)(await shop.Ok("/v1/referrers/rita"))["cash_opt_in"]!);
    }

    [Fact]
    public async Task In_a_sandbox_a_payout_is_of_the_day_that_its_clock_shows()
    {
        using var shop = await PayingShop.Open(market, "portal-dates", new { });
        await shop.Pay("po_new_year");
        await using var ann = await browser.Arrive(market.Address);
        await ann.Page.GotoAsync((string)(await shop.Admin.Ok("/v1/portal_links", new { referrer_id = "ann" }))["url"]!);
        var last = ann.Page.GetByRole(AriaRole.Region, new() { Name = "Last payouts" });
        await last.GetByRole(AriaRole.Row, new() { Name = "12.34 GBP" }).GetByText("1 January 2026").WaitForAsync();
    }

    [Fact]
    public async Task By_keyboard_alone_a_code_is_copied()
    {
        using var shop = await ReferrersShop.Open(market, "portal-keys");
        await using var rita = await browser.Arrive(market.Address);
        await rita.Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await ReferrersShop.Follow(rita, shop, "Hello Rita");
        await rita.Page.Keyboard.PressAsync("Tab");
        Assert.Equal("skip", await rita.Page.EvaluateAsync<string>("document.activeElement.className"));
        await rita.Page.Keyboard.PressAsync("Enter");
        await rita.Page.Locator("#content:focus").WaitForAsync();
        foreach (var _ in (string[])["the code", "its button"]) await rita.Page.Keyboard.PressAsync("Tab");
        Assert.Equal("code-0", await rita.Page.EvaluateAsync<string>("document.activeElement.dataset.copy"));
        await rita.Page.Keyboard.PressAsync("Enter");
        await rita.Page.GetByRole(AriaRole.Status).GetByText("Copied").WaitForAsync();
        Assert.Equal("RITA-10", await rita.Page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [Fact]
    public async Task What_a_sandbox_paid_stands_in_the_statement_of_the_month_of_its_own_clock()
    {
        using var shop = await PayingShop.Open(market, "portal-paid", new { });
        await shop.Pay("po_january");
        await using var ann = await browser.Arrive(market.Address);
        await ann.Page.GotoAsync((string)(await shop.Admin.Ok("/v1/portal_links", new { referrer_id = "ann" }))["url"]!);
        await ann.Page.GetByRole(AriaRole.Link, new() { Name = "Statement" }).ClickAsync();
        await ann.Heading("Statement of January 2026");
        var sums = ann.Page.GetByRole(AriaRole.Region, new() { Name = "Sums" }).GetByRole(AriaRole.Row).Last;
        foreach (var (column, amount) in ((int, string)[])[(1, "12.34 GBP"), (3, "12.34 GBP"), (4, "0.00 GBP")]) await Assertions.Expect(sums.GetByRole(AriaRole.Cell).Nth(column)).ToHaveTextAsync(amount);
        await ann.Page.GetByRole(AriaRole.Region, new() { Name = "Movements" }).GetByRole(AriaRole.Row, new() { NameRegex = new("1 January 2026 Paid") }).WaitForAsync();
    }

    [Fact]
    public async Task A_statement_is_a_page_a_table_and_a_print()
    {
        using var shop = await ReferrersShop.Open(market, "portal-statement");
        await using var rita = await browser.Arrive(market.Address);
        await ReferrersShop.Follow(rita, shop, "Hello Rita");
        await rita.Page.GetByRole(AriaRole.Link, new() { Name = "Statement" }).ClickAsync();
        await rita.Heading("Statement of February 2026");
        await rita.Sees("Released: payable");
        await rita.Sees("Clawed back");
        await rita.Page.GetByRole(AriaRole.Link, new() { Name = "January 2026, the month before" }).ClickAsync();
        await rita.Heading("Statement of January 2026");
        await rita.Sees("25.00 USD");
        await rita.IsWellServed();
        await rita.ResizeTo(390);
        await rita.IsWellServed();

        var table = await rita.Page.RunAndWaitForDownloadAsync(() => rita.Page.GetByRole(AriaRole.Link, new() { Name = "Download as a table" }).ClickAsync());
        Assert.Equal("statement-2026-01.csv", table.SuggestedFilename);
        var lines = await File.ReadAllLinesAsync((await table.PathAsync())!, TestContext.Current.CancellationToken);
        Assert.Equal("at,what,amount,asset,program,referee", lines[0]);
        Assert.Contains("2026-01-10T00:00:00Z,earned,12.90,USD,portal-statement,an…th", lines);

        var sales = string.Concat(Enumerable.Range(0, 1_001).Select(static i => $$"""{"action_id":"many_{{i}}","program_id":"portal-statement","type":"sale","referee_id":"dora.leeson","amount_minor":100}""" + "\n"));
        Assert.True((await shop.PostRaw("/v1/actions:stream?answers=errors", sales, "application/x-ndjson")).IsSuccess);
        var cut = await rita.Page.RunAndWaitForDownloadAsync(() => rita.Page.EvaluateAsync("location.href = '/portal/statement.csv?month=2026-02'"));
        lines = await File.ReadAllLinesAsync((await cut.PathAsync())!, TestContext.Current.CancellationToken);
        Assert.Equal((1_002, "\"Only the newest 1,000 movements of this month are here; the sums on the page hold all.\",,,,,"), (lines.Length, lines[^1]));

        await rita.Page.EmulateMediaAsync(new() { Media = Media.Print });
        Assert.False(await rita.Page.GetByRole(AriaRole.Link, new() { Name = "Overview" }).IsVisibleAsync());
        Assert.True(await rita.Page.GetByText("25.00 USD").First.IsVisibleAsync());
    }

    [Fact]
    public async Task A_link_that_has_ended_says_what_to_do()
    {
        using var shop = await ReferrersShop.Open(market, "portal-ended");
        await using var rita = await browser.Arrive(market.Address);
        var made = await shop.Ok("/v1/portal_links", new { referrer_id = "rita" });
        await rita.Page.GotoAsync((string)made["url"]!);
        await rita.Heading("Hello Rita");
        await shop.Send(HttpMethod.Delete, $"/v1/portal_links/{(string)made["id"]!}", null);
        Assert.Equal(401, (await rita.Page.ReloadAsync())!.Status);
        await rita.Heading("This link has ended");
        await rita.Sees("Go back to where you came from");
        await rita.IsWellServed();
        await rita.Page.GotoAsync((string)made["url"]!);
        await rita.Heading("This link has ended");
        await rita.Page.GotoAsync("/portal/open?token=<script>");
        await rita.Heading("This link has ended");
    }

    [Fact]
    public async Task What_is_not_there_says_so_and_money_is_hidden_where_a_program_gives_none()
    {
        using var shop = await ReferrersShop.Open(market, "portal-points", cash: false);
        await using var rita = await browser.Arrive(market.Address);
        await ReferrersShop.Follow(rita, shop, "Hello Rita");
        await rita.Sees("More for many: 3 of 5 referrals to the next step, which gives 100 points");
        Assert.Equal(0, await rita.Page.GetByText("Payouts").CountAsync());
        Assert.Equal(0, await rita.Page.GetByRole(AriaRole.Button, new() { Name = "cash" }).CountAsync());
        foreach (var path in (string[])["/portal/nothing", "/portal/statement?month=2026-13", "/portal/referrals?after=x"])
        {
            Assert.Equal(404, (await rita.Page.GotoAsync(path))!.Status);
            await rita.Heading("There is no such page");
        }
    }

    [Fact]
    public async Task H3_only_who_is_in_the_last_tier_is_on_the_highest_step()
    {
        var (shop, _) = await market.NewSandbox("portal-beyond");
        using var owner = shop;
        await shop.Ok("/v1/programs", new { id = "shop", name = "The shop", currency = "GBP", time_zone = "UTC" });
        foreach (var (id, last) in ((string, long?)[])[("open", null), ("shut", 60_000)])
            await shop.Ok("/v1/programs/shop/rules", new
            {
                id,
                name = id,
                trigger = "recurring_action",
                acknowledge_warnings = true,
                reward = new { kind = "cash" },
                tiers = new object[] { new { by = "value", min_minor = 0, max_minor = 20_000, basis_points = 500 }, new { by = "value", min_minor = 20_001, max_minor = last, basis_points = 1_000 } },
            });
        await shop.Ok("/v1/referrers", new { id = "rita", name = "Rita" });
        await shop.Ok("/v1/referrals", new { program_id = "shop", referee_id = "kim", referrer_id = "rita" });
        await shop.Ok("/v1/actions", new { action_id = "s1", program_id = "shop", type = "sale", referee_id = "kim", amount_minor = 70_000 });
        await using var rita = await browser.Arrive(market.Address);
        await ReferrersShop.Follow(rita, shop, "Hello Rita");
        await rita.Sees("open: you are on the highest step");
        await rita.Sees("shut: you are beyond the last step");
    }

    [Fact]
    public async Task Only_where_the_tenant_says_so_is_it_shown_in_a_frame()
    {
        // Another site than the server's, which is 127.0.0.1.
        var (page, builder) = ("", WebApplication.CreateSlimBuilder());
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var marketplace = builder.Build();
        marketplace.MapGet("/", () => Results.Content(page, "text/html"));
        await marketplace.StartAsync(TestContext.Current.CancellationToken);
        var around = marketplace.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        using var shop = await ReferrersShop.Open(market, "portal-framed");
        await using var rita = await browser.Arrive(market.Address);
        var url = (string)(await shop.Ok("/v1/portal_links", new { referrer_id = "rita" }))["url"]!;
        page = $"<title>Shop</title><iframe src=\"{url}\" title=\"Referrals\" width=800 height=800></iframe>";
        var inside = rita.Page.FrameLocator("iframe");

        var refused = await rita.Page.RunAndWaitForResponseAsync(() => rita.Page.GotoAsync(around), static response => new Uri(response.Url).AbsolutePath == "/portal/open");
        Assert.Contains("frame-ancestors 'none'", await refused.HeaderValueAsync("content-security-policy"), StringComparison.Ordinal);
        Assert.Equal((404, 0), (refused.Status, await inside.Locator("main").CountAsync()));

        await shop.Send(HttpMethod.Put, "/v1/portal_settings", System.Net.Http.Json.JsonContent.Create(new { title = "Acme", frame_origins = new[] { around } }));
        await rita.Page.GotoAsync(around);
        await inside.GetByRole(AriaRole.Heading, new() { Name = "Hello Rita" }).WaitForAsync();
        Assert.Contains(await rita.Page.Context.CookiesAsync(), static cookie => cookie is { Name: "referralgrains-portal", SameSite: SameSiteAttribute.None, Secure: true, PartitionKey: not null });

        // The session goes on in the frame, forms too, and a link that has ended says so there.
        await inside.GetByRole(AriaRole.Button, new() { Name = "Stop paying me in cash" }).ClickAsync();
        await inside.GetByText("You are not paid in cash.").WaitForAsync();
        await shop.Ok("/v1/referrers/rita/close", new { });
        await Eventually.Holds("the closed referrer's session ends", async () =>
        {
            await rita.Page.GotoAsync(around);
            return await inside.GetByRole(AriaRole.Heading, new() { Level = 1 }).TextContentAsync() == "This link has ended";
        });
    }

    [Fact]
    public async Task A_form_that_is_not_ours_changes_nothing()
    {
        using var shop = await ReferrersShop.Open(market, "portal-forms");
        var token = (string)(await shop.Ok("/v1/portal_links", new { referrer_id = "rita" }))["token"]!;
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = market.Address };
        foreach (var form in (Dictionary<string, string>[])[new() { ["cash"] = "off" }, new() { ["cash"] = "off", ["form"] = "AAAA" }])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/portal/cash") { Content = new FormUrlEncodedContent(form) };
            request.Headers.Add("Cookie", $"referralgrains-portal={token}");
            using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        foreach (var body in (string[])["", "--b\r\nno header at all\r\n\r\n", "not a part of anything"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/portal/cash") { Content = new StringContent(body) };
            request.Content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
            request.Headers.Add("Cookie", $"referralgrains-portal={token}");
            using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        Assert.True((bool)(await shop.Ok("/v1/referrers/rita"))["cash_opt_in"]!);
    }
}
