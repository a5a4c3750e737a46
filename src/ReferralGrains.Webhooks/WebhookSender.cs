using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using ReferralGrains.Storage.Webhooks;
using StandardWebhooks;

namespace ReferralGrains.Webhooks;

/// <summary>What came of sending something once.</summary>
/// <param name="RetryAfter">What the receiver asked for.</param>
internal sealed record Sent(WebhookDelivery Delivery, TimeSpan? RetryAfter)
{
    public bool IsTaken => Delivery.Failure is null;
}

/// <summary>Signs and sends, once. Nothing is followed to anywhere else, and nothing of an answer is kept but its status.</summary>
internal sealed class WebhookSender : IDisposable
{
    public const string Gone = "gone";

    private const int MostOfAnswer = 64 * 1024;

    private readonly HttpClient http;
    private readonly WebhookOptions options;
    private readonly TimeProvider time;

    public WebhookSender(WebhookOptions options, WebhookAddresses addresses, TimeProvider time)
    {
        (this.options, this.time) = (options, time);
        http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectCallback = addresses.Connect,
            ConnectTimeout = options.Timeout,
            MaxResponseHeadersLength = 32,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            MaxResponseDrainSize = MostOfAnswer,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2), // A name is asked for again.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>
    /// Signatures of all secrets that are valid. The oldest one's comes first: some verifiers, .NET's StandardWebhooks among them, look at the first
    /// alone, and who has not changed anything yet must go on as before.
    /// </summary>
    public static string Sign(WebhookTarget target, WebhookMessage message, DateTimeOffset at)
    {
        var body = System.Text.Encoding.UTF8.GetString(message.Body.Span);
        return string.Join(' ', target.Secrets(at).Select(secret => new StandardWebhook(secret).Sign(message.Id, at, body)));
    }

    /// <exception cref="OperationCanceledException">It was stopped: whether the receiver has taken it is unknown.</exception>
    public async Task<Sent> Send(WebhookTarget target, WebhookMessage message, WebhookCause cause, int attempt, CancellationToken stop)
    {
        var (at, began) = (time.GetUtcNow(), time.GetTimestamp());
        var (status, failure, retryAfter) = ((int?)null, (string?)null, (TimeSpan?)null);
        using var limit = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            using var request = Request(target, message, at);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            (status, failure) = ((int)answer.StatusCode, Failure(answer.StatusCode));
            retryAfter = answer.Headers.RetryAfter is { } asked ? asked.Delta ?? asked.Date - at : null;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            failure = "timeout";
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or SocketException)
        {
            failure = Failure(failed);
        }

        return new(new(0, message.Id, message.Type, cause, attempt, at, time.GetElapsedTime(began), status, failure), retryAfter);
    }

    public void Dispose() => http.Dispose();

    private static HttpRequestMessage Request(WebhookTarget target, WebhookMessage message, DateTimeOffset at)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, target.Url) { Content = new ReadOnlyMemoryContent(message.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", message.Id);
        request.Headers.Add("webhook-timestamp", at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", Sign(target, message, at));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("ReferralGrains-Webhooks", "1"));
        return request;
    }

    private static string? Failure(HttpStatusCode status) => (int)status switch
    {
        >= 200 and < 300 => null,
        >= 300 and < 400 => "redirected",
        410 => Gone,
        _ => "status",
    };

    private static string Failure(Exception failed)
    {
        for (var cause = failed; cause is not null; cause = cause.InnerException)
        {
            if (cause is AddressRefusedException) return "address_refused";
            if (cause is AuthenticationException) return "tls";
            if (cause is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }) return "unknown_host";
            if (cause is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }) return "unknown_host";
        }

        return "connection";
    }
}
