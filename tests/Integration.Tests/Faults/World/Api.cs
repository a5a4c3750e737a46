using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>A client of the server, by its documented addresses only.</summary>
public sealed class Api : IDisposable
{
    private readonly HttpClient http;

    public Api(Uri address, string? key = ServerProcess.AdminKey)
    {
        http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256, AllowAutoRedirect = false }) { BaseAddress = address, Timeout = Eventually.Patience };
        if (key is not null) http.DefaultRequestHeaders.Authorization = new("Bearer", key);
    }

    public Uri Address => http.BaseAddress!;

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path, null);

    public Task<Answer> Post(string path, object body) => Send(HttpMethod.Post, path, JsonContent.Create(body));

    public Task<Answer> PostRaw(string path, string body, string type = "application/json") => PostRaw(path, Encoding.UTF8.GetBytes(body), type);

    public Task<Answer> PostRaw(string path, byte[] body, string type = "application/json") =>
        Send(HttpMethod.Post, path, new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } });

    public async Task<Answer> Send(HttpMethod method, string path, HttpContent? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        using var response = await http.SendAsync(request);
        return new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.RetryAfter?.Delta);
    }

    /// <summary>Null when no whole answer came: the outcome is unknown.</summary>
    public async Task<Answer?> Try(string path, string? body = null)
    {
        try
        {
            return body is null ? await Get(path) : await PostRaw(path, body);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>The answer to what must succeed; told to come again, it does.</summary>
    public async Task<JsonNode> Ok(string path, object? body = null)
    {
        Answer answer = null!;
        await Eventually.Holds($"{path} is answered", async () => (answer = body is null ? await Get(path) : await Post(path, body)).Status != 503);
        Assert.True(answer.IsSuccess, $"{path} -> {answer.Status} {answer.Body}");
        return answer.Json;
    }

    public void Dispose() => http.Dispose();
}

/// <summary>A whole answer.</summary>
public sealed record Answer(int Status, string Body, TimeSpan? RetryAfter)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>Of a problem.</summary>
    public string? Code => (string?)Json["code"];

    /// <summary>Of a problem: the field that it is about.</summary>
    public string? Param => (string?)Json["param"];
}
