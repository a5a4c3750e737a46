using System.Buffers;
using System.IO.Pipelines;

namespace ReferralGrains.Gateway.Lines;

/// <summary>Splits a body into lines without making a string of any. Memory is bounded by one line, and a longer one is passed over.</summary>
internal sealed class LineReader(PipeReader body)
{
    public const int MaxBytes = 1024 * 1024;

    private ReadOnlySequence<byte> buffer;
    private byte[] joined = [];
    private long examined;
    private bool skips;
    private bool isLast;

    /// <summary>The number of the last line that was read; counts from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Waits for more of the body.</summary>
    /// <returns>False when there is no more.</returns>
    public async ValueTask<bool> ReadMore(CancellationToken stop)
    {
        if (isLast) return false;
        var read = await body.ReadAsync(stop);
        (buffer, isLast) = (read.Buffer, read.IsCompleted);
        return true;
    }

    /// <summary>The next whole line of what has been read; the last one needs no end. Valid until the next call.</summary>
    /// <param name="tooLong">It was longer than <see cref="MaxBytes"/> and is not in <paramref name="line"/>.</param>
    public bool TryRead(out ReadOnlySpan<byte> line, out bool tooLong)
    {
        line = default;
        tooLong = false;
        var rest = buffer.Slice(examined);
        if (rest.PositionOf((byte)'\n') is not { } end) return TryReadLast(out line, out tooLong);

        var whole = buffer.Slice(0, end);
        (tooLong, skips, examined) = (skips || whole.Length > MaxBytes, false, 0);
        if (!tooLong) line = Trimmed(Joined(whole));
        buffer = buffer.Slice(buffer.GetPosition(1, end));
        Line++;
        return true;
    }

    /// <summary>Gives back what was read; the start of a line that has no end yet stays.</summary>
    public void Advance()
    {
        if (buffer.Length > MaxBytes) (skips, buffer) = (true, buffer.Slice(buffer.End));
        examined = buffer.Length;
        body.AdvanceTo(buffer.Start, buffer.End);
    }

    /// <summary>Reads to the end of the body and keeps nothing, so that whoever sends it comes to read.</summary>
    /// <returns>Whether there was anything to read.</returns>
    public async Task<bool> PassOver(Pulse pulse, CancellationToken stop)
    {
        var any = false;
        while (!isLast)
        {
            var read = await body.ReadAsync(stop);
            pulse.Beat();
            (any, isLast) = (any || !read.Buffer.IsEmpty, read.IsCompleted);
            body.AdvanceTo(read.Buffer.End);
        }

        return any;
    }

    private bool TryReadLast(out ReadOnlySpan<byte> line, out bool tooLong)
    {
        line = default;
        tooLong = skips || buffer.Length > MaxBytes;
        if (!isLast || (buffer.IsEmpty && !skips)) return false;
        if (!tooLong) line = Trimmed(Joined(buffer));
        buffer = buffer.Slice(buffer.End);
        (skips, examined) = (false, 0);
        Line++;
        return true;
    }

    private ReadOnlySpan<byte> Joined(ReadOnlySequence<byte> whole)
    {
        if (whole.IsSingleSegment) return whole.FirstSpan;
        var length = (int)whole.Length;
        if (joined.Length < length) joined = new byte[Math.Min(MaxBytes, Math.Max(4096, length * 2))];
        whole.CopyTo(joined);
        return joined.AsSpan(0, length);
    }

    private static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> line) => line.Trim(" \t\r"u8);
}
