using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Web.Tests.World;

/// <summary>A sandbox of a test's own in which two referrers have something payable and an account that can receive it.</summary>
public sealed class PayingShop : IDisposable
{
    private PayingShop(Api admin, Api finance, string tenant) => (Admin, Finance, Tenant) = (admin, finance, tenant);

    public Api Admin { get; }

    public Api Finance { get; }

    public string Tenant { get; }

    public string FinanceKey { get; private init; } = "";

    public static async Task<PayingShop> Open(Marketplace market, string tenant, object terms)
    {
        var (admin, _) = await market.NewSandbox(tenant);
        var (_, key) = await market.NewKey("finance", tenant);
        var shop = new PayingShop(admin, new(market.Address, key), tenant) { FinanceKey = key };
        foreach (var (referrer, minor) in ((string, int)[])[("ann", 1_234), ("bob", 900)]) await shop.Owe(referrer, minor);
        await shop.Finance.Send(HttpMethod.Put, "/v1/payout_terms", System.Net.Http.Json.JsonContent.Create(terms));
        return shop;
    }

    public Task<JsonNode> Batch(string id) => Finance.Ok($"/v1/payout_batches/{id}");

    /// <summary>Draws a batch up, approves it, and waits until all of it is paid.</summary>
    public async Task<string> Pay(string id)
    {
        await Finance.Ok("/v1/payout_batches", new { id });
        await Reaches(id, "frozen");
        await Finance.Ok($"/v1/payout_batches/{id}/approve", new { hash = (string)(await Batch(id))["hash"]! });
        await Reaches(id, "settled");
        return id;
    }

    private Task<TimeSpan> Reaches(string id, string status) =>
        Integration.Tests.Eventually.Holds($"the batch is {status}", async () => (string)(await Batch(id))["status"]! == status, TimeSpan.FromMinutes(2));

    public void Dispose()
    {
        Admin.Dispose();
        Finance.Dispose();
    }

    private async Task Owe(string referrer, int minor)
    {
        await Admin.Ok("/v1/referrers", new { id = referrer, cash_opt_in = true });
        await Admin.Ok($"/v1/referrers/{referrer}/entries", new { entry_id = $"owed-{referrer}", asset = "GBP", amount_minor = minor, reason = "for the test" });
        await Onboard(Admin, referrer);
    }

    /// <summary>Opens an account at the stand-in, as its owner.</summary>
    public static async Task Onboard(Api admin, string referrer)
    {
        var link = new { return_url = "http://back.example/", country = "GB" };
        var page = (string)(await admin.Ok($"/v1/referrers/{referrer}/onboarding_link", link))["url"]!;
        Assert.Equal(302, (await admin.Send(HttpMethod.Post, new Uri(page).PathAndQuery, null)).Status);
        Assert.True((bool)(await admin.Ok($"/v1/referrers/{referrer}/onboarding_link", link))["account"]!["ready"]!);
    }
}
