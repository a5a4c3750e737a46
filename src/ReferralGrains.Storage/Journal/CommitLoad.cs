namespace ReferralGrains.Storage.Journal;

/// <summary>
/// What share of the last second was spent in commits. Whether there was one a moment ago would not tell a load from a few commits, evenly
/// spaced, beside which the database is idle.
/// </summary>
public sealed class CommitLoad(TimeProvider time)
{
    /// <summary>Well below what streams come to, which wait for each other's commits, and above a few single actions a second on a slow disk.</summary>
    private const double HighShare = 0.25;

    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private long since = time.GetTimestamp();
    private double share;
    private bool isUnderWay;

    public bool IsHigh
    {
        get
        {
            lock (gate) return Share() >= HighShare;
        }
    }

    /// <summary>A commit begins.</summary>
    public void Begin() => Turn(true);

    /// <summary>It is over, whatever came of it.</summary>
    public void End() => Turn(false);

    private void Turn(bool begins)
    {
        lock (gate) (share, since, isUnderWay) = (Share(), time.GetTimestamp(), begins);
    }

    // What is longer ago counts less, so that no commit has to be remembered.
    private double Share()
    {
        var limit = isUnderWay ? 1.0 : 0;
        return limit + ((share - limit) * Math.Exp(-(time.GetElapsedTime(since) / Memory)));
    }
}
