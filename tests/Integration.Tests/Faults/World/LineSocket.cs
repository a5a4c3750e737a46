using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>One request to a stream on a socket of its own: it reads while it sends, and it can behave badly.</summary>
public sealed class LineSocket : IAsyncDisposable
{
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private NetworkStream stream = null!;
    private long sent;

    private LineSocket()
    {
    }

    public static async Task<LineSocket> Open(Uri address, string path = "/v1/actions:stream")
    {
        var line = new LineSocket();
        await line.socket.ConnectAsync(IPAddress.Loopback, address.Port);
        line.stream = new(line.socket, ownsSocket: false);
        await line.Write(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ServerProcess.AdminKey}\r\n" +
            "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n");
        return line;
    }

    /// <summary>Sends a part of the body, whole lines or not; waits while the server takes no more.</summary>
    public Task Send(string text) => Write($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    /// <summary>Sends all lines, a few at a time.</summary>
    public async Task SendLines(IEnumerable<string> lines)
    {
        foreach (var some in lines.Chunk(50)) await Send(string.Join('\n', some) + "\n");
    }

    /// <summary>Says that no line follows.</summary>
    public Task End() => Write("0\r\n\r\n");

    /// <summary>Waits until the server takes no more of what another task sends.</summary>
    /// <param name="glance">Called now and then meanwhile.</param>
    /// <returns>How many bytes it took.</returns>
    public async Task<long> Stuck(Action glance)
    {
        var before = -1L;
        await Eventually.Holds("the server takes no more", async () =>
        {
            glance();
            for (var i = 0; i < 25; i++) await Eventually.Pause();
            var now = Interlocked.Read(ref sent);
            return now == Interlocked.Exchange(ref before, now);
        });
        return before;
    }

    /// <summary>Is gone without a word, as a client that crashed.</summary>
    public void Vanish() => socket.Close(0);

    /// <summary>The answers until the last one.</summary>
    /// <exception cref="IOException">The server cut them off.</exception>
    public async IAsyncEnumerable<JsonNode> Answers()
    {
        // Each byte is one character, so that chunks can be counted in characters.
        using var reader = new StreamReader(stream, Encoding.Latin1, false, 64 * 1024, leaveOpen: true);
        var status = await Line(reader);
        if (!status.Contains(" 200 ", StringComparison.Ordinal)) throw new IOException($"The stream was refused: {status}");
        while ((await Line(reader)).Length > 0)
        {
            // The headers say nothing more that matters here.
        }

        var rest = "";
        while (int.Parse(await Line(reader), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var length)
        {
            var chunk = new char[length];
            if (await reader.ReadBlockAsync(chunk) < length) throw new EndOfStreamException("The server cut the answers off.");
            await Line(reader);
            var lines = (rest + new string(chunk)).Split('\n');
            foreach (var line in lines[..^1]) yield return JsonNode.Parse(Encoding.Latin1.GetBytes(line))!;
            rest = lines[^1];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        socket.Dispose();
    }

    private static async Task<string> Line(StreamReader reader) =>
        await reader.ReadLineAsync() ?? throw new EndOfStreamException("The server cut the answers off.");

    private async Task Write(string text)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text));
        Interlocked.Add(ref sent, text.Length);
    }
}
