using System.Threading.Tasks.Sources;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Lines;

/// <summary>
/// The lines that are read and not yet answered, in input order: a ring with one who fills it and one who empties it. It is bounded by
/// lines, of which it may have fewer while others wait, and by bytes, which is what keeps memory flat however long the stream is and whatever its lines hold.
/// </summary>
internal sealed class Window<TItem, TReply>(Func<int, int> share)
{
    // Enough to fill group commits; more would only be live objects for the garbage collector to copy.
    private const int Lines = 768;
    private const long MaxBytes = 8 * 1024 * 1024;

    private readonly Slot<TItem, TReply>?[] slots = new Slot<TItem, TReply>?[Lines];
    private readonly Signal room = new();
    private readonly Signal answers = new();
    private long filled;
    private long emptied;
    private long bytes;
    private long awaited;
    private bool wantsRoom;
    private volatile int most = Lines;
    private volatile bool ended;
    private volatile bool abandoned;

    public bool HasRoom => filled - Volatile.Read(ref emptied) < most && Volatile.Read(ref bytes) < MaxBytes;

    /// <summary>Asks again how many lines it may hold.</summary>
    public void Share() => most = share(Lines);

    /// <summary>The next free slot; to be filled and then published by <see cref="Publish"/>.</summary>
    public Slot<TItem, TReply> Next(long line, int lineBytes)
    {
        var slot = slots[filled % Lines] ??= new();
        (slot.Line, slot.Bytes) = (line, lineBytes);
        Interlocked.Add(ref bytes, lineBytes);
        return slot;
    }

    public void Publish(Slot<TItem, TReply> slot)
    {
        Volatile.Write(ref filled, filled + 1);
        if (slot.IsDone) Answered(slot);
    }

    /// <summary>Until a quarter of it is free again, so that the reader does not wake for every line.</summary>
    public async ValueTask WaitForRoom()
    {
        Volatile.Write(ref wantsRoom, true);
        Interlocked.MemoryBarrier();
        while (!HasRoom && !ended) await room.Wait();
        Volatile.Write(ref wantsRoom, false);
    }

    /// <summary>No line follows.</summary>
    public void End()
    {
        ended = true;
        answers.Set();
        room.Set();
    }

    /// <summary>Nobody reads the answers any more, so nobody waits for them.</summary>
    public void Abandon()
    {
        abandoned = true;
        End();
    }

    /// <summary>The next line in input order if it is answered, or null.</summary>
    public Slot<TItem, TReply>? Head() =>
        emptied < Volatile.Read(ref filled) && slots[emptied % Lines] is { IsDone: true } slot ? slot : null;

    /// <summary>Whether another line will be answered; waits until it is.</summary>
    public async ValueTask<bool> WaitForHead()
    {
        while (true)
        {
            Volatile.Write(ref awaited, emptied);
            Interlocked.MemoryBarrier();
            if (Head() is not null) return true;
            if (abandoned || (ended && emptied == Volatile.Read(ref filled))) return false;
            await answers.Wait();
        }
    }

    /// <summary>The head has been written.</summary>
    public void Free(Slot<TItem, TReply> slot)
    {
        var freed = slot.Bytes;
        slot.Clear();
        Volatile.Write(ref emptied, emptied + 1);
        Interlocked.Add(ref bytes, -freed);
        if (!Volatile.Read(ref wantsRoom)) return;
        var left = Volatile.Read(ref filled) - emptied;
        if (left <= most * 3 / 4 && Volatile.Read(ref bytes) <= MaxBytes * 3 / 4) room.Set();
    }

    /// <summary>A slot was answered: its writer may wait for just this one.</summary>
    public void Answered(Slot<TItem, TReply> slot)
    {
        Interlocked.MemoryBarrier();
        if (slots[Volatile.Read(ref awaited) % Lines] == slot) answers.Set();
    }
}

/// <summary>A line between its reading and its answer. Used again and again: the window holds a fixed number of them.</summary>
internal sealed class Slot<TItem, TReply>
{
    private volatile bool done;

    /// <summary>Counts from 1, blank lines included, as an editor counts.</summary>
    public long Line;
    public int Bytes;
    /// <summary>False for a line that could not be parsed.</summary>
    public bool IsParsed;
    public TItem? Item;
    public TReply? Reply;
    public Problem? Problem;
    public string? Name;

    public bool IsDone => done;

    public void Answer(TReply reply)
    {
        Reply = reply;
        done = true;
    }

    public void Fail(Problem problem)
    {
        Problem = problem;
        done = true;
    }

    public void Clear()
    {
        (IsParsed, Item, Reply, Problem, Name) = (false, default, default, null, null);
        done = false;
    }
}

/// <summary>Wakes the one who waits, again and again, without an object for each time. A signal that nobody waits for is kept.</summary>
internal sealed class Signal : IValueTaskSource
{
    private const int Idle = 0;
    private const int Signalled = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> source = new() { RunContinuationsAsynchronously = true };
    private int state;

    public void Set()
    {
        while (true)
        {
            var seen = Volatile.Read(ref state);
            if (seen == Signalled) return;
            var next = seen == Waiting ? Idle : Signalled;
            if (Interlocked.CompareExchange(ref state, next, seen) != seen) continue;
            if (seen == Waiting) source.SetResult(true);
            return;
        }
    }

    public ValueTask Wait()
    {
        source.Reset();
        if (Interlocked.CompareExchange(ref state, Waiting, Idle) == Idle) return new(this, source.Version);
        Volatile.Write(ref state, Idle);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);
}
