using System.Net;

namespace ReferralGrains.Payouts.Sending;

/// <summary>
/// For how long the bytes of one sending may still leave. It is looked at as the bytes are handed to the socket, by both clocks: a
/// machine that slept, or waited for a connection, must not pay what others have taken over meanwhile.
/// </summary>
internal sealed class SendWindow(TimeProvider time, TimeSpan length)
{
    private static readonly AsyncLocal<SendWindow?> current = new();

    private readonly DateTimeOffset openedAt = time.GetUtcNow();
    private readonly long stamp = time.GetTimestamp();

    /// <summary>Of the request that is being made.</summary>
    public static SendWindow? Current
    {
        get => current.Value;
        set => current.Value = value;
    }

    public bool IsOpen => time.GetUtcNow() - openedAt < length && time.GetElapsedTime(stamp) < length;

    /// <summary>Looks at the window at the last moment.</summary>
    internal sealed class Handler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (Current is { } window && request.Content is { } content) request.Content = new FencedContent(content, window);
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class FencedContent : HttpContent
    {
        private readonly HttpContent content;
        private readonly SendWindow window;

        public FencedContent(HttpContent content, SendWindow window)
        {
            (this.content, this.window) = (content, window);
            foreach (var header in content.Headers) Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            window.IsOpen ? content.CopyToAsync(stream, context, cancellationToken) : throw new HttpRequestException("It was too late to send.");

        protected override bool TryComputeLength(out long length)
        {
            length = content.Headers.ContentLength ?? 0;
            return content.Headers.ContentLength is not null;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) content.Dispose();
            base.Dispose(disposing);
        }
    }
}
