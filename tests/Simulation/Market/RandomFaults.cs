using ReferralGrains.Simulation.Node;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Simulation.Market;

/// <summary>Goes wrong at random, as often as the seed says, until it is told to stop.</summary>
public sealed class RandomFaults(Random random, int refusedPerThousand, int deadlyPerThousand, int readsPerThousand) : IFaults
{
    private int outage;

    /// <summary>What dying means for this process.</summary>
    public Action Dies { get; set; } = static () => { };

    public bool Over { get; set; }

    /// <summary>All commits are refused for a while.</summary>
    public void Outage() => outage = random.Next(12);

    public CommitFault OfCommit(IReadOnlyList<Append> batch)
    {
        if (Over) return CommitFault.None;
        if (outage > 0 && outage-- > 0) return CommitFault.Refused;
        var fate = random.Next(1_000);
        return fate < refusedPerThousand ? CommitFault.Refused : fate < refusedPerThousand + deadlyPerThousand ? CommitFault.DiesAfter : CommitFault.None;
    }

    public int BatchSize(int waiting) => 1 + random.Next(waiting);

    public bool OfRead() => !Over && random.Next(1_000) < readsPerThousand;

    public void Die() => Dies();
}
