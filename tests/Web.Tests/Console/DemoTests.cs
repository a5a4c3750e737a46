using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>The console on what <c>./grains up --demo</c> has loaded.</summary>
public sealed partial class DemoTests(Browser browser, DemoHouse demo) : IClassFixture<DemoHouse>
{
    [Fact]
    public async Task A_first_time_visitor_gets_from_the_demo_to_an_approved_payout_without_reading_anything()
    {
        // All that they have is what was printed: an address, and a key beside "approve".
        var (address, key) = (ConsoleAddress().Match(demo.Printed).Groups[1].Value, ApprovingKey().Match(demo.Printed).Groups[1].Value);
        await using var visitor = await browser.Arrive(new(new Uri(address), "/"));
        await visitor.Page.GotoAsync(address);
        await visitor.Page.GetByLabel("API key").FillAsync(key);
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.Page.GetByRole(AriaRole.Navigation, new() { Name = "Console" }).GetByRole(AriaRole.Link, new() { Name = "Payouts" }).ClickAsync();
        await visitor.Heading("Payouts");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Look at it and approve" }).WaitForAsync();
        await visitor.IsWellServed();
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Look at it and approve" }).ClickAsync();
        await visitor.Heading("Payout po_scheduled_5");
        await visitor.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Approve .* to \\d+ referrers$") }).WaitForAsync();
        await visitor.IsWellServed();
        await visitor.Photograph("console-payouts");
        await visitor.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Approve ") }).ClickAsync();
        await visitor.Page.Locator("#state").GetByText("settled").WaitForAsync();
        await visitor.IsWellServed();

        using var finance = new Api(demo.Server.Address, demo.Key("finance"));
        var total = (await finance.Ok("/v1/payout_batches/po_scheduled_5"))["totals"]![0]!;
        Assert.Equal(((long)total["amount_minor"]!, 0), ((long)total["paid_minor"]!, (int)total["failed"]!));
        Assert.True((bool)(await finance.Ok("/v1/ledger/check", new { }))["ok"]!);
    }

    [Fact]
    public async Task The_overview_opens_on_what_each_week_of_its_own_clock_earned_and_paid()
    {
        using var admin = new Api(demo.Server.Address, demo.Key("admin"));
        var paid = (await admin.Ok("/v1/overview"))["weeks"]!.AsArray().First(week => (string)week!["asset"]! == "GBP" && (long)week["paid_minor"]! > 0)!;
        await using var person = await browser.Arrive(demo.Server.Address);
        await person.SignIn(demo.Key("admin"));
        var chart = person.Page.GetByRole(AriaRole.Region, new() { Name = "Earned and paid in GBP" });
        await chart.GetByRole(AriaRole.Img).WaitForAsync();
        await person.IsWellServed();
        await chart.ScrollIntoViewIfNeededAsync();
        await person.Photograph("console-overview");

        // Nothing lies years behind it, where the machine's clock stands.
        var table = chart.GetByRole(AriaRole.Row);
        await chart.GetByText("As a table").ClickAsync();
        var row = table.Filter(new() { HasText = ((string)paid["from"]!)[..10] });
        await row.GetByText(((long)paid["paid_minor"]! / 100m).ToString("N2", CultureInfo.InvariantCulture) + " GBP").WaitForAsync();
        Assert.InRange(await table.CountAsync(), 20, 53);
    }

    [Fact]
    public async Task What_would_be_paid_says_who_is_left_out_and_why_and_saves_nothing()
    {
        await using var person = await browser.Arrive(demo.Server.Address, width: 390);
        await person.SignIn(demo.Key("finance"), "/console/payouts");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "See what would be paid now" }).ClickAsync();
        foreach (var reason in (string[])["has not asked for cash", "no payout account", "below the minimum", "flagged for review", "the account cannot receive yet"])
            await person.Page.GetByRole(AriaRole.Cell, new() { Name = reason }).First.WaitForAsync();
        await person.IsWellServed();
        using var finance = new Api(demo.Server.Address, demo.Key("finance"));
        Assert.Equal(6, (await finance.Ok("/v1/payout_batches"))["data"]!.AsArray().Count);
    }

    [Fact]
    public async Task What_has_failed_is_paid_once_more_and_nothing_else()
    {
        using var admin = new Api(demo.Server.Address, demo.Key("admin"));
        await PayingShop.Onboard(admin, "ref_013");
        await using var person = await browser.Arrive(demo.Server.Address);
        await person.SignIn(demo.Key("finance"), "/console/payouts/po_scheduled_3");
        await person.Sees("failed for good: the amount is payable again");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Pay once more what has failed" }).ClickAsync();
        await person.Page.GetByText("0 open, 0 failed, 0 in review").WaitForAsync();
        await person.Page.Locator("#state").GetByText("settled").WaitForAsync();
        Assert.Equal(0, await person.Page.GetByRole(AriaRole.Button, new() { Name = "Pay once more what has failed" }).CountAsync());
        await person.IsWellServed();
    }

    [GeneratedRegex(@"console\s+(http://\S+)")]
    private static partial Regex ConsoleAddress();

    [GeneratedRegex(@"(rg_test_\S+)\s+finance: approve")]
    private static partial Regex ApprovingKey();
}
