namespace ReferralGrains.Cli.Api;

/// <summary>A line of a file, ready to be sent.</summary>
/// <param name="Number">Its number in the file, from 1, for messages to a person.</param>
/// <param name="Json">The object, without a line end.</param>
/// <param name="Source">As it stands in the file, where somebody wants to have it back.</param>
internal readonly record struct NumberedLine(long Number, byte[] Json, byte[]? Source = null);

/// <summary>
/// The lines that were sent and have no answer yet: what has to be sent again when the connection breaks. It is bounded, and
/// that bound is what keeps memory flat for a file of any size.
/// </summary>
internal sealed class UnansweredLines(int mostLines, long mostBytes)
{
    private readonly Lock gate = new();
    private readonly Queue<NumberedLine> lines = new();
    private long bytes;
    private TaskCompletionSource? room;

    public long Answered { get; private set; }

    public int Count
    {
        get { lock (gate) return lines.Count; }
    }

    public bool IsFull
    {
        get { lock (gate) return IsFullNow; }
    }

    public NumberedLine[] All()
    {
        lock (gate) return [.. lines];
    }

    public void Add(NumberedLine line)
    {
        lock (gate)
        {
            lines.Enqueue(line);
            bytes += line.Json.Length;
        }
    }

    /// <summary>The line that the next answer belongs to, for answers come in the order of the lines; null when none is open.</summary>
    public NumberedLine? Answer()
    {
        lock (gate)
        {
            if (!lines.TryDequeue(out var line)) return null;
            bytes -= line.Json.Length;
            Answered++;
            if (!IsFullNow) room?.TrySetResult();
            return line;
        }
    }

    public Task WaitForRoom(CancellationToken stop)
    {
        lock (gate)
        {
            if (!IsFullNow) return Task.CompletedTask;
            room = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return room.Task.WaitAsync(stop);
        }
    }

    private bool IsFullNow => lines.Count >= mostLines || bytes >= mostBytes;
}
