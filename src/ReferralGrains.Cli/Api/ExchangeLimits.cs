namespace ReferralGrains.Cli.Api;

/// <summary>How patient and how far ahead an exchange of lines is.</summary>
internal sealed record ExchangeLimits
{
    public static ExchangeLimits Default { get; } = new();

    /// <summary>Lines that may be sent ahead of their answers. More hides more delay and holds more memory.</summary>
    public int LinesAhead { get; init; } = 16_384;

    /// <summary>Bytes that may be sent ahead of their answers.</summary>
    public long BytesAhead { get; init; } = 8 * 1024 * 1024;

    /// <summary>Attempts without a single answered line after which the exchange gives up.</summary>
    public int Attempts { get; init; } = 8;

    /// <summary>The wait after the first failed attempt; it doubles with each further one. The server may ask for a longer one.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>No wait is longer than this, whatever the server asks for.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A server that owes an answer and is silent for so long counts as gone.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The wait before the given attempt (the second attempt is 1).</summary>
    public TimeSpan Wait(int failures, TimeSpan? asked)
    {
        var doubled = FirstWait * Math.Pow(2, Math.Min(failures - 1, 16));
        var wait = asked > doubled ? asked.Value : doubled;
        return wait < LongestWait ? wait : LongestWait;
    }
}
