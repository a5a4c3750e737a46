using System.Net.Http.Json;
using Microsoft.Playwright;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>Referrers, referrals and enrollments, made and changed by somebody who never opens a terminal.</summary>
public sealed class MakingTests(Browser browser, Marketplace market)
{
    [Fact]
    public async Task A_referrer_is_made_changed_given_a_link_to_the_portal_and_closed_and_what_is_refused_names_its_field()
    {
        var (admin, key) = await market.NewSandbox("made-referrers");
        using var _ = admin;
        await admin.Ok("/v1/referrers", new { id = "first", code = "TAKEN-1" });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/referrers");
        await person.Page.GetByText("Make a referrer").ClickAsync();
        await person.Page.GetByLabel("Name").FillAsync("Nora Lind");
        await person.Page.GetByLabel("E-mail").FillAsync("nora@shop.example");
        await person.Page.GetByLabel("Code that people enter").FillAsync("taken-1");
        await person.Page.GetByLabel("Tags, with commas").FillAsync("partner, gold");
        await person.Page.GetByLabel("Id, for your systems").FillAsync("nora");
        await PayoutTests.Press(person, "Make it");
        await person.IsRefused("code_taken");
        await person.Page.GetByLabel("Code that people enter").FillAsync("no blanks in it");
        await PayoutTests.Press(person, "Make it");
        await person.IsRefused("field code");
        await person.IsWellServed();
        await person.Page.GetByLabel("Code that people enter").FillAsync("NORA-10");
        await PayoutTests.Press(person, "Make it");
        await person.Heading("Referrer nora");
        var made = await admin.Ok("/v1/referrers/nora");
        Assert.Equal(("NORA-10", "nora@shop.example", 2), ((string)made["code"]!, (string)made["email"]!, made["tags"]!.AsArray().Count));

        await person.Page.GetByText("Change who they are").ClickAsync();
        await person.Page.GetByLabel("Name").FillAsync("Nora L.");
        await person.Page.GetByLabel("E-mail").FillAsync("");
        await person.Page.GetByLabel("Tags, with commas").FillAsync("gold");
        await admin.Send(HttpMethod.Patch, "/v1/referrers/nora", JsonContent.Create(new { cash_opt_in = true }));
        await PayoutTests.Press(person, "Save");
        await person.Sees("Saved.");
        var changed = await admin.Ok("/v1/referrers/nora");
        Assert.Equal(("Nora L.", true, null), ((string)changed["name"]!, (bool)changed["cash_opt_in"]!, (string?)changed["email"])); // What others have set meanwhile is not set back.

        // A link for one referrer does not stand on the page of another, to which Back leads from where it was found.
        await person.Page.GetByLabel("Find by any id").FillAsync("first");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Find", Exact = true }).ClickAsync();
        await person.Heading("Referrer first");
        await PayoutTests.Press(person, "Make a link to their portal");
        await person.Page.Locator("#portal-link").WaitForAsync();
        await person.Page.GoBackAsync();
        await person.Heading("Referrer nora");
        await person.Page.GetByText("NORA-10").First.WaitForAsync();
        Assert.Equal(0, await person.Page.Locator("#portal-link").CountAsync());
        var makes = person.Page.GetByRole(AriaRole.Button, new() { Name = "Make a link to their portal" });
        await makes.DblClickAsync();
        Assert.Contains("/portal/open?token=", await person.Page.Locator("#portal-link").InnerTextAsync(), StringComparison.Ordinal);
        await person.IsWellServed();

        // The second click of a double click, which comes when the first is answered already.
        await makes.HoverAsync();
        await person.Page.Mouse.DownAsync(new() { ClickCount = 2 });
        await person.Page.Mouse.UpAsync(new() { ClickCount = 2 });
        using var portal = new Api(market.Address, new Uri(await person.Page.Locator("#portal-link").InnerTextAsync()).Query.Split('=')[^1]);
        Assert.Equal(200, (await portal.Get("/v1/portal")).Status);
        await PayoutTests.Press(person, "End the link");
        await person.Sees("and what it had opened");
        Assert.Equal(2, (await admin.Ok("/v1/audit_entries?operation=createPortalLink"))["data"]!.AsArray().Count); // One for each of the two.
        Assert.Equal(401, (await portal.Get("/v1/portal")).Status);
        await person.Page.GetByText("End a link that got into wrong hands").ClickAsync();
        await person.Page.GetByLabel("Id of the link").FillAsync("plk_none");
        await PayoutTests.Press(person, "End it");
        await person.IsRefused("portal_link_not_found");
        await person.IsWellServed();
        await person.ResizeTo(390);
        await person.IsWellServed();
        await PayoutTests.Press(person, "Close the account");
        await PayoutTests.Press(person, "Close nora for good");
        await person.Sees("The account is closed.");
        Assert.Equal("closed", (string?)(await admin.Ok("/v1/referrers/nora"))["status"]);
    }

    [Fact]
    public async Task H1_H14_a_rule_is_granted_and_taken_back_and_what_comes_together_is_released_by_hand()
    {
        var (admin, key) = await Shop("granted");
        using var _ = admin;
        await admin.Ok("/v1/programs/shop/rules", new
        {
            id = "grouped",
            trigger = "recurring_action",
            eligibility = "granted",
            reward = new { kind = "cash", type = "percent", basis_points = 1_000 },
            hold = new { mode = "group", amount_minor = 10_000 },
        });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/referrers/jo");
        await person.Page.GetByText("Let them earn under a rule").ClickAsync();
        await person.Page.GetByLabel("Rule", new() { Exact = true }).FillAsync("nothing-like-it");
        await PayoutTests.Press(person, "Grant it");
        await person.IsRefused("rule_not_found");
        await person.Page.GetByLabel("Rule", new() { Exact = true }).FillAsync("grouped");
        await PayoutTests.Press(person, "Grant it");
        await person.Sees("grouped is granted.");
        await admin.Ok("/v1/referrals", new { program_id = "shop", referee_id = "kim", referrer_id = "jo" });
        await admin.Ok("/v1/actions", new { action_id = "s1", program_id = "shop", type = "sale", referee_id = "kim", amount_minor = 4_000 });
        await person.Open("/console/referrers/jo", "Referrer jo");
        await person.Sees("4.00 GBP of 100.00 GBP");
        await PayoutTests.Press(person, "Release what has come together under grouped");
        await person.Sees("4.00 GBP is released.");
        Assert.Equal(400, (long)(await admin.Ok("/v1/referrers/jo/balance"))["balances"]![0]!["payable_minor"]!);
        await person.IsWellServed();
    }

    [Fact]
    public async Task A_referral_is_made_pending_approved_credited_to_another_and_cancelled()
    {
        var (admin, key) = await Shop("made-referrals");
        using var _ = admin;
        await admin.Ok("/v1/programs/shop/rules", Marketplace.Rule("ten", "10% of each sale", 1_000, 30));
        await admin.Ok("/v1/referrers", new { id = "flo", code = "FLO-10" });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/referrals");
        await person.Page.GetByText("Make a referral").ClickAsync();
        await person.Page.GetByLabel("the referee's id").FillAsync("kim");
        await person.Page.GetByLabel("Or their code").FillAsync("of-nobody");
        await person.Page.GetByLabel("It is").SelectOptionAsync("pending");
        await PayoutTests.Press(person, "Make it");
        await person.IsRefused("field code");
        await person.IsWellServed();
        await person.Page.GetByLabel("Or their code").FillAsync("flo-10");
        await PayoutTests.Press(person, "Make it");
        await person.Heading("Referral of kim");
        await person.Page.GetByText("pending").First.WaitForAsync();

        // From what waits for a person to its end.
        await admin.Ok("/v1/actions", new { action_id = "early", program_id = "shop", type = "sale", referee_id = "kim", amount_minor = 3_000 });
        await person.Open("/console", "Overview");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "For approval: 1 referral" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "kim" }).ClickAsync();
        await PayoutTests.Press(person, "Approve it");
        await person.Sees("It is approved.");
        Assert.Equal("rewarded", (string?)(await admin.Ok("/v1/actions/early"))["status"]);
        await person.IsWellServed();

        await person.Page.GetByText("Cancel it, or give it to another referrer").ClickAsync();
        await person.Page.GetByLabel("To referrer").FillAsync("nobody");
        await PayoutTests.Press(person, "Credit this one from now on");
        await person.IsRefused("referrer_not_found");
        await person.Page.GetByLabel("To referrer").FillAsync("jo");
        await PayoutTests.Press(person, "Credit this one from now on");
        await person.Sees("From now on jo earns by it");
        Assert.Equal("jo", (string?)(await admin.Ok("/v1/referrals/shop/kim"))["referrer_id"]);

        // H13: of many rewards the newest too.
        foreach (var sale in Enumerable.Range(1, 21)) await admin.Ok("/v1/actions", new { action_id = $"s{sale}", program_id = "shop", type = "sale", referee_id = "kim", amount_minor = 1_000 });
        await person.Open("/console/referrals/shop/kim", "Referral of kim");
        await person.Page.GetByText("Cancel it, or give it to another referrer").ClickAsync();
        var reward = (string)(await admin.Ok("/v1/rewards?state=pending&limit=100"))["data"]!.AsArray()[^1]!["id"]!;
        await PayoutTests.Press(person, $"Release {reward}");
        await person.Sees($"{reward} is released.");
        await person.ResizeTo(390);
        await person.IsWellServed();
        await person.Page.GetByLabel("Why", new() { Exact = true }).FillAsync("moved away");
        await PayoutTests.Press(person, "Cancel the referral");
        await PayoutTests.Press(person, "Keep it");
        Assert.Equal("approved", (string?)(await admin.Ok("/v1/referrals/shop/kim"))["status"]);
        await PayoutTests.Press(person, "Cancel the referral");
        await PayoutTests.Press(person, "Cancel it for good");
        await person.Sees("It is cancelled");
        Assert.Equal("cancelled", (string?)(await admin.Ok("/v1/referrals/shop/kim"))["status"]);
    }

    [Fact]
    public async Task R10_one_enrollment_has_a_page_that_shows_its_own_activity_and_it_alone_is_adjusted_and_ended()
    {
        var (admin, key) = await Shop("enrolled");
        using var _ = admin;
        await admin.Ok("/v1/programs/shop/rules", Marketplace.Rule("ten", "10% of each sale", 1_000, 30));
        await admin.Ok("/v1/programs/shop/rules", Marketplace.Rule("two", "2% of each sale", 200, 0));
        await admin.Ok("/v1/referrals", new { program_id = "shop", referee_id = "kim", referrer_id = "jo" });
        await admin.Ok("/v1/actions", new { action_id = "s1", program_id = "shop", type = "sale", referee_id = "kim", amount_minor = 5_000 });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/referrals/shop/kim");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "ten", Exact = true }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Heading, new() { Name = "Its terms, which are the rule's" }).WaitForAsync();
        await person.Sees("The referrer earns 10 % of each sale, for 365 days after the approval, at most 100.00 GBP a referee, held for 30 days.");
        var happened = person.Page.GetByRole(AriaRole.Region, new() { Name = "What happened on it" });
        await happened.GetByText("5.00 GBP").First.WaitForAsync();
        Assert.Equal(0, await happened.GetByText("1.00 GBP").CountAsync()); // The other enrollment's.
        await person.IsWellServed();

        await person.Page.GetByText("Adjust it").ClickAsync();
        await person.Page.GetByLabel("Share in %").FillAsync("a lot");
        await person.Page.GetByLabel("Reason").FillAsync("agreed by phone");
        await PayoutTests.Press(person, "Adjust");
        await person.IsRefused("field payout.reward.basis_points");
        await person.Page.GetByLabel("Share in %").FillAsync("12.5");
        await person.Page.GetByLabel("Most rewards").FillAsync("3");
        await PayoutTests.Press(person, "Adjust");
        await person.Sees("It has terms of its own now.");
        await person.Sees("The referrer earns 12.5 % of each sale, for 365 days after the approval, at most 3 times a referee");
        await person.ResizeTo(390);
        await person.IsWellServed();
        await PayoutTests.Press(person, "End it");
        await PayoutTests.Press(person, "End enr_");
        await person.Sees("It has ended.");
        var states = (await admin.Ok("/v1/referrals/shop/kim"))["enrollments"]!.AsArray().ToDictionary(static one => (string)one!["rule_id"]!, static one => (string)one!["state"]!);
        Assert.Equal(("deleted", "active"), (states["ten"], states["two"]));
    }

    // A program without a rule, and a referrer.
    private async Task<(Api Admin, string Key)> Shop(string tenant)
    {
        var (admin, key) = await market.NewSandbox(tenant);
        await admin.Ok("/v1/programs", new { id = "shop", name = "The shop", currency = "GBP", time_zone = "UTC" });
        await admin.Ok("/v1/referrers", new { id = "jo" });
        return (admin, key);
    }
}
