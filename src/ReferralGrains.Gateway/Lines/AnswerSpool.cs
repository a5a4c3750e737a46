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
    private SafeFileHandle? file;
    private Task pump = Task.CompletedTask;
    private bool pumps;
    private long written;
    private long sent;

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

            file ??= space.Open();
            RandomAccess.Write(file, answers.Span, written);
            written += answers.Length;
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
        space.Give(written - sent);
        file?.Dispose();
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

    // What has been taken is given back at once; the file starts again whenever it is empty.
    private int Next(byte[] buffer)
    {
        lock (gate)
        {
            var count = file is null ? 0 : RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, written - sent)), sent);
            sent += count;
            space.Give(count);
            if (count > 0) return count;
            (pumps, written, sent) = (false, 0, 0);
            if (file is not null) RandomAccess.SetLength(file, 0);
            return 0;
        }
    }
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
