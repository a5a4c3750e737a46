using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Torture;

/// <summary>A whole answer.</summary>
internal sealed record Answer(int Status, JsonNode? Body)
{
    public bool IsOk => Status is >= 200 and < 300;
}

/// <summary>A client as it should be: what was not answered is sent again under the same id, to the next gateway, until it is.</summary>
internal sealed class Caller : IDisposable
{
    private const int DirectOf = 4;
    private static readonly TimeSpan timeout = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(3);
    private readonly List<HttpClient> direct;
    private readonly List<HttpClient> cut;
    private readonly TimeProvider time;
    private readonly LogFile log;
    private int unknown;
    private int broken;

    public Caller(Cluster cluster, string key, LogFile log, TimeProvider time)
    {
        (this.log, this.time) = (log, time);
        direct = [.. cluster.Silos.Select(silo => Client(silo.Address, key))];
        cut = [.. cluster.Proxies.Select(proxy => Client(proxy.Address, key))];
    }

    /// <summary>Requests whose outcome the client could not know.</summary>
    public int Unknown => Volatile.Read(ref unknown);

    /// <summary>Answers that a server gives when it has a bug: 500.</summary>
    public int Broken => Volatile.Read(ref broken);

    /// <param name="method">Such as POST.</param>
    /// <param name="path">With its query.</param>
    /// <param name="body">JSON.</param>
    /// <param name="lane">Which client asks: every fourth goes by the line that is cut.</param>
    /// <param name="stop">Gives up.</param>
    /// <param name="id">What the log calls it; nothing is logged without.</param>
    /// <param name="name">By which it is known when it comes again, however late: for what has no id of its own that says so.</param>
    /// <param name="within">How long one try may take, where that is long; then it is tried for three times as long.</param>
    /// <returns>What is neither busy nor an outage: done, or refused.</returns>
    public async Task<Answer> Send(HttpMethod method, string path, string? body, int lane, CancellationToken stop, string? id = null, string? name = null, TimeSpan? within = null)
    {
        var began = Stopwatch.GetTimestamp();
        var most = within * 3 ?? patience;
        for (var attempt = 0; ; attempt++)
        {
            string why;
            try
            {
                using var request = new HttpRequestMessage(method, path);
                if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                if (name is not null) request.Headers.Add("Idempotency-Key", name);
                using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
                late.CancelAfter(within ?? timeout);
                using var response = await At(lane, attempt).SendAsync(request, late.Token);
                var text = await response.Content.ReadAsStringAsync(late.Token);
                var status = (int)response.StatusCode;
                if (status is not (429 or >= 500))
                {
                    var answer = new Answer(status, text.Length == 0 ? null : JsonNode.Parse(text));
                    if (status != 409 || (string?)answer.Body?["code"] != "idempotency_key_in_use") return answer;
                }

                if (status == 500) Interlocked.Increment(ref broken);
                why = $"{status}";
            }
            catch (Exception lost) when (!stop.IsCancellationRequested && lost is HttpRequestException or IOException or SocketException or OperationCanceledException or JsonException)
            {
                why = lost.GetType().Name;
                Interlocked.Increment(ref unknown);
            }

            if (id is not null) log.Write(new() { ["k"] = "unknown", ["id"] = id, ["why"] = why });
            if (Stopwatch.GetElapsedTime(began) > most) throw new TortureException($"{method} {path} was not answered in {most.TotalMinutes} minutes: {why}");
            await Task.Delay(pause, time, stop);
        }
    }

    /// <summary>What must succeed.</summary>
    public async Task<JsonNode> Ok(string path, JsonNode? body, CancellationToken stop, int lane = 1, HttpMethod? method = null, TimeSpan? within = null)
    {
        var answer = await Send(method ?? (body is null ? HttpMethod.Get : HttpMethod.Post), path, body?.ToJsonString(), lane, stop, within: within);
        return answer.IsOk ? answer.Body! : throw new TortureException($"{path} -> {answer.Status} {answer.Body?.ToJsonString()}");
    }

    /// <summary>Sends lines on one stream and hands out what is answered; ends when there is no more to come, for whatever reason.</summary>
    /// <returns>Null, or why it ended before its end.</returns>
    public async Task<string?> Stream(string path, string lines, int lane, int attempt, Action<JsonNode> take, CancellationToken stop)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(lines, Encoding.UTF8) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stop);
            waiting.CancelAfter(timeout);
            using var response = await At(lane, attempt).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, waiting.Token);
            if (!response.IsSuccessStatusCode) return $"{(int)response.StatusCode}";
            using var answers = new StreamReader(await response.Content.ReadAsStreamAsync(waiting.Token));
            waiting.CancelAfter(timeout * 4);
            while (await answers.ReadLineAsync(waiting.Token) is { } line)
            {
                var answer = JsonNode.Parse(line)!;
                if (answer["summary"] is not null) return null;
                take(answer);
                waiting.CancelAfter(timeout * 4);
            }

            return "the stream ended without a summary";
        }
        catch (Exception lost) when (!stop.IsCancellationRequested && lost is HttpRequestException or IOException or SocketException or OperationCanceledException or JsonException)
        {
            Interlocked.Increment(ref unknown);
            return lost.GetType().Name;
        }
    }

    public void Dispose()
    {
        foreach (var client in direct.Concat(cut)) client.Dispose();
    }

    private HttpClient At(int lane, int attempt)
    {
        var clients = lane % DirectOf == 0 ? cut : direct;
        return clients[(lane + attempt) % clients.Count];
    }

    private static HttpClient Client(Uri address, string key)
    {
        var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256, AllowAutoRedirect = false }) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return http;
    }
}
