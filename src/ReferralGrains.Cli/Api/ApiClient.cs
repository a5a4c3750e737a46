using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace ReferralGrains.Cli.Api;

/// <summary>One call, one answer. What goes wrong ends the command with a line that says what to do.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly Access access;
    private readonly HttpClient http;

    public ApiClient(Access access)
    {
        this.access = access;
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10), UseProxy = false };
        // A ledger check or a jump of the test clock takes as long as it takes.
        http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", access.Key);
    }

    /// <param name="accept">Another form than JSON.</param>
    public Task<ApiAnswer> Get(string call, CancellationToken stop, string? accept = null) => Send(HttpMethod.Get, call, null, stop, accept);

    public Task<ApiAnswer> Post(string call, object? body, CancellationToken stop) => Send(HttpMethod.Post, call, body, stop);

    /// <summary>Sends JSON and shows each line of the answer as it comes.</summary>
    /// <exception cref="CommandFailed">The server refused.</exception>
    public async Task PostForLines(string call, string json, Action<JsonElement> line, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(access.Url, access.Target(call)))
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
            Headers = { Accept = { new("application/x-ndjson") } },
        };
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            if (!response.IsSuccessStatusCode)
            {
                var refused = new ApiAnswer($"POST {call}", access.Url, (int)response.StatusCode, await response.Content.ReadAsStringAsync(stop), null);
                throw new CommandFailed(refused.Problem.Line(refused.Call, refused.Url));
            }

            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(stop));
            while (await lines.ReadLineAsync(stop) is { } text)
            {
                using var document = JsonDocument.Parse(text);
                line(document.RootElement.Clone());
            }
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            throw new Unreachable(access.Url, broken);
        }
    }

    /// <summary>Sends and returns whatever status the server chose.</summary>
    /// <exception cref="CommandFailed">Nobody answers at the address.</exception>
    private async Task<ApiAnswer> Send(HttpMethod method, string call, object? body, CancellationToken stop, string? accept = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(access.Url, access.Target(call)));
        if (accept is not null) request.Headers.Accept.ParseAdd(accept);
        if (body is not null) request.Content = JsonContent.Create(body, body.GetType());
        try
        {
            using var response = await http.SendAsync(request, stop);
            var text = await response.Content.ReadAsStringAsync(stop);
            return new($"{method} {call}", access.Url, (int)response.StatusCode, text, response.Headers.RetryAfter?.Delta);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
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
internal sealed record ApiAnswer(string Call, Uri Url, int Status, string Body, TimeSpan? RetryAfter)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    public Problem Problem => Problem.Read(Status, Body);

    /// <summary>Whether the thing that was asked for is not there; an older server that lacks the whole route says 404 too.</summary>
    public bool IsNotThere => Status == 404 && Problem.Code != "route_not_found";

    /// <summary>The body of a success.</summary>
    /// <exception cref="CommandFailed">The server refused, or what it sent is not JSON.</exception>
    public JsonElement Json()
    {
        if (!IsSuccess) throw new CommandFailed(Problem.Line(Call, Url));
        try
        {
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new CommandFailed($"{Call} answered {Status} with something that is not JSON; is {Url} a ReferralGrains server?");
        }
    }
}
