using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;

namespace ReferralGrains.Gateway.Lines;

/// <summary>
/// Between the answers and a client that may read them late: most HTTP libraries send all of a body before they read a byte. What the
/// client does not take waits in a file, in order, while its lines go on. One writes, and one pumps what waits to the client.
/// </summary>
internal sealed class AnswerSpool(PipeWriter client, SpoolSpace space, Pulse pulse, TimeProvider time, CancellationToken stop) : IAsyncDisposable
{
    private const int PumpedTogether = 64 * 1024;

    private readonly Lock gate = new();
    private readonly Signal moved = new();
    private readonly Queue<SpoolPart> parts = new();
    private SpoolPart? last;
    private Task pump = Task.CompletedTask;
    private bool pumps;

    /// <summary>Whether no more lines may be taken in. What is under way is still kept, for a window bounds it.</summary>
    public bool IsFull => space.IsFull && Volatile.Read(ref pumps);

    public void Write(ReadOnlyMemory<byte> answers)
    {
        lock (gate)
        {
            if (!pumps)
            {
                // The client has these bytes, or its connection does, for the response has begun: what is not complete is only whether it wants more.
                var write = client.WriteAsync(answers, stop);
                pulse.Beat();
                if (write.IsCompletedSuccessfully) return;
                pumps = true;
                pump = Pump(write.AsTask());
                return;
            }

            if (last is null or { IsFull: true }) parts.Enqueue(last = new(space.Open()));
            last.Write(answers.Span);
            space.Take(answers.Length);
        }
    }

    /// <summary>When the client has taken all that was written.</summary>
    /// <exception cref="TimeoutException">It took nothing for so long.</exception>
    public async Task Emptied(TimeSpan patience)
    {
        while (Volatile.Read(ref pumps)) await moved.Wait().AsTask().WaitAsync(patience, time, stop);
        await pump;
    }

    public async ValueTask DisposeAsync()
    {
        await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var part in parts)
        {
            space.Give(part.Waiting);
            part.Dispose();
        }
    }

    private async Task Pump(Task underWay)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PumpedTogether);
        try
        {
            while (true)
            {
                await underWay;
                pulse.Beat();
                var count = Next(buffer);
                moved.Set();
                if (count == 0) return;
                underWay = client.WriteAsync(buffer.AsMemory(0, count), stop).AsTask();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            moved.Set();
        }
    }

    // What has been taken is given back, its disk with the part that it was in: a client that is always behind a little does not fill the disk.
    private int Next(byte[] buffer)
    {
        lock (gate)
        {
            while (parts.TryPeek(out var first))
            {
                var count = first.Read(buffer);
                space.Give(count);
                if (count > 0) return count;
                parts.Dequeue().Dispose();
            }

            (pumps, last) = (false, null);
            return 0;
        }
    }
}

/// <summary>Answers that wait, of one stream and in order: as many as are worth a file.</summary>
internal sealed class SpoolPart(SafeFileHandle file) : IDisposable
{
    private const long Most = 16 * 1024 * 1024;

    private long written;
    private long sent;

    public bool IsFull => written >= Most;

    public long Waiting => written - sent;

    public void Write(ReadOnlySpan<byte> answers)
    {
        RandomAccess.Write(file, answers, written);
        written += answers.Length;
    }

    /// <returns>How much of what waits was read; 0 where nothing does.</returns>
    public int Read(Span<byte> buffer)
    {
        var count = RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, Waiting)], sent);
        sent += count;
        return count;
    }

    public void Dispose() => file.Dispose();
}

/// <summary>The disk that answers may take which nobody has read yet: of all streams of this process together.</summary>
internal sealed class SpoolSpace(string folder, long limit)
{
    private long taken;

    public bool IsFull => Volatile.Read(ref taken) >= limit;

    public void Take(long bytes) => Interlocked.Add(ref taken, bytes);

    public void Give(long bytes) => Interlocked.Add(ref taken, -bytes);

    /// <summary>A file without a name: whatever ends the process, its space is free again.</summary>
    public SafeFileHandle Open()
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"answers-{Guid.NewGuid():n}");
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete);
        File.Delete(path);
        return file;
    }
}

/// <summary>When a byte last went over a stream, either way.</summary>
internal sealed class Pulse(TimeProvider time)
{
    private long beat = time.GetTimestamp();

    public TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref beat));

    public void Beat() => Volatile.Write(ref beat, time.GetTimestamp());
}
