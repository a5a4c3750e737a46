using Microsoft.Playwright;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>What each page is for, what it says when that is refused, and that it serves everybody well.</summary>
public sealed class PageTests(Browser browser, Marketplace market)
{
    [Fact]
    public async Task The_overview_says_what_was_earned_by_whom_what_is_held_and_what_needs_a_person()
    {
        await using var person = await SignedIn("admin");
        await person.Sees("Parked, for a referral or a sale: 1 action");
        await person.Page.GetByRole(AriaRole.Img, new() { Name = "Earned and paid each week in GBP" }).WaitForAsync();
        var all = person.Page.GetByRole(AriaRole.Region, new() { Name = "Earned and paid, from the beginning" }).First;
        await all.GetByRole(AriaRole.Row, new() { Name = "10.00 EUR 0.00 EUR 0.00 EUR 10.00 EUR 0.00 EUR" }).WaitForAsync();
        await person.Page.GetByRole(AriaRole.Region, new() { Name = "Club" }).GetByText("paid of it").WaitForAsync();
        var best = person.Page.GetByRole(AriaRole.Region, new() { Name = "Top referrers" });
        await best.GetByRole(AriaRole.Row, new() { Name = "jane" }).GetByText("14.25 GBP").WaitForAsync(); // 4.90 + 12.00 − 6.00 + 3.35
        var held = person.Page.GetByRole(AriaRole.Region, new() { Name = "Held, by release date" });
        await held.GetByRole(AriaRole.Row, new() { Name = "2026-02-19" }).GetByText("22.25 GBP").WaitForAsync(); // What jane has, and 8.00 of rita's.
        await person.IsWellServed();
        await person.ResizeTo(390);
        await person.IsWellServed();
        await best.GetByRole(AriaRole.Link, new() { Name = "jane" }).ClickAsync();
        await person.Heading("Referrer jane");
    }

    [Fact]
    public async Task A_key_without_figures_is_told_what_it_is_for()
    {
        await using var person = await SignedIn("key_admin");
        await person.Sees("The figures are for keys of the roles");
        Assert.Equal(0, await person.Page.GetByRole(AriaRole.Search).CountAsync());
        await person.IsWellServed();
        await person.Open("/console/find?id=jane", "Find");
        await person.Sees("Searching is for keys of the roles read, admin and finance.");
    }

    [Fact]
    public async Task The_audit_log_says_who_looked_at_whom_and_is_found_from_the_settings()
    {
        await using var person = await SignedIn("admin", "/console/referrers/jane");
        await person.Heading("Referrer jane");
        await person.Sees("14.25 GBP"); // Who leaves before that has not looked.
        await person.Open("/console/settings", "Settings");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Audit log" }).ClickAsync();
        await person.Heading("Audit log");
        await person.Page.GetByLabel("About: a referrer, a batch, a key").FillAsync("jane");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Look" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Row, new() { NameRegex = new("get referrer jane 200") }).First.WaitForAsync();
        var download = await person.Page.RunAndWaitForDownloadAsync(() => person.Page.GetByRole(AriaRole.Link, new() { Name = "All of them as a table" }).ClickAsync());
        Assert.Contains(",getReferrer,GET /v1/referrers/jane,jane,200,", await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await person.IsWellServed();
        await person.ResizeTo(390);
        await person.IsWellServed();
        await person.Page.GetByLabel("By: a key's id").FillAsync("not an id");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Look" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "invalid_id" }).WaitForAsync();
    }

    [Fact]
    public async Task What_waits_for_approval_is_counted_in_all_programs_though_figures_are_shown_of_the_first_twenty()
    {
        var (admin, key) = await market.NewSandbox("wide");
        using var _ = admin;
        await admin.Ok("/v1/referrers", new { id = "jo" });
        for (var i = 0; i < 21; i++) await admin.Ok("/v1/programs", new { id = $"p{i:00}", name = $"Program {i}", currency = "GBP", time_zone = "UTC" });
        foreach (var program in (string[])["p00", "p20"]) await admin.Ok("/v1/referrals", new { program_id = program, referee_id = "kim", referrer_id = "jo", status = "pending" });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key);
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "For approval: 2 referrals" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Cell, new() { Name = "p20" }).WaitForAsync();
        await person.Page.GetByText("Make a referral").ClickAsync();
        await person.Page.GetByLabel("Into program").SelectOptionAsync("p20"); // They are there once the form is opened.
    }

    [Fact]
    public async Task An_id_with_a_slash_and_one_with_an_escaped_slash_have_pages_of_their_own()
    {
        var (admin, key) = await market.NewSandbox("slashes");
        using var _ = admin;
        await admin.Ok("/v1/programs", new { id = "p%2Fq", name = "The shop", currency = "GBP", time_zone = "UTC" });
        await admin.Ok("/v1/programs/p%252Fq/rules", Marketplace.Rule("ten", "10% of each sale", 1_000, 30));
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key);
        foreach (var (referrer, referee, action) in ((string, string, string)[])[("a/b", "c/b", "s/1"), ("a%2Fb", "c%2Fb", "s%2F1")])
        {
            await admin.Ok("/v1/referrers", new { id = referrer, name = $"called {referrer}" });
            await admin.Ok("/v1/referrals", new { program_id = "p%2Fq", referee_id = referee, referrer_id = referrer });
            await admin.Ok("/v1/actions", new { action_id = action, program_id = "p%2Fq", type = "sale", referee_id = referee, amount_minor = 1_000 });
            await person.Open($"/console/referrals?referrer={Uri.EscapeDataString(referrer)}", "Referrals");
            await person.Page.GetByRole(AriaRole.Link, new() { Name = referee }).ClickAsync();
            await person.Heading($"Referral of {referee}");
            await person.Page.Locator("#main").GetByRole(AriaRole.Link, new() { Name = "Why" }).First.ClickAsync();
            await person.Page.GetByRole(AriaRole.Region, new() { Name = action }).WaitForAsync();
            await person.Open($"/console/referrers/{Uri.EscapeDataString(referrer)}", $"Referrer {referrer}");
            await person.Sees($"called {referrer}");
        }

        // What is done is done to that one.
        await PayoutTests.Press(person, "Close the account");
        await PayoutTests.Press(person, "Close a%2Fb for good");
        await person.Sees("The account is closed.");
        Assert.Equal(("closed", "active"), ((string?)(await admin.Ok("/v1/referrers/a%252Fb"))["status"], (string?)(await admin.Ok("/v1/referrers/a%2Fb"))["status"]));
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "c%2Fb" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "p%2Fq", Exact = true }).ClickAsync();
        await person.Heading("Program The shop");
    }

    [Fact]
    public async Task A_table_that_is_refused_says_so_in_plain_text_that_no_browser_takes_for_a_page()
    {
        await using var person = await SignedIn("read");
        var refused = await person.Page.Context.APIRequest.GetAsync("/console/tables/audit.csv?subject_id=<script>");
        Assert.Equal((403, "text/plain; charset=utf-8", "nosniff"), (refused.Status, refused.Headers["content-type"], refused.Headers.GetValueOrDefault("x-content-type-options")));
        Assert.Contains("default-src 'self'", refused.Headers.GetValueOrDefault("content-security-policy"), StringComparison.Ordinal);
        Assert.DoesNotContain("content-disposition", refused.Headers.Keys);
    }

    [Theory]
    [InlineData("jane", "Referrer jane")]
    [InlineData("kiera", "Referral of kiera")]
    [InlineData("inv_2", "Why")]
    [InlineData("classic", "Program Classic")]
    public async Task Anything_is_found_by_its_id(string id, string heading)
    {
        await using var person = await SignedIn("read");
        await Find(id);
        await person.Heading(heading);
        await Find("nobody at all");
        await person.Sees("Nothing here has the id");

        // Not by Enter: a page that has just come takes the focus.
        async Task Find(string text)
        {
            await person.Page.GetByLabel("Find by any id").FillAsync(text);
            await person.Page.GetByRole(AriaRole.Button, new() { Name = "Find", Exact = true }).ClickAsync();
        }
    }

    [Fact]
    public async Task A_referee_is_found_in_whichever_program_and_a_referrer_by_its_code()
    {
        var (shop, key) = await market.NewSandbox("many");
        using var owner = shop;
        for (var i = 0; i < 101; i++) await shop.Ok("/v1/programs", new { id = $"p{i:000}", name = $"Program {i}", currency = "GBP", time_zone = "UTC" });
        var code = (string)(await shop.Ok("/v1/referrers", new { id = "rita" }))["code"]!;
        foreach (var (program, referee) in (ValueTuple<string, string>[])[("p100", "kim"), ("p100", "lou"), ("p007", "lou")]) await shop.Ok("/v1/referrals", new { program_id = program, referee_id = referee, referrer_id = "rita" });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/find?id=kim");
        await person.Heading("Referral of kim");
        await person.Open($"/console/find?id={code.ToLowerInvariant()}", "Referrer rita");
        await person.Open("/console/find?id=lou", "Find");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Referral of lou in p100" }).WaitForAsync();
        await person.IsWellServed();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Referral of lou in p007" }).ClickAsync();
        await person.Heading("Referral of lou");
    }

    [Fact]
    public async Task Why_tells_the_rule_its_version_the_arithmetic_and_until_when_it_is_held_or_why_not()
    {
        await using var person = await SignedIn("read", "/console/why/inv_2");
        await person.Sees("12.00 GBP");
        await person.Page.GetByText("version 1").First.WaitForAsync();
        await person.IsWellServed();
        await person.Photograph("console-why");
        await person.Page.GetByLabel("Action id").FillAsync("inv_6");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Why?" }).ClickAsync();
        await person.Page.GetByText("parked").First.WaitForAsync();
        await person.Page.GetByLabel("Action id").FillAsync("inv_none");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Why?" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "action_not_found" }).WaitForAsync();
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    [Fact]
    public async Task R12_an_action_by_hand_is_previewed_before_it_is_recorded()
    {
        await market.Refer("classic", "olga", "rita");
        await using var person = await SignedIn("admin", "/console/referrals/classic/olga");
        await person.Page.GetByLabel("Action id").FillAsync("by_hand_1");
        await person.Page.GetByLabel("Amount, in GBP").FillAsync("50.000");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await person.Sees("The amount is written as 25.00.");
        await person.Page.GetByLabel("Amount, in GBP").FillAsync("50.00");
        await person.Page.GetByLabel("Occurred, in UTC").FillAsync("2026-02-01T12:30");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await person.Sees("Nothing is saved yet");
        await person.Sees("5.00 GBP");
        Assert.Equal(404, (await market.Admin.Get("/v1/actions/by_hand_1")).Status);
        await person.IsWellServed();
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Record it" }).ClickAsync();
        await person.Sees("by_hand_1 is recorded: rewarded.");
        var recorded = await market.Admin.Ok("/v1/actions/by_hand_1");
        Assert.Equal(("rewarded", 5_000, "2026-02-01T12:30:00Z"), ((string)recorded["status"]!, (long)recorded["amount_minor"]!, (string)recorded["occurred_at"]!));
        await person.Page.GetByRole(AriaRole.Region, new() { Name = "Enrollments" }).Last.GetByText("5.00 GBP").WaitForAsync();

        await person.Page.GetByLabel("Action id").FillAsync("by_hand_2"); // D8: a refund of all that is left.
        await person.Page.GetByLabel("Type").SelectOptionAsync("refund");
        await person.Page.GetByLabel("Of sale").FillAsync("by_hand_1");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await person.Sees("−5.00 GBP");
        await person.Page.GetByLabel("Type").SelectOptionAsync("sale");
        await person.Page.GetByLabel("Action id").FillAsync("inv_1");
        await person.Page.GetByLabel("Amount, in GBP").FillAsync("0.01");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "action_conflict" }).WaitForAsync();
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    [Fact]
    public async Task A_referrer_is_found_with_what_is_held_and_payable_and_an_entry_is_booked_once()
    {
        await market.Admin.Ok("/v1/referrers", new { id = "booked" });
        await using var person = await SignedIn("admin", "/console/referrers");
        await person.Page.GetByRole(AriaRole.Row, new() { Name = "jane" }).GetByText("14.25 GBP").WaitForAsync();
        await person.Page.GetByLabel("Id begins with").FillAsync("book");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Person.SeesNo(person.Page.GetByRole(AriaRole.Link, new() { Name = "jane" }));
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "booked" }).ClickAsync();
        await person.Heading("Referrer booked");
        for (var i = 0; i < 2; i++)
        {
            if (i == 0) await person.Page.GetByText("Book an entry by hand").ClickAsync();
            await person.Page.GetByLabel("Entry id").FillAsync("hand_1");
            await person.Page.GetByLabel("Asset").FillAsync("GBP");
            await person.Page.GetByLabel("Amount in minor units").FillAsync(i == 0 ? "-700" : "-800");
            await person.Page.GetByLabel("Reason").FillAsync("paid twice by mistake");
            await person.Page.GetByRole(AriaRole.Button, new() { Name = "Book" }).ClickAsync();
            if (i == 0) await person.Sees("−7.00 GBP (earned back first)");
        }

        await person.Page.GetByRole(AriaRole.Alert).WaitForAsync();
        await person.IsWellServed();
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    [Theory]
    [InlineData("read")]
    [InlineData("finance")]
    public async Task The_books_are_a_trial_balance_that_comes_to_zero(string role)
    {
        await using var person = await SignedIn(role);
        await person.Page.GetByRole(AriaRole.Navigation, new() { Name = "Console" }).GetByRole(AriaRole.Link, new() { Name = "Books" }).ClickAsync();
        await person.Heading("Books");
        var euros = person.Page.GetByRole(AriaRole.Region, new() { Name = "Accounts in EUR" });
        await euros.GetByText("comes to zero").WaitForAsync();
        await euros.GetByRole(AriaRole.Row, new() { Name = "payable" }).GetByText("10.00 EUR").First.WaitForAsync();
        await euros.GetByRole(AriaRole.Row, new() { Name = "All" }).GetByText("0.00 EUR", new() { Exact = true }).WaitForAsync();
        await person.IsWellServed();
        await person.ResizeTo(390);
        await person.IsWellServed();
        Assert.Equal(role == "finance" ? 1 : 0, await person.Page.Locator("#main").GetByRole(AriaRole.Link, new() { Name = "Reconciliation" }).CountAsync());
    }

    [Fact]
    public async Task The_books_are_not_for_a_key_that_only_sends()
    {
        await using var person = await SignedIn("ingest", "/console/books");
        await person.IsRefused("forbidden");
        await person.IsWellServed();
    }

    [Fact]
    public async Task What_was_booked_by_hand_and_spent_is_listed_a_page_at_a_time()
    {
        var (admin, key) = await market.NewSandbox("booked");
        using var _ = admin;
        await admin.Ok("/v1/referrers", new { id = "jo" });
        await Task.WhenAll(Enumerable.Range(1, 51).Select(i => admin.Ok("/v1/referrers/jo/entries", new { entry_id = $"e{i:D2}", asset = "points", amount_minor = i, reason = $"reason {i}" })));
        await admin.Ok("/v1/referrers/jo/entries", new { entry_id = "last", asset = "GBP", amount_minor = 2_500, already_paid = true, reason = "paid by cheque" });
        await admin.Ok("/v1/referrers/jo/spends", new { spend_id = "till-1", asset = "points", amount_minor = 300 });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/referrers/jo");
        await person.Page.GetByText("Entries by hand and what was spent").ClickAsync();
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Look them up" }).ClickAsync();
        var entries = person.Page.GetByRole(AriaRole.Region, new() { Name = "Entries by hand" });
        await entries.GetByRole(AriaRole.Row, new() { Name = "last" }).GetByText("25.00 GBP, paid elsewhere").WaitForAsync();
        await person.Page.GetByRole(AriaRole.Region, new() { Name = "Spends" }).GetByRole(AriaRole.Row, new() { Name = "till-1" }).GetByText("300 points").WaitForAsync();
        Assert.Equal(51, await entries.GetByRole(AriaRole.Row).CountAsync()); // With that of the headings.
        await person.IsWellServed();
        await PayoutTests.Press(person, "Older entries");
        await Assertions.Expect(entries.GetByRole(AriaRole.Row)).ToHaveCountAsync(53);
        Assert.Equal(0, await person.Page.GetByRole(AriaRole.Button, new() { Name = "Older" }).CountAsync());
        await person.Page.GetByText("Book an entry by hand").ClickAsync();
        await person.Page.GetByLabel("Entry id").FillAsync("from-here");
        await person.Page.GetByLabel("Asset").FillAsync("points");
        await person.Page.GetByLabel("Amount in minor units").FillAsync("9");
        await person.Page.GetByLabel("Reason").FillAsync("for the test");
        await PayoutTests.Press(person, "Book");
        await entries.GetByRole(AriaRole.Row, new() { Name = "from-here" }).WaitForAsync(); // Whoever has looked sees it too.
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    [Fact]
    public async Task Referrals_are_listed_by_program_referrer_and_state()
    {
        await using var person = await SignedIn("read", "/console/referrals");
        await person.Page.GetByLabel("Referrer").First.FillAsync("jane");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "kiera" }).WaitForAsync();
        await Person.SeesNo(person.Page.GetByRole(AriaRole.Link, new() { Name = "mona" }));
        await person.Page.GetByLabel("Program").First.FillAsync("not an id");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "invalid_id" }).WaitForAsync();
        await person.IsWellServed();
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    [Fact]
    public async Task A_rule_is_written_in_plain_words_tried_on_history_and_published()
    {
        await market.Admin.Ok("/v1/programs", new { id = "drafts", name = "Drafts", currency = "GBP", time_zone = "Europe/London" });
        await market.Admin.Ok("/v1/programs/drafts/rules", Marketplace.Rule("drafted", "10% of each sale", 1000, 30));
        await market.Refer("drafts", "paula", "zoe");
        await market.Admin.Ok("/v1/actions", new { action_id = "drafts_1", program_id = "drafts", type = "sale", referee_id = "paula", amount_minor = 4_000, occurred_at = "2026-02-01T12:00:00Z" });
        await using var person = await SignedIn("admin", "/console/programs");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Drafts" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Change 10% of each sale" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Heading, new() { Name = "Change drafted" }).WaitForAsync(); // Until then the form is that of a new rule.
        await person.Page.GetByLabel("Share in %").FillAsync("20");
        await person.Sees("The referrer earns 20 % of each sale, for 365 days after the approval, at most 100.00 GBP a referee, held for 30 days.");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "What if" }).ClickAsync();
        await person.Sees("8.00 GBP");
        await person.IsWellServed();
        await person.Photograph("console-what-if");
        await person.Page.GetByLabel("Share in %").FillAsync("30"); // What was replayed was another draft.
        await Person.SeesNo(person.Page.GetByText("8.00 GBP"));
        await person.Page.GetByLabel("Share in %").FillAsync("20");
        await person.Sees("8.00 GBP");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();
        await person.Sees("is published as version 2");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Disable 10% of each sale" }).ClickAsync();
        await person.Sees("Rule drafted is disabled.");
        await person.Page.GetByLabel("Id", new() { Exact = true }).FillAsync("drafted");
        await person.Sees("to publish makes another version of it");
        await person.Page.GetByLabel("Id", new() { Exact = true }).FillAsync("ten");
        await person.Page.GetByLabel("Share in %").FillAsync("5");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Alert).WaitForAsync(); // Another program's rule has that id.
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    [Fact]
    public async Task S1_a_program_is_started_where_there_is_none_yet_and_takes_nobody_in_once_it_is_switched_off()
    {
        var (admin, key) = await market.NewSandbox("started");
        using var _ = admin;
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key);
        await person.Page.GetByRole(AriaRole.Region, new() { Name = "Nothing here yet" }).GetByRole(AriaRole.Link, new() { Name = "Start one" }).ClickAsync();
        await person.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("My shop");
        await person.Page.GetByLabel("Currency").FillAsync("gb1");
        await person.Page.GetByLabel("Id, for your systems").FillAsync("mine");
        await PayoutTests.Press(person, "Start it");
        await person.Page.GetByRole(AriaRole.Alert).GetByText("currency").First.WaitForAsync();
        await person.IsWellServed();
        await person.Page.GetByLabel("Currency").FillAsync("gbp");
        await PayoutTests.Press(person, "Start it");
        await person.Heading("Program My shop");
        await PayoutTests.Press(person, "Take nobody in any more");
        await person.Sees("whoever is in it goes on earning");
        Assert.False((bool)(await admin.Ok("/v1/programs/mine"))["enabled"]!);
        await PayoutTests.Press(person, "Take people in again");
        await person.Sees("It takes people in again.");
        Assert.Equal(("GBP", true), ((string)(await admin.Ok("/v1/programs/mine"))["currency"]!, (bool)(await admin.Ok("/v1/programs/mine"))["enabled"]!));
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    private async Task<Person> SignedIn(string role, string to = "/console")
    {
        var person = await browser.Arrive(market.Address);
        await person.SignIn(market.Key(role), to);
        return person;
    }
}
