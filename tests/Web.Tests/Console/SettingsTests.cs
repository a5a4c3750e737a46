using System.Diagnostics;
using System.Net.Http.Json;
using Microsoft.Playwright;
using ReferralGrains.Integration.Tests;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>Who is told of what happens here, and who tells us of what happens elsewhere.</summary>
public sealed class SettingsTests(Browser browser, Marketplace market)
{
    [Fact]
    public async Task A_webhook_is_added_with_a_secret_shown_once_tried_rotated_and_its_log_says_what_came_of_each_attempt()
    {
        await using var receiver = await Receiver.Open();
        var (admin, key) = await market.NewSandbox("hooked");
        using var _ = admin;
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/settings");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Webhooks" }).ClickAsync();
        await person.Heading("Webhooks");

        await person.Page.GetByRole(AriaRole.Textbox, new() { Name = "Address" }).FillAsync("http://10.1.2.3/hooks");
        await PayoutTests.Press(person, "Add it");
        await person.Page.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Link, new() { Name = "webhook_address_refused" }).WaitForAsync();
        await person.Page.GetByRole(AriaRole.Textbox, new() { Name = "Address" }).FillAsync(receiver.Address);
        await person.Page.GetByText("It is told everything").ClickAsync();
        await person.Page.GetByLabel("referrer.created").CheckAsync();
        await PayoutTests.Press(person, "Add it");
        var secret = await person.Page.Locator("#new-secret").InnerTextAsync();
        await person.IsWellServed();
        await person.Page.GetByRole(AriaRole.Link, new() { NameRegex = new("^we_") }).ClickAsync();
        await person.Page.Locator("#state").GetByText("enabled").WaitForAsync();
        Assert.Equal(0, await person.Page.Locator("#new-secret").CountAsync());

        await PayoutTests.Press(person, "Send a test event");
        await person.Sees("was taken: 200");
        Assert.True(receiver.IsSignedWith(secret));
        await admin.Ok("/v1/referrers", new { id = "told-of" });
        await Eventually.Holds("the receiver is told", () => Task.FromResult(receiver.Told.Any(static one => one.Body.Contains("told-of", StringComparison.Ordinal))));
        await Eventually.Holds("the log has it", async () =>
        {
            await person.Page.ReloadAsync();
            await person.Page.Locator("#state").WaitForAsync();
            return await person.Page.GetByRole(AriaRole.Cell, new() { Name = "referrer.created" }).CountAsync() > 0;
        });
        await person.Page.Locator("#figures").GetByText("1 attempt taken and 0 failed in 24 hours; nothing waits.").WaitForAsync();
        receiver.Status = 500;
        await PayoutTests.Press(person, "Send again evt_");
        await person.Page.GetByRole(AriaRole.Status).GetByText("was refused: 500").WaitForAsync();
        Assert.Equal(2, receiver.Told.Count(static one => one.Body.Contains("told-of", StringComparison.Ordinal)));
        await person.IsWellServed();
        await person.Photograph("console-webhook");

        receiver.Status = 200;
        await PayoutTests.Press(person, "Make a new secret");
        var next = await person.Page.Locator("#new-secret").InnerTextAsync();
        await PayoutTests.Press(person, "Send a test event");
        await person.Sees("was taken: 200");
        Assert.True(next != secret && receiver.IsSignedWith(secret) && receiver.IsSignedWith(next));
        await PayoutTests.Press(person, "Tell it nothing for now");
        await person.Page.Locator("#state").GetByText("disabled").WaitForAsync();
        await PayoutTests.Press(person, "Go on from where it stood");
        await person.Page.Locator("#state").GetByText("enabled").WaitForAsync();
        await person.ResizeTo(390);
        await person.IsWellServed();
        await PayoutTests.Press(person, "Remove it");
        await PayoutTests.Press(person, "Remove we_");
        await person.Sees("Nobody is told anything yet.");
    }

    [Fact]
    public async Task What_others_have_set_meanwhile_is_not_set_back_by_a_save_and_what_is_typed_stays_while_another_thing_is_done()
    {
        await using var receiver = await Receiver.Open();
        var (admin, key) = await market.NewSandbox("meanwhile");
        using var _ = admin;
        var money = (await market.NewKey("finance", "meanwhile")).Key;
        using var finance = new Api(market.Address, money);
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(money, "/console/settings");
        await person.Page.GetByLabel("Least amounts").FillAsync("25.00 GBP");
        await finance.Send(HttpMethod.Put, "/v1/payout_terms", JsonContent.Create(new { second_person = true, time_zone = "Europe/London" }));
        await PayoutTests.Press(person, "Save the terms");
        await person.Sees("Saved.");
        var terms = await finance.Ok("/v1/payout_terms");
        Assert.Equal((true, "Europe/London", 2_500), ((bool)terms["second_person"]!, (string)terms["time_zone"]!, (long)terms["minimums"]![0]!["amount_minor"]!));
        await Assertions.Expect(person.Page.GetByLabel("Whoever draws a batch up")).ToBeCheckedAsync();

        var hook = (string)(await admin.Ok("/v1/webhook_endpoints", new { url = receiver.Address }))["id"]!;
        await using var owner = await browser.Arrive(market.Address);
        await owner.SignIn(key, $"/console/settings/webhooks/{hook}");
        await owner.Page.GetByLabel("Address").FillAsync(receiver.Address + "/next");
        await admin.Send(HttpMethod.Patch, $"/v1/webhook_endpoints/{hook}", JsonContent.Create(new { description = "of the warehouse", events = new[] { "referrer.created" } }));
        await PayoutTests.Press(owner, "Send a test event");
        await owner.Sees("was taken: 200");
        Assert.Equal(receiver.Address + "/next", await owner.Page.GetByLabel("Address").InputValueAsync());
        await admin.Send(HttpMethod.Patch, $"/v1/webhook_endpoints/{hook}", JsonContent.Create(new { description = "of the shop" }));
        await PayoutTests.Press(owner, "Save");
        await owner.Sees("Saved.");
        var now = await admin.Ok($"/v1/webhook_endpoints/{hook}");
        Assert.Equal((receiver.Address + "/next", "of the shop", "referrer.created"), ((string)now["url"]!, (string)now["description"]!, (string)Assert.Single(now["events"]!.AsArray())!));
        await owner.Page.GetByLabel("What it is, for you").FillAsync("");
        await PayoutTests.Press(owner, "Save");
        await Eventually.Holds("it says nothing of itself", async () => (await admin.Ok($"/v1/webhook_endpoints/{hook}"))["description"] is null);
    }

    [Fact]
    public async Task An_operator_lists_tenants_makes_one_and_gives_it_its_first_key()
    {
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(market.Key("operator"));
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Tenants" }).ClickAsync();
        await person.Heading("Tenants");
        await person.Page.GetByRole(AriaRole.Row, new() { Name = $"{Marketplace.Tenant} sandbox" }).WaitForAsync();
        await person.Page.GetByLabel("Its id").FillAsync("not an id");
        await PayoutTests.Press(person, "Make it");
        await person.IsRefused("invalid_id");
        await person.Page.GetByLabel("Its id").FillAsync("made-here");
        await PayoutTests.Press(person, "Make it");
        await person.Sees("made-here was made.");
        await person.Page.GetByRole(AriaRole.Row, new() { Name = "made-here live the real time" }).WaitForAsync();
        await PayoutTests.Press(person, "Make a key_admin key of made-here");
        using var made = new Api(market.Address, await person.Page.Locator("#new-key").InnerTextAsync());
        var session = await made.Ok("/v1/session");
        Assert.Equal(("made-here", "key_admin"), ((string)session["tenant"]!, (string)session["role"]!));
        await person.IsWellServed();
        await person.Page.GetByLabel("Id begins with").FillAsync("made-");
        await PayoutTests.Press(person, "Search");
        await Person.SeesNo(person.Page.GetByRole(AriaRole.Row, new() { Name = $"{Marketplace.Tenant} sandbox" }));
        await person.ResizeTo(390);
        await person.IsWellServed();

        await using var admin = await browser.Arrive(market.Address);
        await admin.SignIn(market.Key("admin"), "/console/tenants");
        await admin.Sees("Tenants are for keys of the role");
        await Person.SeesNo(admin.Page.GetByRole(AriaRole.Link, new() { Name = "Tenants" }));
    }

    [Fact]
    public async Task X10_a_source_is_made_with_a_secret_named_by_the_servers_file_and_what_it_shows_to_try_it_works()
    {
        var (admin, key) = await market.NewSandbox("sourced");
        using var _ = admin;
        await admin.Ok("/v1/programs", new { id = "shop", name = "The shop", currency = "GBP", time_zone = "UTC" });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/settings");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Sources" }).ClickAsync();
        await person.Heading("Sources");
        var another = person.Page.GetByRole(AriaRole.Region, new() { Name = "Take events of another system" });
        await another.GetByLabel("Name of the secret").FillAsync("nobody-knows-it");
        await PayoutTests.Press(person, "Make its address");
        await person.Page.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Link, new() { Name = "secret_unknown" }).WaitForAsync();
        await person.IsWellServed();

        foreach (var (kind, action) in ((string, string)[])[("Stripe", "in_try_1"), ("Shopify", "gid://shopify/Order/1001"), ("CloudEvents", "try-1")])
        {
            await person.Page.GetByLabel("It sends as").SelectOptionAsync(new SelectOptionValue { Label = kind });
            await another.GetByLabel("Name of the secret").FillAsync("shop");
            await PayoutTests.Press(person, "Make its address");
            var card = person.Page.GetByRole(AriaRole.Region, new() { NameRegex = new($"^{kind}, src_") });
            await card.GetByText("Try it from a terminal").ClickAsync();
            Assert.Contains("\"outcome\":\"recorded\"", await Run(await card.Locator("pre").InnerTextAsync()), StringComparison.Ordinal);
            Assert.Equal("cus_try", (string?)(await admin.Ok($"/v1/actions/{Uri.EscapeDataString(action)}"))["referee_id"]);
        }

        await person.IsWellServed();
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    [Fact]
    public async Task A_source_is_changed_keeps_its_address_and_is_taken_away()
    {
        var (admin, key) = await market.NewSandbox("src-changed");
        using var _ = admin;
        foreach (var (id, name) in ((string, string)[])[("shop", "The shop"), ("club", "The club")]) await admin.Ok("/v1/programs", new { id, name, currency = "GBP", time_zone = "UTC" });
        var source = (string)(await admin.Ok("/v1/sources", new { kind = "cloudevents", program_id = "shop", secret_ref = "shop", mapping = new { code = "data.code" } }))["id"]!;
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/settings/sources");
        var card = person.Page.GetByRole(AriaRole.Region, new() { Name = $"CloudEvents, {source}" });
        await card.GetByText("Change it").ClickAsync();
        await card.GetByLabel("Name of the secret").FillAsync("nobody-knows-it");
        await PayoutTests.Press(person, "Save");
        await card.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Link, new() { Name = "secret_unknown" }).WaitForAsync();
        await card.GetByText("field secret_ref").WaitForAsync();
        await person.IsWellServed();
        await card.GetByLabel("Name of the secret").FillAsync("shop");
        await card.GetByLabel("Into program").SelectOptionAsync(new SelectOptionValue { Label = "The club" });
        await card.GetByLabel("Where a referrer's code stands").FillAsync("data.partner");
        await PayoutTests.Press(person, "Save");
        await card.GetByText("Saved: it holds for what comes from now on.").WaitForAsync();
        await card.GetByText("A referrer's code stands in").WaitForAsync();
        var changed = await admin.Ok($"/v1/sources/{source}");
        Assert.Equal(("club", "data.partner", $"/v1/sources/cloudevents/{source}"), ((string)changed["program_id"]!, (string)changed["mapping"]!["code"]!, (string)changed["url"]!));

        await person.ResizeTo(390);
        await person.IsWellServed();
        await PayoutTests.Press(person, "Remove it");
        await PayoutTests.Press(person, $"Remove {source} for good");
        await person.Sees("No other system sends events yet.");
        Assert.Equal(404, (await admin.Get($"/v1/sources/{source}")).Status);
    }

    // As a reader does who has the secret.
    private static async Task<string> Run(string command)
    {
        var start = new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true };
        start.Environment["SECRET"] = ServerProcess.SourceSecret;
        using var shell = Process.Start(start)!;
        return await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
