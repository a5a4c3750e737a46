using ReferralGrains.Simulation.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Simulation.Node;

/// <summary>
/// The journal writer of one process: what is appended waits, is committed in groups and is answered afterwards, by whatever order
/// <see cref="ISteps"/> chooses. In the same batch a stream and an action id occur once, as in PostgreSQL's.
/// </summary>
public sealed class MemoryJournal(MemoryDatabase database, MemoryLease lease, ISteps steps, IFaults faults) : IJournal
{
    private readonly Lock gate = new();
    private readonly List<Pending> queue = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> watchers = [];
    private bool held;
    private bool dead;

    /// <summary>What has been committed or refused, for tests that count.</summary>
    public List<(Append Append, AppendOutcome Outcome)> History { get; } = [];

    public Task<AppendOutcome> Append(Append append)
    {
        if (database.Bugs.HasFlag(PlantedBugs.TallyApart) && append.Streams.Length > 1) return Apart(append);
        return Queue(append);
    }

    /// <summary>From now on nothing is committed until <see cref="Release"/>.</summary>
    public void Hold()
    {
        lock (gate) held = true;
    }

    public void Release()
    {
        lock (gate) held = false;
        steps.Later(Commit);
    }

    /// <summary>Completes when this many appends wait.</summary>
    public Task Queued(int count)
    {
        lock (gate)
        {
            if (queue.Count >= count) return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            watchers.Add((count, reached));
            return reached.Task;
        }
    }

    /// <summary>The process is gone: what waits is never committed, what was committed is never answered.</summary>
    public void Kill()
    {
        lock (gate)
        {
            dead = true;
            queue.Clear();
        }
    }

    private Task<AppendOutcome> Queue(Append append)
    {
        var pending = new Pending(append);
        lock (gate)
        {
            queue.Add(pending);
            foreach (var (count, reached) in watchers)
                if (queue.Count >= count) reached.TrySetResult();
        }

        steps.Later(Commit);
        if (database.Bugs.HasFlag(PlantedBugs.AnswerBeforeCommit)) pending.Done.TrySetResult(AppendOutcome.Committed);
        return pending.Done.Task;
    }

    // The planted bug: the referrer's rows, the last stream, are written by themselves, and nobody asks what became of them.
    private async Task<AppendOutcome> Apart(Append append)
    {
        var outcome = await Queue(new()
        {
            Tenant = append.Tenant,
            Streams = [.. append.Streams.Take(append.Streams.Length - 1)],
            Reads = append.Reads,
            SideRows = append.SideRows,
        });
        if (outcome == AppendOutcome.Committed) _ = Queue(new() { Tenant = append.Tenant, Streams = [append.Streams[^1]] });
        return outcome;
    }

    private void Commit()
    {
        var batch = Take();
        if (batch.Count == 0) return;
        try
        {
            var fault = faults.OfCommit([.. batch.Select(pending => pending.Append)]);
            if (fault == CommitFault.Refused) throw new JournalUnavailableException("The database cannot be reached.");
            var outcomes = database.Commit(lease.Silo, [.. batch.Select(pending => pending.Append)]);
            for (var i = 0; i < batch.Count; i++) Answer(batch[i], outcomes[i]);
            if (fault == CommitFault.DiesAfter) faults.Die();
        }
        catch (Exception exception) when (exception is JournalUnavailableException or LeaseLostException)
        {
            foreach (var pending in batch) Later(() => pending.Done.TrySetException(exception));
        }
    }

    private void Answer(Pending pending, AppendOutcome outcome)
    {
        lock (gate) History.Add((pending.Append, outcome));
        Later(() => pending.Done.TrySetResult(outcome));
    }

    private List<Pending> Take()
    {
        lock (gate)
        {
            if (held || dead) return [];
            var most = faults.BatchSize(queue.Count);
            var (batch, streams, ids) = (new List<Pending>(), new HashSet<long>(), new HashSet<(int, string)>());
            while (batch.Count < most && queue.Count > 0)
            {
                var next = queue[0];
                if (next.Append.Streams.Any(stream => streams.Contains(stream.Stream.Value))) break;
                streams.UnionWith(next.Append.Streams.Select(stream => stream.Stream.Value));
                queue.RemoveAt(0);
                var mine = MemoryDatabase.Ids(next.Append).Select(id => (id.Tenant, id.Id.Value)).ToList();
                if (!database.Bugs.HasFlag(PlantedBugs.NoUniqueIndex) && mine.Exists(ids.Contains))
                {
                    Answer(next, AppendOutcome.ActionKnown);
                    continue;
                }

                ids.UnionWith(mine);
                batch.Add(next);
            }

            if (queue.Count > 0) steps.Later(Commit);
            return batch;
        }
    }

    // Who is answered lives in the process: if it dies in between, nobody is.
    private void Later(Action answer) => steps.Later(() =>
    {
        if (!dead) answer();
    });

    private sealed class Pending(Append append)
    {
        public Append Append => append;

        public TaskCompletionSource<AppendOutcome> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
