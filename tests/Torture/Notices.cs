using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using ReferralGrains.Payouts.Standin;

namespace Torture;

/// <summary>What Stripe tells us: some of it never comes, some comes twice, in any order; and some that comes is not Stripe's, or is too old.</summary>
internal sealed class Notices(Plan plan, Cluster cluster, StripeStandin stripe, string tenant, LogFile log, TimeProvider time) : IDisposable
{
    private const int NeverComeOf100 = 30;
    private const int TwiceOf100 = 20;
    private const int ForgedOf100 = 5;
    private const string OtherSecret = "whsec_of_somebody_else";
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan old = TimeSpan.FromMinutes(6);

    private readonly Random random = new(plan.Seed + 2);
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>Until it is stopped.</summary>
    public async Task Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var come = new List<(string Payload, string Secret, TimeSpan Age)>();
            foreach (var payload in stripe.Notices())
            {
                if (random.Next(100) >= NeverComeOf100) come.Add((payload, stripe.Secret, TimeSpan.Zero));
                if (random.Next(100) < TwiceOf100) come.Add((payload, stripe.Secret, TimeSpan.Zero));
                if (random.Next(100) < ForgedOf100) come.Add(random.Next(2) == 0 ? (payload, OtherSecret, TimeSpan.Zero) : (payload, stripe.Secret, old));
            }

            var all = come.ToArray();
            random.Shuffle(all);
            foreach (var (payload, secret, age) in all) await Tell(payload, secret, age, stop);
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => http.Dispose();

    // Not told again: that is what never comes.
    private async Task Tell(string payload, string secret, TimeSpan age, CancellationToken stop)
    {
        var silo = cluster.Silos[random.Next(cluster.Silos.Count)];
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(silo.Address, $"/webhooks/stripe/{tenant}"))
        {
            Content = new StringContent(payload, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Stripe-Signature", StandinWebhooks.Sign(payload, secret, time.GetUtcNow() - age));
        try
        {
            using var answer = await http.SendAsync(request, stop);
            log.Write(new()
            {
                ["k"] = "notice",
                ["id"] = (string?)JsonNode.Parse(payload)!["id"],
                ["true"] = secret == stripe.Secret && age == TimeSpan.Zero,
                ["http"] = (int)answer.StatusCode,
            });
        }
        catch (Exception lost) when (lost is HttpRequestException or SocketException or OperationCanceledException)
        {
            // A silo that is dead, or stopped, hears nothing.
        }
    }
}
