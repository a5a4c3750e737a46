using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ReferralGrains.Payouts.Standin;

/// <summary>Who is told of what happened.</summary>
/// <param name="Secret">With which what is sent there is signed.</param>
public sealed record WebhookTarget(Uri Url, string Secret);

/// <summary>Tells of events by signed requests. What was not taken with a 2xx is told again by the next delivery.</summary>
public sealed class StandinWebhooks
{
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly List<WebhookTarget> targets = [];
    private readonly List<(WebhookTarget Target, string Payload)> waiting = [];

    internal StandinWebhooks(TimeProvider time) => this.time = time;

    public WebhookTarget AddTarget(Uri url)
    {
        var target = new WebhookTarget(url, "whsec_" + RandomNumberGenerator.GetHexString(32, lowercase: true));
        lock (gate) targets.Add(target);
        return target;
    }

    /// <summary>What has happened since the last time, or was not taken then; in order.</summary>
    public IReadOnlyList<(WebhookTarget Target, string Payload)> Take()
    {
        lock (gate)
        {
            (WebhookTarget, string)[] taken = [.. waiting];
            waiting.Clear();
            return taken;
        }
    }

    /// <summary>Delivers all that waits, in order. What a target did not take waits on.</summary>
    /// <returns>How many were not taken.</returns>
    public async Task<int> Deliver(HttpClient http, CancellationToken stop)
    {
        var left = new List<(WebhookTarget, string)>();
        foreach (var (target, payload) in Take())
            if (!await Deliver(http, target, payload, stop)) left.Add((target, payload));
        lock (gate) waiting.InsertRange(0, left);
        return left.Count;
    }

    /// <summary>Delivers one, signed as of now.</summary>
    public async Task<bool> Deliver(HttpClient http, WebhookTarget target, string payload, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, target.Url)
        {
            Content = new StringContent(payload, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json; charset=utf-8")),
        };
        request.Headers.Add("Stripe-Signature", Sign(payload, target.Secret, time.GetUtcNow()));
        try
        {
            using var answer = await http.SendAsync(request, stop);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception broken) when (broken is HttpRequestException or SocketException)
        {
            return false;
        }
    }

    /// <summary>The header that proves where a payload comes from and when it was sent.</summary>
    public static string Sign(string payload, string secret, DateTimeOffset at)
    {
        var seconds = at.ToUnixTimeSeconds();
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{seconds}.{payload}"));
        return $"t={seconds},v1={Convert.ToHexStringLower(signature)}";
    }

    internal string Add(JsonObject one)
    {
        var payload = one.ToJsonString();
        lock (gate) waiting.AddRange(targets.Select(target => (target, payload)));
        return payload;
    }
}
