using System.Net;
using Microsoft.Playwright;
using ReferralGrains.Web.Sessions;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>Who comes in, how, and what a browser is told.</summary>
public sealed class SessionTests(Browser browser, Marketplace market)
{
    [Fact]
    public async Task A_person_signs_in_with_a_key_by_keyboard_alone_moves_about_and_signs_out()
    {
        await using var person = await browser.Arrive(market.Address);
        await person.Page.GotoAsync("/console/referrers");
        await person.Heading("Sign in");
        await person.IsWellServed();
        await person.Page.Keyboard.TypeAsync(market.Key("admin"));
        await person.Page.Keyboard.PressAsync("Enter");
        await person.Heading("Referrers");
        await person.Page.Locator("h1:focus").WaitForAsync();

        await person.Page.EvaluateAsync("document.activeElement.blur()");
        await person.Page.Locator("a.skip").FocusAsync();
        await person.Page.Keyboard.PressAsync("Enter");
        await person.Page.Locator("main:focus").WaitForAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Programs" }).FocusAsync();
        await person.Page.Keyboard.PressAsync("Enter");
        await person.Heading("Programs");

        var other = await person.Page.Context.NewPageAsync(); // Which is left open, and goes with the session.
        await other.GotoAsync("/console/referrers");
        await other.GetByRole(AriaRole.Heading, new() { Name = "Referrers", Level = 1 }).WaitForAsync();
        var ticket = await person.Page.Context.CookiesAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Sign out" }).FocusAsync();
        await person.Page.Keyboard.PressAsync("Enter");
        await person.Heading("Sign out?");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).FocusAsync();
        await person.Page.Keyboard.PressAsync("Enter");
        await person.Heading("Sign in");
        await other.GetByRole(AriaRole.Heading, new() { Name = "Sign in", Level = 1 }).WaitForAsync();
        await person.Open("/console", "Sign in");

        // Whoever has kept the ticket, or a page that has not heard yet that it is gone, gets in by it no more.
        await person.Page.Context.AddCookiesAsync(ticket.Select(static one => new Microsoft.Playwright.Cookie { Name = one.Name, Value = one.Value, Domain = one.Domain, Path = one.Path, HttpOnly = one.HttpOnly }));
        await person.Open("/console", "Sign in");
    }

    [Fact]
    public void A_page_knows_when_the_ticket_ends_by_which_it_was_opened()
    {
        var (session, now) = (new Session("rg_test", "key_1", "admin", "acme", IsSandbox: true), TimeProvider.System.GetUtcNow());
        var person = session.ToPrincipal();
        Assert.Equal(session, Session.Of(person));
        foreach (var until in (DateTimeOffset[])[now, now.AddHours(12)]) Session.EndsAt(person, until); // It was renewed.
        Assert.Equal((session.Id, now.AddHours(12)), (Session.Of(person)!.Id, Session.Of(person)!.Until));
    }

    [Fact]
    public async Task A_key_that_opens_nothing_is_told_so_and_signing_in_needs_no_script()
    {
        await using var person = await browser.Arrive(market.Address, withScript: false);
        await person.Page.GotoAsync("/console/sign-in");
        await person.Page.GetByLabel("API key").FillAsync("rg_test_of_nobody");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await person.Sees("This key opens nothing");
        Assert.DoesNotContain(await person.Page.Context.CookiesAsync(), cookie => cookie.Name == "referralgrains-session");
        await person.Page.GetByLabel("API key").FillAsync(market.Key("read"));
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        var session = Assert.Single(await person.Page.Context.CookiesAsync(), cookie => cookie.Name == "referralgrains-session");
        Assert.True(session.HttpOnly && session.SameSite == SameSiteAttribute.Lax);
        Assert.DoesNotContain(market.Key("read"), session.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_ends_the_session_at_its_next_call()
    {
        var (id, key) = await market.NewKey("admin");
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key);
        await person.Sees("Needs a person"); // All that it asks at first is answered.
        await market.Revoke(id);
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Referrers" }).ClickAsync();
        await person.Heading("Sign in");
        await person.Sees("Your session has ended");
        Assert.DoesNotContain(await person.Page.Context.CookiesAsync(), cookie => cookie.Name == "referralgrains-session");
    }

    [Fact]
    public async Task A_session_is_opened_by_a_process_that_was_started_after_it_and_ends_at_all_of_them_with_its_key()
    {
        var (id, key) = await market.NewKey("read");
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/programs");
        var other = await market.AnotherGateway();
        await person.Page.GotoAsync(new Uri(other.Address, "/console/referrers").AbsoluteUri);
        await person.Heading("Referrers");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "jane" }).WaitForAsync();

        // And the other way round: what the later one has sealed the earlier one opens.
        await using var second = await browser.Arrive(other.Address);
        await second.SignIn(market.Key("read"), "/console/programs");
        await second.Page.GotoAsync(new Uri(market.Address, "/console/referrers").AbsoluteUri);
        await second.Page.GetByRole(AriaRole.Link, new() { Name = "jane" }).WaitForAsync();

        await market.Revoke(id);
        await person.Page.GotoAsync(new Uri(other.Address, "/console/referrers").AbsoluteUri);
        await person.Heading("Sign in");
    }

    [Fact]
    public async Task Behind_https_the_forms_own_cookie_is_for_https_alone()
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = market.Address };
        using var asked = new HttpRequestMessage(HttpMethod.Get, "/console/sign-in") { Headers = { { "X-Forwarded-Proto", "https" } } };
        using var answer = await http.SendAsync(asked, TestContext.Current.CancellationToken);
        Assert.Contains("; secure", Assert.Single(answer.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_form_without_its_token_and_a_page_without_a_session_do_nothing()
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = market.Address };
        using var form = new FormUrlEncodedContent([new("_handler", "sign-in"), new("Key", market.Key("admin"))]);
        var forged = await http.PostAsync(new Uri("/console/sign-in", UriKind.Relative), form, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        Assert.False(forged.Headers.Contains("Set-Cookie"));
        Assert.Equal(HttpStatusCode.Redirect, (await http.GetAsync(new Uri("/console/referrers", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
        using var circuit = await http.PostAsync(new Uri("/_blazor/negotiate?negotiateVersion=1", UriKind.Relative), null, TestContext.Current.CancellationToken);
        Assert.True(circuit.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.Unauthorized, $"{circuit.StatusCode}");
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri("/ops/", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Pages_run_nothing_inline_and_stand_in_no_frame()
    {
        using var http = new HttpClient { BaseAddress = market.Address };
        var page = await http.GetAsync(new Uri("/console/sign-in", UriKind.Relative), TestContext.Current.CancellationToken);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("script-src", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task The_role_decides_which_pages_are_shown_and_a_page_of_another_role_says_what_is_missing()
    {
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(market.Key("finance"));
        await person.Heading("Payouts"); // Where finance begins.
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Reconciliation" }).WaitForAsync();
        Assert.Equal(0, await person.Page.GetByRole(AriaRole.Link, new() { Name = "Overview" }).CountAsync());
        Assert.Equal(0, await person.Page.GetByRole(AriaRole.Link, new() { Name = "Referrers" }).CountAsync());
        await person.Open("/console/programs", "Programs");
        await person.Page.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Link, new() { Name = "forbidden" }).WaitForAsync();
        await person.Open("/console/referrers", "Referrers");
        await person.Page.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Link, new() { Name = "forbidden" }).WaitForAsync();
        await person.IsWellServed();
    }

    [Fact]
    public async Task An_operator_sees_the_grains_with_the_session_and_nobody_else_does()
    {
        await using var operators = await browser.Arrive(market.Address);
        await operators.SignIn(market.Key("operator"), "/console/grains");
        await operators.Page.FrameLocator("iframe").GetByText("Dashboard").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        Assert.Equal(200, (await operators.Page.APIRequest.GetAsync("/ops/DashboardCounters")).Status);

        await using var admin = await browser.Arrive(market.Address);
        await admin.SignIn(market.Key("admin"), "/console/grains");
        await admin.Sees("Orleans' dashboard is for keys of the role");
        Assert.Equal(403, (await admin.Page.APIRequest.GetAsync("/ops/DashboardCounters")).Status);
        Assert.Equal(401, (await admin.Page.APIRequest.GetAsync("/v1/programs")).Status); // A session is no key.
        await admin.IsWellServed();
    }

    [Fact]
    public async Task The_clock_of_a_sandbox_is_moved_from_every_page()
    {
        var (api, key) = await market.NewSandbox("clocked");
        using (api)
        {
            await using var person = await browser.Arrive(market.Address);
            await person.SignIn(key);
            await person.Page.GetByRole(AriaRole.Button, new() { Name = "+7 days" }).ClickAsync();
            await person.Page.Locator("#clock-now").GetByText("2026-01-08 00:00 UTC").WaitForAsync();
            await person.Page.Locator("#clock-to").FillAsync("2025-12-01");
            await person.Page.GetByRole(AriaRole.Button, new() { Name = "Advance" }).ClickAsync();
            await person.Page.GetByRole(AriaRole.Alert).WaitForAsync();
            await person.ResizeTo(390);
            await person.IsWellServed();
        }
    }

    [Fact]
    public async Task What_serves_somebody_badly_is_found()
    {
        await using var person = await browser.Arrive(market.Address);
        await person.Page.GotoAsync("/console/sign-in");
        await person.Page.EvaluateAsync("document.querySelector('main').innerHTML += '<img src=\"/icon.svg\"><p style=\"color: #ccc\">Pale</p>'");
        var found = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(person.IsWellServed);
        Assert.Contains("image-alt", found.Message, StringComparison.Ordinal);
        Assert.Contains("color-contrast", found.Message, StringComparison.Ordinal);
        await person.ResizeTo(390);
        Assert.Contains("color-contrast", (await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(person.IsWellServed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_is_a_page_that_says_so()
    {
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(market.Key("read"));
        var answer = await person.Page.GotoAsync("/console/nowhere/at/all");
        Assert.Equal(404, answer!.Status);
        await person.Heading("There is no such page");
        await person.IsWellServed();
    }
}
