using System.Globalization;
using System.Reflection;
using System.Resources;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Playwright;
using ReferralGrains.Web.Portal;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Portal;

/// <summary>Each page of the portal serves everybody well, in each language, on a desk and on a telephone, and without script: what one is not yet asked for fails here.</summary>
public sealed partial class PortalWalkTests(Browser browser, Marketplace market)
{
    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    public async Task Every_page_serves_everybody_well_at_two_widths(string language)
    {
        var texts = PortalTexts.In(language)!;
        using var shop = await ReferrersShop.Open(market, $"walked-{language}");
        await using var rita = await browser.Arrive(market.Address);
        (string Route, Func<Task> Go, string Sees)[] walk =
        [
            ("GET /portal/back", () => Visit("/portal/back"), texts["done.title"]), // Before a link is followed: whoever is signed in goes on to the overview.
            ("GET /portal/open", () => Visit("/portal/open?token=rg_portal_of-nobody"), texts["ended.title"]),
            ("GET /portal", Follow, texts.Of("hello", "Rita")),
            ("GET /portal/referrals", () => Visit("/portal/referrals"), texts["referrals"]),
            ("GET /portal/statement", () => Visit("/portal/statement?month=2026-01"), texts.Of("statement.of", texts.Month(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)))),
            ("POST /portal/account", SetUpAccount, texts["stripe.title"]),
            ("POST /portal/cash", Forge, texts["refused.title"]),
            ("GET /portal/{**rest}", () => Visit("/portal/nothing"), texts["absent.title"]),
        ];
        Assert.Equal(await Routes(), walk.Select(static one => one.Route).Append("GET /portal/statement.csv").Order(StringComparer.Ordinal)); // That one is a table.

        foreach (var (_, go, sees) in walk)
        {
            await rita.ResizeTo(1280);
            await go();
            await rita.Heading(sees);
            Assert.Equal(language, await rita.Page.Locator("html").GetAttributeAsync("lang"));
            await rita.IsWellServed();
            await rita.ResizeTo(390);
            await rita.IsWellServed();
        }

        Task Visit(string path) => rita.Page.GotoAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}lang={language}");

        async Task Follow()
        {
            await rita.Page.GotoAsync((string)(await shop.Ok("/v1/portal_links", new { referrer_id = "rita" }))["url"]!);
            await Visit("/portal");
        }

        async Task SetUpAccount()
        {
            await Visit("/portal");
            await rita.Page.GetByLabel(texts["country"]).FillAsync("US");
            await rita.Page.GetByRole(AriaRole.Button, new() { Name = texts["account.set"] }).ClickAsync();
        }

        // As another site would send it, which cannot know what our form holds.
        async Task Forge()
        {
            await Visit("/portal");
            await rita.Page.Locator("form[action='/portal/cash'] input[name=form]").EvaluateAsync("field => field.value = 'AAAA'");
            await rita.Page.GetByRole(AriaRole.Button, new() { Name = texts["cash.stop"] }).ClickAsync();
        }
    }

    [Fact]
    public async Task Without_script_each_page_does_what_it_is_for()
    {
        using var shop = await ReferrersShop.Open(market, "scriptless");
        var many = string.Concat(Enumerable.Range(0, 30).Select(static i => $$"""{"program_id":"scriptless","referee_id":"friend.{{i}}","referrer_id":"rita"}""" + "\n"));
        Assert.True((await shop.PostRaw("/v1/referrals:batch", many, "application/x-ndjson")).IsSuccess);
        await using var rita = await browser.Arrive(market.Address, withScript: false);
        await ReferrersShop.Follow(rita, shop, "Hello Rita");
        Assert.Equal("RITA-10", await rita.Page.GetByLabel("Your code", new() { Exact = true }).InputValueAsync());
        Assert.StartsWith("data:image/svg+xml", await Link("Save the QR code").GetAttributeAsync("href"), StringComparison.Ordinal);

        await Link("All referrals").ClickAsync();
        await rita.Heading("Your referrals");
        await Assertions.Expect(rita.Page.Locator("tbody tr")).ToHaveCountAsync(25);
        await Link("Older").ClickAsync();
        await Link("Newest").WaitForAsync();
        await Assertions.Expect(rita.Page.Locator("tbody tr")).ToHaveCountAsync(9);
        await Link("Deutsch").ClickAsync(); // The page that one is on, and not the first.
        await rita.Heading("Ihre Empfehlungen");
        await Assertions.Expect(rita.Page.Locator("tbody tr")).ToHaveCountAsync(9);
        await Link("English").ClickAsync();
        await rita.Heading("Your referrals");

        await Link("Statement").ClickAsync();
        await rita.Heading("Statement of February 2026");
        await Link("January 2026, the month before").ClickAsync();
        await rita.Heading("Statement of January 2026");
        await Link("Deutsch").ClickAsync();
        await rita.Heading("Abrechnung für Januar 2026");
        var table = await rita.Page.RunAndWaitForDownloadAsync(() => rita.Page.Locator("a[href*='statement.csv']").ClickAsync());
        Assert.Equal("statement-2026-01.csv", table.SuggestedFilename);

        // What a form answered has no address of its own to say in another language.
        await rita.Page.GetByRole(AriaRole.Link, new() { Name = "Überblick", Exact = true }).ClickAsync();
        await rita.Page.GetByLabel("Land Ihrer Bank").FillAsync("US");
        await rita.Page.GetByRole(AriaRole.Button, new() { Name = "Auszahlungskonto einrichten" }).ClickAsync();
        await rita.Heading("Sagen Sie Stripe, wo Ihre Bank ist");
        await Link("English").ClickAsync();
        await rita.Heading("Hello Rita");

        ILocator Link(string name) => rita.Page.GetByRole(AriaRole.Link, new() { Name = name });
    }

    [Fact]
    public void Every_language_has_every_text_with_the_same_places_in_it()
    {
        var first = Texts(PortalTexts.Default);
        Assert.All(PortalTexts.All, language => Assert.Equal(first, Texts(language.Language)));

        static SortedDictionary<string, string> Texts(string language)
        {
            var all = new ResourceManager($"ReferralGrains.Web.Portal.Texts.{language}", typeof(PortalTexts).Assembly).GetResourceSet(CultureInfo.InvariantCulture, true, false)!;
            return new(all.Cast<System.Collections.DictionaryEntry>().ToDictionary(
                static text => (string)text.Key, static text => string.Join(' ', Place().Matches((string)text.Value!).Select(static place => place.Value).Distinct().Order(StringComparer.Ordinal))),
                StringComparer.Ordinal);
        }
    }

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Place();

    /// <summary>All that the portal answers to.</summary>
    private static async Task<IEnumerable<string>> Routes()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddWeb(new() { ApiAddress = new("http://127.0.0.1:9/") });
        await using var app = builder.Build();
        var map = typeof(WebApp).Assembly.GetType("ReferralGrains.Web.Portal.PortalPages", throwOnError: true)!.GetMethod("MapPortal", BindingFlags.Public | BindingFlags.Static)!;
        map.Invoke(null, [app, (Action<IEndpointConventionBuilder>)(static _ => { })]);
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(static page => $"{page.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Single()} {page.RoutePattern.RawText!.TrimEnd('/')}").Order(StringComparer.Ordinal)];
    }
}
