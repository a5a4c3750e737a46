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
    /// <exception cref="IOException">The connection could not be made or broke.</exception>
    public static async Task<DuplexRequest> Post(Access access, string call, CancellationToken stop)
    {
        var wire = await Connect(access.Url, stop);
        try
        {
            await wire.WriteAsync(Head(access, call), stop);
            return new(wire);
        }
        catch
        {
            await wire.DisposeAsync();
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
    public ValueTask SendChunk(ReadOnlyMemory<byte> chunk, CancellationToken stop) => wire.WriteAsync(chunk, stop);

    /// <summary>Says that the body is complete.</summary>
    public ValueTask EndBody(CancellationToken stop) => wire.WriteAsync(lastChunk, stop);

    public Task<ResponseHead> ReadHead(CancellationToken stop) => response.ReadHead(stop);

    public ValueTask<int> ReadBody(Memory<byte> into, CancellationToken stop) => response.ReadBody(into, stop);

    public ValueTask DisposeAsync() => wire.DisposeAsync();

    private static async Task<Stream> Connect(Uri url, CancellationToken stop)
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
        catch (SocketException refused)
        {
            socket.Dispose();
            throw new IOException(refused.Message, refused);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
