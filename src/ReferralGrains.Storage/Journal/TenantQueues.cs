namespace ReferralGrains.Storage.Journal;

/// <summary>
/// Appends that wait, a queue for each tenant, drained one append a tenant in turn, so that a flood by one does not starve the
/// others.
/// </summary>
internal sealed class TenantQueues : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, Queue<PendingAppend>> queues = [];
    private readonly Queue<int> turn = new();
    private readonly SemaphoreSlim some = new(0);
    private int waiting;
    private bool closed;

    public void Add(PendingAppend pending)
    {
        lock (gate)
        {
            if (closed) throw new JournalUnavailableException("The journal is closed.");
            if (!queues.TryGetValue(pending.Append.Tenant, out var queue)) queues.Add(pending.Append.Tenant, queue = new());
            if (queue.Count == 0) turn.Enqueue(pending.Append.Tenant);
            queue.Enqueue(pending);
            waiting++;
        }

        if (some.CurrentCount == 0) some.Release();
    }

    /// <summary>Lets what is queued be drained and takes nothing more.</summary>
    public void Close()
    {
        lock (gate) closed = true;
        some.Release();
    }

    public void Dispose() => some.Dispose();

    /// <summary>Waits for appends and takes up to a number of rows of them. Empty when closed and drained.</summary>
    public async ValueTask<List<PendingAppend>> Take(int maxRows)
    {
        while (true)
        {
            lock (gate)
            {
                if (turn.Count > 0) return Drain(maxRows);
                if (closed) return [];
            }

            await some.WaitAsync();
        }
    }

    /// <summary>Takes all that waits, for nothing of it can be written.</summary>
    public List<PendingAppend> TakeAll()
    {
        lock (gate)
        {
            var taken = queues.Values.SelectMany(static queue => queue).ToList();
            queues.Clear();
            turn.Clear();
            waiting = 0;
            return taken;
        }
    }

    private List<PendingAppend> Drain(int maxRows)
    {
        var taken = new List<PendingAppend>(waiting);
        var streams = new HashSet<long>(waiting);
        for (var rows = 0; rows < maxRows && turn.TryPeek(out var tenant);)
        {
            var queue = queues[tenant];
            var next = queue.Peek();

            // A stream is once in a batch: what follows it waits for the next, after it is known how this one ended.
            if (Meets(next.Append, streams)) break;
            foreach (var stream in next.Append.Streams) streams.Add(stream.Stream.Value);
            turn.Dequeue();
            queue.Dequeue();
            if (queue.Count > 0) turn.Enqueue(tenant);
            else queues.Remove(tenant);
            taken.Add(next);
            waiting--;
            rows += Math.Max(1, next.Append.RowCount);
        }

        return taken;
    }

    private static bool Meets(Append append, HashSet<long> streams)
    {
        foreach (var stream in append.Streams)
            if (streams.Contains(stream.Stream.Value)) return true;
        return false;
    }
}
