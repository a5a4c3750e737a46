namespace ReferralGrains.Cli.Api;

/// <summary>Splits a flow of bytes into lines and never holds more than the longest of them.</summary>
internal sealed class LineReader(Func<Memory<byte>, CancellationToken, ValueTask<int>> read)
{
    private const int LongestLine = 64 * 1024 * 1024;
    private byte[] buffer = new byte[64 * 1024];
    private int start;
    private int end;

    /// <summary>The next line without its end, valid until the next call; null after the last.</summary>
    /// <exception cref="IOException">A line of more than 64 MiB.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> Next(CancellationToken stop)
    {
        var searched = 0;
        while (true)
        {
            var length = buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n');
            if (length >= 0) return Take(searched + length, skip: 1);
            searched = end - start;

            MakeRoom();
            var count = await read(buffer.AsMemory(end), stop);
            end += count;
            if (count > 0) continue;
            if (searched == 0) return null;
            return Take(searched, skip: 0);
        }
    }

    private ReadOnlyMemory<byte> Take(int length, int skip)
    {
        var line = buffer.AsMemory(start, length);
        start += length + skip;
        return length > 0 && line.Span[^1] == '\r' ? line[..^1] : line;
    }

    private void MakeRoom()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        if (end < buffer.Length) return;
        if (buffer.Length >= LongestLine) throw new IOException("a line of more than 64 MiB");
        Array.Resize(ref buffer, buffer.Length * 2);
    }
}
