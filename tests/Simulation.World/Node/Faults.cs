using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Simulation.Node;

/// <summary>What goes wrong with a commit.</summary>
public enum CommitFault
{
    None = 0,

    /// <summary>Nothing is written, or the outcome was unknown and turned out to be nothing.</summary>
    Refused = 1,

    /// <summary>It is written, and the process dies before it can say so.</summary>
    DiesAfter = 2,
}

/// <summary>Decides what goes wrong in a process.</summary>
public interface IFaults
{
    CommitFault OfCommit(IReadOnlyList<Append> batch);

    /// <summary>How many of the waiting appends the next commit takes.</summary>
    int BatchSize(int waiting);

    /// <summary>Whether a read fails.</summary>
    bool OfRead();

    /// <summary>The process dies.</summary>
    void Die();
}

/// <summary>Goes wrong only where a test says so.</summary>
public sealed class ScriptedFaults : IFaults
{
    private readonly Queue<CommitFault> commits = new();

    /// <summary>Reads that are still to fail.</summary>
    public int FailingReads { get; set; }

    /// <summary>Appends that one commit takes.</summary>
    public int MostPerCommit { get; set; } = int.MaxValue;

    /// <summary>Runs before a commit is judged: what happens between a decision and its commit.</summary>
    public Action<IReadOnlyList<Append>>? BeforeCommit { get; set; }

    /// <summary>What happens to the next commits, one each.</summary>
    public void Script(params CommitFault[] faults)
    {
        lock (commits)
            foreach (var fault in faults) commits.Enqueue(fault);
    }

    public CommitFault OfCommit(IReadOnlyList<Append> batch)
    {
        BeforeCommit?.Invoke(batch);
        lock (commits) return commits.TryDequeue(out var fault) ? fault : CommitFault.None;
    }

    public int BatchSize(int waiting) => Math.Min(waiting, MostPerCommit);

    public bool OfRead() => FailingReads > 0 && FailingReads-- > 0;

    public void Die() => throw new InvalidOperationException("A scripted process is killed by its test.");
}
