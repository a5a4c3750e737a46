using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using ReferralGrains.Payouts.Standin;

namespace Torture;

/// <summary>The stand-in for Stripe, in this process, which no fault of the cluster touches. Its own books are what was really paid.</summary>
internal sealed class StripeStandin : IAsyncDisposable
{
    private const string Key = "sk_test_torture";

    // Saved errors and missing money wait an hour, or for a person; tests of payouts have them.
    private static readonly Fault[] faults =
    [
        Fault.Drop, Fault.CommitThenDrop, Fault.Truncated, Fault.HtmlError, Fault.CommitThenHtmlError, Fault.Slow, Fault.RateLimited, Fault.KeyInUse,
    ];

    private readonly WebApplication app;
    private readonly StandinPlatform platform;

    private StripeStandin(WebApplication app, StandinPlatform platform) => (this.app, this.platform) = (app, platform);

    /// <summary>The server's file of Stripe keys.</summary>
    public string KeysFor(string tenant) => $$"""{"{{tenant}}": {"secret_key": "{{Key}}", "api_base": "{{app.Urls.First()}}"} }""";

    public static async Task<StripeStandin> Start(int seed)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var stripe = new FakeStripe(new() { OpeningBalance = 1_000_000_000_000, Faults = FaultScript.Seeded(seed, Plan.StripeFaultPercent, faults) });
        stripe.Map(app);
        await app.StartAsync();
        return new(app, stripe.Platform(Key));
    }

    public string AddAccount() => platform.AddAccount("GB", "gbp");

    public void WriteTo(LogFile log)
    {
        foreach (var transfer in platform.AllTransfers())
        {
            log.Write(new()
            {
                ["k"] = "transfer",
                ["id"] = (string?)transfer["id"],
                ["item"] = (string?)transfer["metadata"]!["item"],
                ["account"] = (string?)transfer["destination"],
                ["minor"] = (long)transfer["amount"]!,
                ["reversed"] = (long)transfer["amount_reversed"]!,
            });
        }

        log.Flush();
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
