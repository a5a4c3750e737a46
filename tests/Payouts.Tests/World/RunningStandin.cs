using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using ReferralGrains.Payouts.Standin;
using Stripe;

namespace Payouts.Tests.World;

/// <summary>A stand-in that listens on a free port.</summary>
internal sealed class RunningStandin : IAsyncDisposable
{
    public const string Key = "sk_test_contract";

    private readonly WebApplication app;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(20) };

    private RunningStandin(FakeStripe stripe, WebApplication app) => (Stripe, this.app) = (stripe, app);

    public FakeStripe Stripe { get; }

    public StandinPlatform Platform => Stripe.Platform(Key);

    public string Url => app.Urls.First();

    public static async Task<RunningStandin> Start(FakeStripeOptions? options = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var stripe = new FakeStripe(options ?? new());
        stripe.Map(app);
        await app.StartAsync();
        return new(stripe, app);
    }

    /// <summary>Stripe's library for .NET, with no retries of its own.</summary>
    public StripeClient Client(string key = Key, TimeSpan? timeout = null) => new(new StripeClientOptions
    {
        ApiKey = key,
        ApiBase = Url,
        HttpClient = new SystemNetHttpClient(timeout is { } limit ? new HttpClient { Timeout = limit } : http, maxNetworkRetries: 0, enableTelemetry: false),
    });

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
    }
}
