using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ReferralGrains.Cli;

namespace Benchmarks;

/// <summary>
/// A keep-alive connection with one request under way at a time, and as little HTTP as that needs: the bytes of the request
/// are ready, and of the answer only its status and its end are looked for.
/// </summary>
internal sealed class SingleConnection : IDisposable
{
    private byte[] buffer = new byte[8 * 1024];
    private int length;

    public SingleConnection(EndPoint server)
    {
        Socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Socket.Connect(server);
    }

    public Socket Socket { get; }

    /// <summary>When the request under way should have been sent, by the plan.</summary>
    public long IntendedAt { get; private set; }

    public ReadOnlySpan<byte> Answer => buffer.AsSpan(0, length);

    public void Send(ReadOnlySpan<byte> request, long intendedAt)
    {
        IntendedAt = intendedAt;
        length = 0;
        while (request.Length > 0) request = request[Socket.Send(request)..];
    }

    /// <summary>Takes what has arrived.</summary>
    /// <returns>Whether the answer is complete.</returns>
    public bool Receive()
    {
        if (length == buffer.Length) Array.Resize(ref buffer, 2 * buffer.Length);
        var read = Socket.Receive(buffer.AsSpan(length));
        if (read == 0) throw new CommandFailed($"the server closed a connection in the middle of a request: {Text()}");
        length += read;
        return IsComplete();
    }

    public bool IsRewarded => Answer.StartsWith("HTTP/1.1 200"u8) && Answer.IndexOf("\"rewarded\""u8) > 0;

    public string Text() => Encoding.UTF8.GetString(Answer).ReplaceLineEndings(" ");

    public void Dispose() => Socket.Dispose();

    private bool IsComplete()
    {
        var end = Answer.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        var head = Answer[..end];
        var field = head.IndexOf("\r\nContent-Length: "u8);
        // Inside JSON a line end is escaped, so these bytes can only be the last chunk.
        if (field < 0) return Answer.EndsWith("\r\n0\r\n\r\n"u8);
        return Utf8Parser.TryParse(head[(field + 18)..], out int body, out _) && length == end + 4 + body;
    }
}
