using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReferralGrains.Client;

/// <summary>
/// ReferralGrains' HTTP API. What fails on the way (no connection, no answer in time, 429, 502 to 504) is tried again under the same
/// ids and the same <c>Idempotency-Key</c>, so that it is done once. Safe for use from many threads.
/// </summary>
/// <param name="http">Its <see cref="HttpClient.BaseAddress"/> is the server, ending in a slash; it stays its owner's.</param>
/// <param name="key">An API key: it names the tenant, and what may be asked for.</param>
public sealed partial class ReferralGrainsClient(HttpClient http, string key, ReferralGrainsClientOptions? options = null)
{
    private const string Json = "application/json";
    private const string NdJson = "application/x-ndjson";

    private static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new WireEnumConverter() },
    };

    private readonly ReferralGrainsClientOptions options = options ?? new();

    /// <summary>A collection, or the items of a payout batch, as the table (CSV) that the API makes of it, read while it comes.</summary>
    /// <param name="path">Such as <c>/v1/payout_batches</c>, with its filters.</param>
    /// <param name="stop">Gives it up.</param>
    /// <exception cref="ReferralGrainsException">The server refused.</exception>
    public async Task<Stream> ReadTableAsync(string path, CancellationToken stop = default)
    {
        using var request = Request(HttpMethod.Get, new(path), "text/csv");
        var response = await Exchange(request, HttpCompletionOption.ResponseHeadersRead, stop);
        if (response.IsSuccessStatusCode) return await response.Content.ReadAsStreamAsync(stop);
        using (response) throw await Problem(response, stop);
    }

    /// <summary>All pages of a collection as one table (CSV), written as they come. A page that cannot be had is asked for again.</summary>
    /// <param name="path">Such as <c>/v1/audit_entries?limit=100</c>, with its filters.</param>
    /// <param name="table">Where it goes.</param>
    /// <param name="stop">Gives it up.</param>
    /// <exception cref="ReferralGrainsException">The server refused.</exception>
    public async Task WriteTableAsync(string path, Stream table, CancellationToken stop = default)
    {
        var isFirst = true;
        for (string? next = path; next is not null; isFirst = false)
        {
            (var page, next) = await Send(HttpMethod.Get, new(next), "text/csv", static () => null, static async (answer, stop) => (await answer.Content.ReadAsByteArrayAsync(stop), Next(answer)), stop);

            // Each of them begins with the names of the columns.
            await table.WriteAsync(page.AsMemory(isFirst ? 0 : page.AsSpan().IndexOf((byte)'\n') + 1), stop);
        }
    }

    private static string? Next(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Link", out var links) && links.FirstOrDefault(static link => link.EndsWith("rel=\"next\"", StringComparison.Ordinal)) is { } link ? link.Split('<', '>')[1] : null;

    /// <summary>
    /// Any call by its path, with body and answer as they are: for whoever passes them on, and for what only a newer server knows. It is
    /// tried again like all others.
    /// </summary>
    /// <param name="method">How.</param>
    /// <param name="path">Such as <c>/v1/actions/inv_1</c>, with what is asked of it.</param>
    /// <param name="body">JSON; null for none.</param>
    /// <param name="accept">The form of the answer.</param>
    /// <param name="stop">Gives it up.</param>
    /// <returns>The answer, byte for byte.</returns>
    /// <exception cref="ReferralGrainsException">The server refused.</exception>
    public Task<string> SendAsync(HttpMethod method, string path, string? body = null, string accept = Json, CancellationToken stop = default) =>
        Send(method, new(path), accept, () => body is null ? null : new StringContent(body, Encoding.UTF8, Json), static (answer, stop) => answer.Content.ReadAsStringAsync(stop), stop);

    private Task<TAnswer> Send<TAnswer>(HttpMethod method, Target target, object? body, CancellationToken stop) => Send(
        method, target, Json, () => body is null ? null : JsonContent.Create(body, body.GetType(), options: json), static async (answer, stop) => (await answer.Content.ReadFromJsonAsync<TAnswer>(json, stop))!, stop);

    private async Task<TAnswer> Send<TAnswer>(
        HttpMethod method, Target target, string accept, Func<HttpContent?> body, Func<HttpResponseMessage, CancellationToken, Task<TAnswer>> read, CancellationToken stop)
    {
        // It names the request over all tries. What the server ignores on other methods is not sent.
        var name = method == HttpMethod.Post && options is { Retries: > 0, NameRequests: true } ? Guid.NewGuid().ToString("N") : null;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var request = Request(method, target, accept);
                if (name is not null) request.Headers.Add("Idempotency-Key", name);
                request.Content = body();
                using var response = await Exchange(request, HttpCompletionOption.ResponseContentRead, stop);
                if (!response.IsSuccessStatusCode) throw await Problem(response, stop);
                return await read(response, stop);
            }
            catch (Exception exception) when (attempt <= options.Retries && IsWorthRepeating(exception, stop))
            {
                await Pause(attempt, exception, stop);
            }
        }
    }

    /// <summary>All entries of a list, page by page as they are asked for.</summary>
    private async IAsyncEnumerable<TEntry> Pages<TPage, TEntry>(
        Target target, Func<TPage, (IReadOnlyList<TEntry> Data, bool HasMore)> read, Func<TEntry, string> id, [EnumeratorCancellation] CancellationToken stop)
    {
        for (var page = target; ;)
        {
            var (data, hasMore) = read(await Send<TPage>(HttpMethod.Get, page, null, stop));
            foreach (var entry in data) yield return entry;
            if (!hasMore || data.Count == 0) yield break;
            page = target.With("starting_after", id(data[^1]));
        }
    }

    /// <summary>
    /// Sends lines in requests of <see cref="ReferralGrainsClientOptions.LinesARequest"/> and gives their answers in the same order. A
    /// request that breaks is sent again from its first line without an answer; lines have ids of their own, so none is done twice.
    /// </summary>
    private async IAsyncEnumerable<TAnswer> Lines<TLine, TAnswer>(
        Target target, IAsyncEnumerable<TLine> lines, [EnumeratorCancellation] CancellationToken stop)
        where TAnswer : class, ILineAnswer<TAnswer>
    {
        var line = 0L;
        await foreach (var chunk in lines.Chunk(options.LinesARequest).WithCancellation(stop))
        {
            var (answered, attempt) = (0, 1);
            while (answered < chunk.Length)
            {
                Exception? broken = null;
                await using var answers = Answers<TLine, TAnswer>(target, chunk.AsMemory(answered), stop).GetAsyncEnumerator(stop);
                while (answered < chunk.Length)
                {
                    try
                    {
                        if (!await answers.MoveNextAsync()) throw new HttpRequestException("The answer ended before its last line.");
                    }
                    catch (Exception exception) when (IsWorthRepeating(exception, stop))
                    {
                        broken = exception;
                        break;
                    }

                    (answered, attempt) = (answered + 1, 1);
                    yield return answers.Current.At(++line);
                }

                if (broken is null) continue;
                if (attempt > options.Retries) throw broken;
                await Pause(attempt++, broken, stop);
            }
        }
    }

    private async IAsyncEnumerable<TAnswer> Answers<TLine, TAnswer>(Target target, ReadOnlyMemory<TLine> lines, [EnumeratorCancellation] CancellationToken stop)
        where TAnswer : class, ILineAnswer<TAnswer>
    {
        using var request = Request(HttpMethod.Post, target, NdJson);
        request.Content = new LinesContent<TLine>(lines, json, NdJson);
        using var response = await Exchange(request, HttpCompletionOption.ResponseHeadersRead, stop);
        if (!response.IsSuccessStatusCode) throw await Problem(response, stop);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(stop));
        while (await reader.ReadLineAsync(stop) is { } text)
        {
            if (text.Length == 0) continue;
            var answer = JsonSerializer.Deserialize<TAnswer>(text, json)!;
            if (answer.IsSummary) yield break;

            // It was not taken for a reason that passes, as a request that is answered 503. What has another code, such as too_many_parked, does not pass
            // by itself.
            if (answer.Error is { Code: "busy" or "unavailable" or "answers_unread" } later) throw new HttpRequestException(later.Detail);
            yield return answer;
        }
    }

    // Where a connection breaks as soon as it stands, HttpClient lets the bare exception through.
    private async Task<HttpResponseMessage> Exchange(HttpRequestMessage request, HttpCompletionOption until, CancellationToken stop)
    {
        try
        {
            return await http.SendAsync(request, until, stop);
        }
        catch (SocketException broken)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, broken.Message, broken);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, Target target, string accept)
    {
        var request = new HttpRequestMessage(method, new Uri(target.ToString().TrimStart('/'), UriKind.Relative));
        request.Headers.Authorization = new("Bearer", key);
        request.Headers.Accept.ParseAdd(accept);
        return request;
    }

    private static async Task<ReferralGrainsException> Problem(HttpResponseMessage response, CancellationToken stop)
    {
        var retryAfter = response.Headers.RetryAfter?.Delta;
        try
        {
            if (await response.Content.ReadFromJsonAsync<Problem>(json, stop) is { } problem) return new(problem, retryAfter);
        }
        catch (JsonException)
        {
            // A proxy in between answered, in words of its own.
        }

        var status = (int)response.StatusCode;
        return new(
            new() { Type = "about:blank", Title = response.ReasonPhrase ?? "", Status = status, Code = "not_from_referralgrains", Detail = $"The answer is {status}, and not the server's.", RequestId = "" },
            retryAfter);
    }

    private static bool IsWorthRepeating(Exception exception, CancellationToken stop) => exception switch
    {
        ReferralGrainsException refused => refused.Problem.Status is (int)HttpStatusCode.TooManyRequests or >= 502 and <= 504
            || refused.Problem.Code == "idempotency_key_in_use",
        HttpRequestException or IOException => true,
        OperationCanceledException => !stop.IsCancellationRequested,
        _ => false,
    };

    // Twice as long each time, and never two clients in step.
    private Task Pause(int attempt, Exception why, CancellationToken stop)
    {
        var most = options.FirstPause * Math.Pow(2, Math.Min(attempt - 1, 10));
        var pause = (why as ReferralGrainsException)?.RetryAfter ?? (most / 2) + (most / 2 * Random.Shared.NextDouble());
        return Task.Delay(pause, options.Time, stop);
    }

    /// <summary>A path and what is asked of it.</summary>
    private readonly record struct Target(string Path, params (string Name, object? Value)[] Query)
    {
        public Target With(string name, string value) => new(Path, [.. Query.Where(one => one.Name != name), (name, value)]);

        public override string ToString()
        {
            var given = Query.Where(static one => one.Value is not null).Select(static one => $"{one.Name}={Uri.EscapeDataString(Text(one.Value!))}").ToList();
            return given.Count == 0 ? Path : $"{Path}?{string.Join('&', given)}";
        }

        private static string Text(object value) => value switch
        {
            string text => text,
            bool flag => flag ? "true" : "false",
            DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
            Enum word => WireEnumConverter.NameOf(word),
            IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString()!,
        };
    }
}

/// <summary>How patient a client is.</summary>
public sealed record ReferralGrainsClientOptions
{
    /// <summary>How often a request is tried again. Default 5: with the pauses about six seconds, more than another silo needs to take over.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>The pause before the first repeat; it doubles each time, but for a server that says how long. Default 200 ms.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Whether each POST carries an <c>Idempotency-Key</c>, so that one that is tried again is done once. Default true. It costs the server two
    /// writes: false is for many calls whose bodies have ids of their own.
    /// </summary>
    public bool NameRequests { get; init; } = true;

    /// <summary>Lines in one request of a stream, which are kept until they are answered. Default 5,000.</summary>
    public int LinesARequest { get; init; } = 5_000;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>The server did not do it, and says why.</summary>
public sealed class ReferralGrainsException(Problem problem, TimeSpan? retryAfter) : Exception($"{problem.Status} {problem.Code}: {problem.Detail}")
{
    /// <summary>What the server said: <see cref="Problem.Code"/> is stable, <see cref="Problem.Param"/> names the field.</summary>
    public Problem Problem => problem;

    /// <summary>How long the server wants to be left alone.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
