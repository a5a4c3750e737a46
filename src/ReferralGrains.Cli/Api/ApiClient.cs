using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ReferralGrains.Client;

namespace ReferralGrains.Cli.Api;

/// <summary>
/// One call, one answer, by the C# client; the answer stays as it came, for whoever reads it by a program. What goes wrong ends the
/// command with a line that says what to do.
/// </summary>
internal sealed class ApiClient : IDisposable
{
    // A person waits: they are told at once, and try again themselves.
    private static readonly ReferralGrainsClientOptions impatience = new() { Retries = 0 };

    private readonly Access access;
    private readonly HttpClient http;
    private readonly ReferralGrainsClient client;

    /// <param name="access">Where, and with which key.</param>
    /// <param name="patience">For what goes on for long, and with it while a server restarts or is busy; null to try once.</param>
    public ApiClient(Access access, ReferralGrainsClientOptions? patience = null)
    {
        this.access = access;
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10), UseProxy = false };
        // A ledger check or a jump of the test clock takes as long as it takes.
        http = new HttpClient(handler) { BaseAddress = new(access.Url, access.Target("/")), Timeout = Timeout.InfiniteTimeSpan };
        client = new(http, access.Key, patience ?? impatience);
    }

    /// <summary>Some half a minute's.</summary>
    public static ReferralGrainsClientOptions Patience(TimeProvider time) => new() { Retries = 7, FirstPause = TimeSpan.FromMilliseconds(250), Time = time };

    /// <param name="accept">Another form than JSON.</param>
    public Task<ApiAnswer> Get(string call, CancellationToken stop, string? accept = null) => Send(HttpMethod.Get, call, null, stop, accept);

    public Task<ApiAnswer> Post(string call, object? body, CancellationToken stop) => Send(HttpMethod.Post, call, body, stop);

    /// <summary>All pages of a list as one table.</summary>
    /// <exception cref="CommandFailed">The server refused.</exception>
    public async Task Table(string call, Stream table, CancellationToken stop)
    {
        var answer = await Answered("GET " + call, async () =>
        {
            await client.WriteTableAsync(call, table, stop);
            return "";
        }, stop);
        if (answer.Refusal is { } refused) throw new CommandFailed(refused.Line(answer.Call, access.Url));
    }

    /// <summary>Sends JSON and shows each line of the answer as it comes.</summary>
    /// <exception cref="CommandFailed">The server refused.</exception>
    public async Task PostForLines(string call, string json, Action<JsonElement> line, CancellationToken stop)
    {
        await Answered("POST " + call, async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(access.Url, access.Target(call)))
            {
                Content = new StringContent(json, Encoding.UTF8, "application/json"),
                Headers = { Accept = { new("application/x-ndjson") }, Authorization = new("Bearer", access.Key) },
            };
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            if (!response.IsSuccessStatusCode) throw new CommandFailed(Problem.Read((int)response.StatusCode, await response.Content.ReadAsStringAsync(stop)).Line($"POST {call}", access.Url));
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(stop));
            try
            {
                while (await lines.ReadLineAsync(stop) is { } text) line(ApiAnswer.Object(text, $"POST {call}", access.Url));
                return "";
            }
            catch (IOException broken)
            {
                throw new HttpRequestException(broken.Message, broken);
            }
        }, stop);
    }

    /// <summary>Sends and returns what the server answered, a refusal too.</summary>
    /// <exception cref="Unreachable">Nobody answers at the address.</exception>
    private Task<ApiAnswer> Send(HttpMethod method, string call, object? body, CancellationToken stop, string? accept = null)
    {
        var text = body is null ? null : JsonSerializer.Serialize(body, body.GetType(), JsonSerializerOptions.Web);
        return Answered($"{method} {call}", () => client.SendAsync(method, call, text, accept ?? "application/json", stop), stop);
    }

    private async Task<ApiAnswer> Answered(string call, Func<Task<string>> send, CancellationToken stop)
    {
        try
        {
            return new(call, access.Url, await send(), null);
        }
        catch (ReferralGrainsException refused)
        {
            var why = refused.Problem;
            return new(call, access.Url, "", new(why.Status, why.Code, why.Param, why.Detail, why.RequestId.Length > 0 ? why.RequestId : null));
        }
        // What is no more than an IOException is a disk's, that a table is written to.
        catch (Exception broken) when (broken is HttpRequestException or SocketException)
        {
            throw new Unreachable(access.Url, broken);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new Unreachable(access.Url, new TimeoutException("no connection within 10 seconds"));
        }
    }

    public void Dispose() => http.Dispose();
}

/// <summary>Nobody answered, or the connection broke. Worth another try while a server restarts; otherwise the command ends.</summary>
internal sealed class Unreachable(Uri url, Exception cause) : Exception(Line(url, cause), cause)
{
    private static string Line(Uri url, Exception cause)
    {
        var reason = cause.GetBaseException() is SocketException socket ? socket.SocketErrorCode.ToString() : cause.GetBaseException().Message;
        return $"no answer from {url.GetLeftPart(UriPartial.Authority)} ({reason.ReplaceLineEndings(" ")}); start the server with ./grains up, or give --url";
    }
}

/// <summary>An answer as it came.</summary>
/// <param name="Refusal">Null for a success.</param>
internal sealed record ApiAnswer(string Call, Uri Url, string Body, Problem? Refusal)
{
    public bool IsSuccess => Refusal is null;

    /// <summary>Whether the thing that was asked for is not there; an older server that lacks the whole route says 404 too.</summary>
    public bool IsNotThere => Refusal is { Status: 404, Code: not ("route_not_found" or "not_from_referralgrains") };

    /// <summary>The body of a success.</summary>
    /// <exception cref="CommandFailed">The server refused, or what it sent is no object.</exception>
    public JsonElement Json() => Refusal is { } refused ? throw new CommandFailed(refused.Line(Call, Url)) : Object(Body, Call, Url);

    /// <exception cref="CommandFailed">It is none.</exception>
    public static JsonElement Object(string text, string call, Uri url)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Said below, in the same words.
        }

        throw new CommandFailed($"{call} answered with something that is not a JSON object; is {url} a ReferralGrains server?");
    }
}
