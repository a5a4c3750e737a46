using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace ReferralGrains.Cli.Api;

/// <summary>
/// A POST whose answer is read while its body is still being sent. HttpClient cannot do that over HTTP/1.1: it shows the
/// answer only when the whole body is gone, and a body without end would fill every buffer on the way and stand still.
/// </summary>
internal sealed class DuplexRequest : IAsyncDisposable
{
    private static readonly byte[] lastChunk = "0\r\n\r\n"u8.ToArray();
    private readonly Stream wire;
    private readonly ResponseReader response;

    private DuplexRequest(Stream wire)
    {
        this.wire = wire;
        response = new(wire);
    }

    /// <summary>Connects and sends the head of the request.</summary>
    /// <exception cref="Interrupted">The connection could not be made or broke, as in all that is done by it.</exception>
    public static async Task<DuplexRequest> Post(Access access, string call, CancellationToken stop)
    {
        var request = new DuplexRequest(await Wired(Connect(access.Url, stop)));
        try
        {
            await request.SendChunk(Head(access, call), stop);
            return request;
        }
        catch
        {
            await request.DisposeAsync();
            throw;
        }
    }

    /// <summary>Everything before the first chunk.</summary>
    public static byte[] Head(Access access, string call) => Encoding.ASCII.GetBytes(
        $"POST {access.Target(call)} HTTP/1.1\r\nHost: {access.Url.Authority}\r\nAuthorization: Bearer {access.Key}\r\n" +
        "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");

    /// <summary>The bytes as one chunk of the body.</summary>
    public static byte[] Chunk(ReadOnlySpan<byte> bytes)
    {
        var size = Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n");
        var chunk = new byte[size.Length + bytes.Length + 2];
        size.CopyTo(chunk, 0);
        bytes.CopyTo(chunk.AsSpan(size.Length));
        "\r\n"u8.CopyTo(chunk.AsSpan(size.Length + bytes.Length));
        return chunk;
    }

    /// <summary>Sends what <see cref="Chunk"/> made.</summary>
    public async ValueTask SendChunk(ReadOnlyMemory<byte> chunk, CancellationToken stop) => await Wired(Sent(chunk, stop));

    /// <summary>Says that the body is complete.</summary>
    public ValueTask EndBody(CancellationToken stop) => SendChunk(lastChunk, stop);

    public ValueTask<ResponseHead> ReadHead(CancellationToken stop) => Wired(response.ReadHead(stop));

    public ValueTask<int> ReadBody(Memory<byte> into, CancellationToken stop) => Wired(response.ReadBody(into, stop));

    public ValueTask DisposeAsync() => wire.DisposeAsync();

    private async ValueTask<int> Sent(ReadOnlyMemory<byte> chunk, CancellationToken stop)
    {
        await wire.WriteAsync(chunk, stop);
        return chunk.Length;
    }

    // A disk fails by the same exceptions, and is no reason to send again: only what is done here is a break of the connection.
    private static async ValueTask<T> Wired<T>(ValueTask<T> exchange)
    {
        try
        {
            return await exchange;
        }
        catch (Exception broken) when (broken is IOException or SocketException)
        {
            throw new Interrupted(broken.Message);
        }
    }

    private static async ValueTask<Stream> Connect(Uri url, CancellationToken stop)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(url.DnsSafeHost, url.Port, stop);
            var plain = new NetworkStream(socket, ownsSocket: true);
            if (url.Scheme != Uri.UriSchemeHttps) return plain;

            var secured = new SslStream(plain);
            await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.DnsSafeHost }, stop);
            return secured;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
