namespace ReferralGrains.Turns.Engine.Embedded;

/// <summary>How the embedded engine treats its callers and its memory.</summary>
public sealed record EmbeddedOptions
{
    /// <summary>
    /// How long a caller waits for an answer. Longer hides outages, shorter turns slow commits into retries; well below the patience of
    /// a stream's line, which asks again in between. Default 8 s.
    /// </summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>What a refused caller is told to wait. Default 1 s.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Commands of one tenant that may be in flight, so that a flood does not starve its neighbours. Default 50,000.</summary>
    public int MaxInFlightPerTenant { get; init; } = 50_000;

    /// <summary>After how long an idle grain leaves memory. Longer saves loads, shorter saves memory. Default 30 minutes.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMinutes(30);
}
