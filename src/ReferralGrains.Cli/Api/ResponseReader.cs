using System.Globalization;
using System.Text;

namespace ReferralGrains.Cli.Api;

/// <summary>The first lines of an HTTP answer.</summary>
internal sealed record ResponseHead(int Status, bool IsChunked, long? Length, TimeSpan? RetryAfter);

/// <summary>Reads one HTTP/1.1 answer from a connection while the request may still be under way.</summary>
internal sealed class ResponseReader(Stream wire)
{
    private readonly byte[] buffer = new byte[64 * 1024];
    private int start;
    private int end;
    private ResponseHead? head;
    private long left;
    private bool isFirstChunk = true;
    private bool isDone;

    /// <exception cref="IOException">The connection ended or what came is not HTTP.</exception>
    public async ValueTask<ResponseHead> ReadHead(CancellationToken stop)
    {
        do head = await ReadOneHead(stop);
        while (head.Status < 200);
        left = head.IsChunked ? 0 : head.Length ?? long.MaxValue;
        isDone = left == 0 && !head.IsChunked;
        return head;
    }

    /// <summary>The next bytes of the body, without the framing; 0 at its end.</summary>
    /// <exception cref="IOException">The connection ended before the body did.</exception>
    public async ValueTask<int> ReadBody(Memory<byte> into, CancellationToken stop)
    {
        if (!isDone && left == 0) await NextChunk(stop);
        if (isDone) return 0;

        if (start == end && !await Fill(stop))
        {
            // Without a length and without chunks the end of the connection is the end of the body.
            if (head is { IsChunked: false, Length: null }) return 0;
            throw new EndOfStreamException("the connection ended in the middle of the answer");
        }

        var taken = (int)Math.Min(Math.Min(left, into.Length), end - start);
        buffer.AsMemory(start, taken).CopyTo(into);
        start += taken;
        left -= taken;
        isDone = left == 0 && head is { IsChunked: false };
        return taken;
    }

    private async ValueTask NextChunk(CancellationToken stop)
    {
        if (!isFirstChunk) await ReadLine(stop);
        isFirstChunk = false;
        left = Length((await ReadLine(stop)).Split(';')[0].Trim(), NumberStyles.AllowHexSpecifier);
        if (left > 0) return;
        while ((await ReadLine(stop)).Length > 0) { }
        isDone = true;
    }

    private static long Length(string text, NumberStyles style) =>
        long.TryParse(text, style, CultureInfo.InvariantCulture, out var length) && length >= 0 ? length : throw new IOException($"'{text}' is not the length of an answer");

    private async Task<ResponseHead> ReadOneHead(CancellationToken stop)
    {
        var first = await ReadLine(stop);
        if (!first.StartsWith("HTTP/1.", StringComparison.Ordinal) || first.Length < 12 ||
            !int.TryParse(first.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            throw new IOException("the answer is not HTTP/1.1");

        var (isChunked, length, retryAfter) = (false, (long?)null, (TimeSpan?)null);
        for (var line = await ReadLine(stop); line.Length > 0; line = await ReadLine(stop))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0) throw new IOException("a header without a colon");
            var value = line[(colon + 1)..].Trim();
            switch (line[..colon].ToLowerInvariant())
            {
                case "transfer-encoding": isChunked = value.EndsWith("chunked", StringComparison.OrdinalIgnoreCase); break;
                case "content-length": length = Length(value, NumberStyles.None); break;
                case "retry-after" when int.TryParse(value, out var seconds): retryAfter = TimeSpan.FromSeconds(seconds); break;
            }
        }

        return new(status, isChunked, length, retryAfter);
    }

    private async ValueTask<string> ReadLine(CancellationToken stop)
    {
        int length;
        while ((length = buffer.AsSpan(start, end - start).IndexOf((byte)'\n')) < 0)
        {
            if (!await Fill(stop)) throw new EndOfStreamException("the connection ended in the middle of the answer");
        }

        var line = Encoding.Latin1.GetString(buffer, start, length).TrimEnd('\r');
        start += length + 1;
        return line;
    }

    private async ValueTask<bool> Fill(CancellationToken stop)
    {
        if (start == end) start = end = 0;
        else if (end == buffer.Length)
        {
            if (start == 0) throw new IOException("a header longer than 64 KB");
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        var read = await wire.ReadAsync(buffer.AsMemory(end), stop);
        end += read;
        return read > 0;
    }
}
