using Microsoft.Playwright;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>How the portal looks, set in the console and seen in the portal.</summary>
public sealed class PortalLookTests(Browser browser, Marketplace market)
{
    // A picture of one point.
    private static readonly byte[] picture = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    [Fact]
    public async Task Title_colours_logo_and_frames_are_set_and_what_nobody_could_read_is_refused_by_its_field()
    {
        var (admin, key) = await market.NewSandbox("dressed");
        using var _ = admin;
        await admin.Ok("/v1/referrers", new { id = "rita", name = "Rita" });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/settings");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Portal", Exact = true }).ClickAsync();
        await person.Heading("How the portal looks");
        await person.Page.GetByLabel("What it is called").FillAsync("Acme's friends");
        await person.Page.GetByLabel("Texts", new() { Exact = true }).FillAsync("#999999");
        await PayoutTests.Press(person, "Save");
        await person.IsRefused("contrast_too_low");
        await person.IsRefused("field foreground");
        await person.IsWellServed();
        await person.Page.GetByLabel("Texts", new() { Exact = true }).FillAsync("#222222");
        await person.Page.GetByLabel("Sites that may show it").FillAsync("https://shop.example/a-page");
        await PayoutTests.Press(person, "Save");
        await person.IsRefused("field frame_origins[0]");

        await person.Page.GetByLabel("Logo").SetInputFilesAsync(new FilePayload { Name = "large.png", MimeType = "image/png", Buffer = new byte[50_000] });
        await person.IsRefused("The picture is too large");
        await person.Page.GetByLabel("Logo").SetInputFilesAsync(new FilePayload { Name = "logo.png", MimeType = "image/png", Buffer = picture });
        await person.Page.GetByAltText("The logo").WaitForAsync();
        await person.Page.GetByLabel("Buttons and bars").FillAsync("#0a5c36");
        await person.Page.GetByLabel("Letters").SelectOptionAsync("serif");
        await person.Page.GetByLabel("Sites that may show it").FillAsync("https://shop.example\nhttps://www.shop.example");
        await PayoutTests.Press(person, "Save");
        await person.Sees("Saved:");
        var set = await admin.Ok("/v1/portal_settings");
        Assert.Equal(
            ("Acme's friends", "#0a5c36", null, "#222222", "serif", 2),
            ((string?)set["title"], (string?)set["accent"], (string?)set["background"], (string?)set["foreground"], (string?)set["font"], set["frame_origins"]!.AsArray().Count));
        await person.ResizeTo(390);
        await person.IsWellServed();

        await person.Page.GotoAsync((string)(await admin.Ok("/v1/portal_links", new { referrer_id = "rita" }))["url"]!);
        await person.Heading("Hello Rita");
        await person.Sees("Acme's friends");
        Assert.Equal("rgb(34, 34, 34)", await person.Page.EvaluateAsync<string>("getComputedStyle(document.body).color"));
        Assert.Equal(1, await person.Page.Locator("header img").EvaluateAsync<int>("image => image.naturalWidth"));
        await person.IsWellServed();
    }
}
