using System.Net;
using Microsoft.Playwright;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>Signing in at an OpenID Connect provider: who comes in, as whom, and who does not.</summary>
public sealed class ProviderTests(Browser browser, Marketplace market)
{
    [Fact]
    public async Task Whoever_signs_in_at_the_provider_has_the_tenant_and_the_role_of_the_key_that_is_meant_for_them()
    {
        await using var jane = await browser.Arrive(market.Address);
        await jane.Page.GotoAsync("/console/payouts");
        await jane.IsWellServed();
        await Choose(jane, "Jane");
        await jane.Heading("Payouts");
        await jane.Page.Locator(".who").GetByText("acme").WaitForAsync();
        await jane.Page.Locator(".who").GetByText("finance").WaitForAsync();
        var cookies = await jane.Page.Context.CookiesAsync();
        Assert.Equal("referralgrains-session", Assert.Single(cookies, cookie => cookie.Name.Contains("session", StringComparison.Ordinal)).Name);
        Assert.All(cookies, cookie => Assert.True(cookie is { HttpOnly: true, SameSite: not SameSiteAttribute.None }, cookie.Name));
        Assert.DoesNotContain(cookies, cookie => cookie.Value.Contains(market.Key("finance"), StringComparison.Ordinal));

        await jane.Page.GetByRole(AriaRole.Link, new() { Name = "Sign out" }).ClickAsync();
        await jane.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Choose(jane, "Gus");
        await jane.Heading("Overview");
        await jane.Page.Locator(".who").GetByText("read").WaitForAsync();
    }

    [Theory]
    [InlineData("Eve, who calls herself Jane", "no key is meant for you here")]
    [InlineData("Otto, whose key has ended", "opens nothing any more")]
    [InlineData("Jane, as a forger signs", "did not come to its end")]
    [InlineData("Nobody", "did not come to its end")]
    public async Task Whoever_is_not_meant_stays_outside_and_reads_why(string who, string said)
    {
        await using var person = await browser.Arrive(market.Address, withScript: false);
        await person.Page.GotoAsync("/console/payouts");
        await Choose(person, who);
        await person.Page.GetByRole(AriaRole.Alert).GetByText(said).WaitForAsync();
        Assert.DoesNotContain(await person.Page.Context.CookiesAsync(), cookie => cookie.Name == "referralgrains-session");
    }

    [Fact]
    public async Task A_return_that_nobody_began_and_a_way_to_another_site_open_nothing()
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = market.Address };
        var forged = await http.GetAsync(new Uri("/console/sign-in/returned?code=made-up&state=made-up", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.Redirect, "/console/sign-in?refused=failed"), (forged.StatusCode, forged.Headers.Location!.OriginalString));
        Assert.False(forged.Headers.Contains("Set-Cookie") && forged.Headers.GetValues("Set-Cookie").Any(static cookie => cookie.Contains("session", StringComparison.Ordinal)));

        await using var jane = await browser.Arrive(market.Address);
        await jane.Page.GotoAsync("/console/sign-in/provider?to=https://elsewhere.example/");
        await jane.Page.GetByRole(AriaRole.Link, new() { Name = "Jane", Exact = true }).ClickAsync();
        await jane.Heading("Payouts"); // Where finance begins.
        Assert.Equal(market.Address.Authority, new Uri(jane.Page.Url).Authority);
    }

    [Fact]
    public async Task Why_somebody_was_refused_is_a_page_that_serves_everybody()
    {
        await using var person = await browser.Arrive(market.Address, width: 390);
        await person.Page.GotoAsync("/console/sign-in?refused=unknown");
        await person.Sees("no key is meant for you here");
        await person.IsWellServed();
    }

    private static async Task Choose(Person person, string who)
    {
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in at 127.0.0.1" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = who, Exact = true }).ClickAsync();
    }
}
