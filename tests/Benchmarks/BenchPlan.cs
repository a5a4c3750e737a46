namespace Benchmarks;

/// <summary>How much is measured.</summary>
internal sealed record BenchPlan
{
    public required bool IsQuick { get; init; }

    public required int Rounds { get; init; }

    /// <summary>Enrollments of the program that <c>stream</c> and <c>single</c> use.</summary>
    public int Enrollments { get; init; } = 20_000;

    public int Referrers { get; init; } = 1_000;

    /// <summary>Referees of the one referrer of <c>hot</c>.</summary>
    public int HotReferees { get; init; } = 2_000;

    public TimeSpan BaselineFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most actions of one round of <c>stream</c>; a slow machine stops earlier, after <see cref="StreamAtMost"/>.</summary>
    public int StreamActions { get; init; } = 300_000;

    public TimeSpan StreamAtMost { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long streams warm the product up, and single requests: its compiler needs time on cores that are busy, not a number of calls.</summary>
    public TimeSpan WarmUpFor { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan WarmUpSingleFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Actions of each enrollment before its memory is measured; each leaves an open hold.</summary>
    public int IdleActions { get; init; } = 4;

    /// <summary>Actions of one round of the limit.</summary>
    public int LimitActions { get; init; } = 200_000;

    public TimeSpan SingleFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Streams of one tenant beside the single requests of another, and how many of those a second.</summary>
    public int NeighbourStreams { get; init; } = 4;

    public double NeighbourPerSecond { get; init; } = 400;

    /// <summary>Holds that fall due at once in one round of <c>due</c>.</summary>
    public int DueRewards { get; init; } = 100_000;

    public int DueEnrollments { get; init; } = 20_000;

    /// <summary>Referrers of one payout batch, each paid by a transfer.</summary>
    public int PayoutItems { get; init; } = 5_000;

    public int GrownEnrollments { get; init; } = 1_000_000;

    public int GrownJournalRows { get; init; } = 10_000_000;

    /// <summary>Connections that send at once in <c>stream</c> and <c>hot</c>.</summary>
    public int StreamConnections { get; init; } = 3;

    /// <summary>Keep-alive connections of <c>single</c>.</summary>
    public int SingleConnections { get; init; } = 128;

    public static BenchPlan Full(int rounds) => new() { IsQuick = false, Rounds = rounds };

    public static BenchPlan Quick(int rounds) => new()
    {
        IsQuick = true,
        Rounds = rounds,
        Enrollments = 5_000,
        Referrers = 250,
        HotReferees = 500,
        BaselineFor = TimeSpan.FromSeconds(2),
        StreamActions = 60_000,
        StreamAtMost = TimeSpan.FromSeconds(2),
        WarmUpFor = TimeSpan.FromSeconds(12),
        WarmUpSingleFor = TimeSpan.FromSeconds(6),
        LimitActions = 40_000,
        SingleFor = TimeSpan.FromSeconds(1.5),
        DueRewards = 10_000,
        DueEnrollments = 2_000,
        PayoutItems = 1_000,
        GrownEnrollments = 50_000,
        GrownJournalRows = 500_000,
    };
}
