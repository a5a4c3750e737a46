using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using ReferralGrains.Payouts.Standin;

namespace Torture;

/// <summary>The stand-in for Stripe, in this process, which no fault of the cluster touches. Its own books are what was really paid.</summary>
internal sealed class StripeStandin : IAsyncDisposable
{
    private const string Key = "sk_test_torture";

    // Stripe forgets keys after a day.
    private static readonly TimeSpan keyLife = TimeSpan.FromHours(24);
    private static readonly TimeSpan slow = TimeSpan.FromSeconds(1);

    // What a saved error leaves in doubt is looked up an hour later, by the waits of live money.
    private static readonly Fault[] quick =
    [
        Fault.Drop, Fault.CommitThenDrop, Fault.Truncated, Fault.HtmlError, Fault.CommitThenHtmlError, Fault.Slow, Fault.RateLimited, Fault.KeyInUse,
    ];

    // For want of money all sending pauses until a person goes on, so that it is seldom.
    private static readonly Fault[] all = [.. Enumerable.Repeat(FaultScript.Passing.Where(static fault => fault != Fault.FundsShort), 3).SelectMany(static some => some), Fault.FundsShort];

    private readonly WebApplication app;
    private readonly StandinPlatform platform;
    private readonly HttpClient http;

    private StripeStandin(WebApplication app, StandinPlatform platform)
    {
        (this.app, this.platform) = (app, platform);
        http = new() { BaseAddress = new(app.Urls.First()) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        Secret = platform.Webhooks.AddTarget(new("http://127.0.0.1:1/nobody")).Secret;
    }

    /// <summary>By which its notices are signed.</summary>
    public string Secret { get; }

    /// <summary>The server's file of Stripe keys.</summary>
    public string KeysFor(string tenant) => $$"""{"{{tenant}}": {"secret_key": "{{Key}}", "webhook_secrets": ["{{Secret}}"], "api_base": "{{app.Urls.First()}}"} }""";

    public static async Task<StripeStandin> Start(Plan plan)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var stripe = new FakeStripe(new()
        {
            OpeningBalance = 1_000_000_000_000,
            KeyLife = keyLife / plan.Haste,
            SlowBy = slow,
            Faults = FaultScript.Seeded(plan.Seed, Plan.StripeFaultPercent, plan.Haste == 1 ? quick : all),
        });
        stripe.Map(app);
        await app.StartAsync();
        return new(app, stripe.Platform(Key));
    }

    public string AddAccount() => platform.AddAccount("GB", "gbp");

    /// <summary>What it would tell by now, in order.</summary>
    public IReadOnlyList<string> Notices() => [.. platform.Webhooks.Take().Select(static one => one.Payload)];

    /// <summary>Somebody takes money of a transfer back at Stripe itself. Faults meet that as well, so it is looked at and done again until it is.</summary>
    public async Task TakeBack(string transfer, long minor, CancellationToken stop)
    {
        while (Number(Transfers().First(one => (string?)one["id"] == transfer)["amount_reversed"]) == 0)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/transfers/{transfer}/reversals")
            {
                Content = new FormUrlEncodedContent([new("amount", minor.ToString(CultureInfo.InvariantCulture))]),
            };
            request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
            try
            {
                using var cut = CancellationTokenSource.CreateLinkedTokenSource(stop);
                cut.CancelAfter(slow * 2);
                using var answer = await http.SendAsync(request, cut.Token);
            }
            catch (Exception lost) when (!stop.IsCancellationRequested && lost is HttpRequestException or SocketException or OperationCanceledException)
            {
                // What became of it is looked at.
            }
        }
    }

    public IReadOnlyList<JsonObject> Transfers() => platform.AllTransfers();

    public void WriteTo(LogFile log)
    {
        foreach (var transfer in Transfers())
        {
            log.Write(new()
            {
                ["k"] = "transfer",
                ["id"] = (string?)transfer["id"],
                ["item"] = (string?)transfer["metadata"]!["item"],
                ["account"] = (string?)transfer["destination"],
                ["minor"] = Number(transfer["amount"]),
                ["reversed"] = Number(transfer["amount_reversed"]),
                ["back"] = new JsonArray([.. transfer["reversals"]!["data"]!.AsArray().Select(static one => (JsonNode)new JsonObject
                {
                    ["reversal"] = (string?)one!["metadata"]?["reversal"],
                    ["minor"] = Number(one["amount"]),
                })]),
            });
        }

        log.Flush();
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return app.DisposeAsync();
    }

    private static long Number(JsonNode? value) => (long)value!;
}
