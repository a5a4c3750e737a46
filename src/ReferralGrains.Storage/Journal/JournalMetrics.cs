using System.Diagnostics.Metrics;

namespace ReferralGrains.Storage.Journal;

internal static class JournalMetrics
{
    public static readonly Meter Meter = new("ReferralGrains");

    private static readonly Histogram<double> CommitSeconds =
        Meter.CreateHistogram<double>("grains_commit_seconds", "s", "From the first statement of a group commit until it is durable.");

    private static readonly Histogram<int> CommitRows =
        Meter.CreateHistogram<int>("grains_commit_rows", "rows", "Journal rows in one group commit.");

    public static void Committed(TimeSpan took, int rows)
    {
        CommitSeconds.Record(took.TotalSeconds);
        CommitRows.Record(rows);
    }
}
