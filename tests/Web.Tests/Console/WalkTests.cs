using System.Reflection;
using Microsoft.AspNetCore.Components;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>Each page of the console serves everybody well, on a desk and on a telephone: what one is not yet asked for fails here.</summary>
public sealed class WalkTests(Browser browser, Marketplace market)
{
    private const string Tenant = "seen"; // The tests' server has a secret for its sources.

    // What is folded away is a part of the page.
    private const string Unfold = "document.querySelectorAll('details').forEach(one => one.open = true)";

    [Fact]
    public async Task Every_page_serves_everybody_well_at_two_widths()
    {
        using var shop = await PayingShop.Open(market, Tenant, new { });
        var (batch, (endpoint, enrollment)) = (await shop.Pay("po_walk"), await Fill(shop.Admin));
        (string Role, string Page, (string Path, string Sees)[] Steps)[] walk =
        [
            ("admin", "/console", [("/console", "Top referrers")]),
            ("admin", "/console/audit", [("/console/audit", "All of them as a table")]),
            ("finance", "/console/books", [("/console/books", "comes to zero")]),
            ("admin", "/console/enrollments/{Id}", [($"/console/enrollments/{enrollment}", "Its terms")]),
            ("admin", "/console/find", [("/console/find?id=nobody-at-all", "Nothing here has the id")]),
            ("operator", "/console/grains", []), // Orleans' own page stands in it: SessionTests look at who may see it.
            ("finance", "/console/payouts", [("/console/payouts", batch)]),
            ("finance", "/console/payouts/{Id}", [($"/console/payouts/{batch}", "What is approved is this")]),
            ("admin", "/console/programs", [("/console/programs", "The shop")]),
            ("admin", "/console/programs/{Id}", [("/console/programs/shop", "A new rule")]),
            ("finance", "/console/reconciliation", [("/console/reconciliation", "Last comparison")]),
            ("admin", "/console/referrals", [("/console/referrals", "kim")]),
            ("admin", "/console/referrals/{Program}/{Referee}", [("/console/referrals/shop/kim", "How far it has come")]),
            ("admin", "/console/referrers", [("/console/referrers", "ann")]),
            ("admin", "/console/referrers/{Id}", [("/console/referrers/ann", "Book an entry by hand")]),
            ("admin", "/console/review", []),
            ("admin", "/console/review/{Tab}",
                [
                    ("/console/review/flags", "self referral"), ("/console/review/held", "Reason for what you decide"), ("/console/review/parked", "nobody is known"),
                    ("/console/review/events", "A refund or dispute names a payment"),
                    ("/console/review/conflicts", "All of them as a table"), ("/console/review/items", "None."),
                ]),
            ("admin", "/console/settings", [("/console/settings", "Payout terms")]),
            ("admin", "/console/settings/portal", [("/console/settings/portal", "What it is called")]),
            ("admin", "/console/settings/sources", [("/console/settings/sources", "Try it from a terminal")]),
            ("admin", "/console/settings/webhooks", [("/console/settings/webhooks", endpoint)]),
            ("admin", "/console/settings/webhooks/{Id}", [($"/console/settings/webhooks/{endpoint}", "What it was sent")]),
            ("admin", "/console/sign-out", [("/console/sign-out", "You are signed in as")]),
            ("operator", "/console/tenants", []), // SettingsTests make one there.
            ("admin", "/console/why", [("/console/why", "Why an action was rewarded")]),
            ("admin", "/console/why/{Action}", [("/console/why/s1", "of referrer")]),
            ("admin", "/console/{*Path}", [("/console/nowhere", "There is no such page")]),
            ("", "/console/sign-in", [("/console/sign-in", "API key")]),
        ];
        Assert.Equal(Pages().Order(StringComparer.Ordinal), walk.Select(static one => one.Page).Order(StringComparer.Ordinal));

        // Side by side, for each page waits for what it asks.
        await Task.WhenAll(walk.GroupBy(static one => one.Role).Select(role => Walk(role.Key, shop, role.SelectMany(static one => one.Steps))));
    }

    private async Task Walk(string role, PayingShop shop, IEnumerable<(string Path, string Sees)> steps)
    {
        await using var person = await browser.Arrive(market.Address);
        if (role is "admin" or "finance") await person.SignIn(role == "finance" ? shop.FinanceKey : (await market.NewKey(role, Tenant)).Key);
        foreach (var (path, sees) in steps)
        {
            await person.ResizeTo(1280);
            await person.Page.GotoAsync(path);
            await person.Sees(sees);
            await person.Page.EvaluateAsync(Unfold);
            await person.IsWellServed();
            await person.ResizeTo(390);
            await person.IsWellServed();
        }
    }

    private static IEnumerable<string> Pages() =>
        typeof(WebApp).Assembly.GetTypes().SelectMany(static page => page.GetCustomAttributes<RouteAttribute>()).Select(static route => route.Template);

    private static async Task<(string Endpoint, string Enrollment)> Fill(Api admin)
    {
        await admin.Ok("/v1/programs", new { id = "shop", name = "The shop", currency = "GBP", time_zone = "UTC", new_customer_discount = new { type = "fixed", value = 500 } });
        await admin.Ok("/v1/programs/shop/rules", new { id = "ten", trigger = "recurring_action", reward = new { kind = "cash", type = "percent", basis_points = 1_000 }, hold = new { mode = "manual" } });
        await admin.Ok("/v1/referrals", new { program_id = "shop", referee_id = "kim", referrer_id = "ann" });
        await admin.Ok("/v1/referrals", new { program_id = "shop", referee_id = "ann", referrer_id = "ann" });
        foreach (var (id, referee, minor) in ((string, string, int)[])[("s1", "kim", 5_000), ("s2", "nobody", 700)])
            await admin.Ok("/v1/actions", new { action_id = id, program_id = "shop", type = "sale", referee_id = referee, amount_minor = minor });
        Assert.Equal(409, (await admin.Post("/v1/actions", new { action_id = "s1", program_id = "shop", type = "sale", referee_id = "kim", amount_minor = 1 })).Status);
        await admin.Ok("/v1/sources", new { kind = "stripe", program_id = "shop", secret_ref = "shop" });
        var endpoint = (string)(await admin.Ok("/v1/webhook_endpoints", new { url = "http://127.0.0.1:9/hooks", events = new[] { "payout_item.paid" } }))["id"]!;
        return (endpoint, (string)(await admin.Ok("/v1/referrals/shop/kim"))["enrollments"]![0]!["id"]!);
    }
}
