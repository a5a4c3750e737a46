using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;
using ReferralGrains.Payouts.Standin;

namespace Benchmarks;

/// <summary>The stand-in for Stripe, in this process: it answers at once, and is on the same cores.</summary>
internal sealed class BenchStripe : IAsyncDisposable
{
    private readonly WebApplication app;

    private BenchStripe(WebApplication app) => this.app = app;

    /// <summary>The server's file of Stripe keys.</summary>
    public string Keys => $$"""{"{{PayoutMeasurement.Tenant}}": {"secret_key": "sk_test_bench", "api_base": "{{app.Urls.First()}}"} }""";

    public static async Task<BenchStripe> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        new FakeStripe(new() { OpeningBalance = 1_000_000_000_000 }).Map(app);
        await app.StartAsync();
        return new(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

/// <summary>Payout batches from their approval to the last item that succeeded, each of which is a transfer of its own.</summary>
internal sealed class PayoutMeasurement
{
    public const string Tenant = "bench_payout";

    private const int AtOnce = 16;
    private const int EachMinor = 1_234;
    private static readonly TimeSpan askEvery = TimeSpan.FromMilliseconds(20);
    private readonly BenchPlan plan;
    private readonly ApiClient admin;
    private readonly ApiClient finance;
    private readonly TimeProvider time;

    private PayoutMeasurement(BenchPlan plan, ApiClient admin, ApiClient finance, TimeProvider time) =>
        (this.plan, this.admin, this.finance, this.time) = (plan, admin, finance, time);

    /// <summary>A sandbox whose referrers have asked for cash and have accounts that are ready.</summary>
    public static async Task<PayoutMeasurement> Prepare(Access owner, BenchPlan plan, TimeProvider time, CancellationToken stop)
    {
        using var operators = new ApiClient(owner);
        (await operators.Post("/v1/tenants", new { id = Tenant, sandbox = true }, stop)).Json();
        var (admin, finance) = (await Key("admin"), await Key("finance"));
        (await admin.Post("/v1/programs", new { id = "bench", name = "bench", currency = "GBP", time_zone = "Europe/London" }, stop)).Json();
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        await Each(plan, async (referrer, token) =>
        {
            (await admin.Post("/v1/referrers", new { id = referrer, cash_opt_in = true }, token)).Json();
            var link = (await admin.Post($"/v1/referrers/{referrer}/onboarding_link", new { return_url = "https://shop.example/back", country = "GB" }, token)).Json();
            using var finished = await browser.PostAsync(link.Text("url"), null, token);

            // Nothing here tells the server that it has become ready; asked for another link, it looks.
            (await admin.Post($"/v1/referrers/{referrer}/onboarding_link", new { return_url = "https://shop.example/back" }, token)).Json();
        }, stop);
        return new(plan, admin, finance, time);

        async Task<ApiClient> Key(string role) =>
            new(owner with { Key = (await operators.Post("/v1/api_keys", new { role, tenant = Tenant }, stop)).Json().Text("key") ?? throw new CommandFailed("POST /v1/api_keys answered without a key") });
    }

    /// <returns>Items per second.</returns>
    public async Task<double> Run(int round, CancellationToken stop)
    {
        await Each(plan, async (referrer, token) => (await admin.Post(
            $"/v1/referrers/{referrer}/entries", new { entry_id = $"{referrer}-{round}", asset = "GBP", amount_minor = EachMinor, reason = "bench" }, token)).Json(), stop);
        var batch = $"round{round}";
        (await finance.Post("/v1/payout_batches", new { id = batch }, stop)).Json();
        var frozen = await Until(batch, "frozen", stop);
        var began = Stopwatch.GetTimestamp();
        (await finance.Post($"/v1/payout_batches/{batch}/approve", new { hash = frozen.Text("hash") }, stop)).Json();
        var settled = await Until(batch, "settled", stop);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var paid = settled.Items("totals").Single().Number("paid_minor");
        if (paid != (long)plan.PayoutItems * EachMinor) throw new CommandFailed($"payout: {paid} was paid of {plan.PayoutItems} times {EachMinor}");
        return plan.PayoutItems / seconds;
    }

    private async Task<System.Text.Json.JsonElement> Until(string batch, string status, CancellationToken stop)
    {
        while (true)
        {
            var now = (await finance.Get($"/v1/payout_batches/{batch}?limit=1", stop)).Json();
            if (now.Text("status") == status) return now;
            if (now.Text("status") is "paused" or "cancelled") throw new CommandFailed($"payout: {batch} is {now.Text("status")}: {now.Text("why")}");
            await Task.Delay(askEvery, time, stop);
        }
    }

    private static Task Each(BenchPlan plan, Func<string, CancellationToken, ValueTask> act, CancellationToken stop) => Parallel.ForEachAsync(
        Enumerable.Range(0, plan.PayoutItems).Select(BenchProgram.Referrer), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, act);
}
