namespace ReferralGrains.LocalPostgres;

/// <summary>Where our own PostgreSQL lives and how large it may grow.</summary>
public sealed record LocalPostgresOptions
{
    /// <summary>The data folder of the product; the database is <c>pg</c> inside it. It is made when absent.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>
    /// 256 MB of shared buffers instead of a quarter of the memory: several small servers fit beside each other,
    /// at the price of speed once the data outgrows them. Default: no.
    /// </summary>
    public bool Small { get; init; }

    /// <summary>
    /// The folder that holds <c>postgres</c>, <c>initdb</c> and <c>pg_ctl</c>. Default: Debian's folders, then PATH.
    /// </summary>
    public string? BinariesDirectory { get; init; }

    /// <summary>The clock of the waiting and watching; the default is the machine's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
