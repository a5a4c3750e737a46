using System.Collections.Immutable;
using System.Net;

namespace ReferralGrains.Webhooks;

/// <summary>How endpoints are told. The defaults are for production; tests shorten them.</summary>
public sealed record WebhookOptions
{
    /// <summary>
    /// After each attempt that fails: seconds for a restart, then ever longer, so that a receiver has a weekend; three days in all. Then the
    /// endpoint is disabled, and nothing is lost: it goes on from where it stood.
    /// </summary>
    public static readonly ImmutableArray<TimeSpan> Usual =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(2),
        TimeSpan.FromHours(4), .. Enumerable.Repeat(TimeSpan.FromHours(8), 8),
    ];

    public ImmutableArray<TimeSpan> Waits { get; init; } = Usual;

    /// <summary>Private networks in which endpoints may be; none by default, for whoever adds an endpoint could reach what only this server can.</summary>
    public ImmutableArray<IPNetwork> Networks { get; init; } = [];

    /// <summary>Of one attempt, from the connection to the end of the answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one endpoint is told before others get its place, if there are more than places.</summary>
    public TimeSpan Slice { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a process may be silent before another takes an endpoint over. Above a slice and an attempt.</summary>
    public TimeSpan Term { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How long what was taken may be unsaved: as much is told again after a crash.</summary>
    public TimeSpan Unsaved { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often it is looked for what to tell.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The same while nobody wants to be told anything.</summary>
    public TimeSpan IdlePause { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long events and attempts can be looked at, and an endpoint that is disabled finds what it has missed.</summary>
    public TimeSpan Kept { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Endpoints that this process tells side by side.</summary>
    public int AtOnce { get; init; } = 128;

    /// <summary>Those that failed last have places of their own, so that what hangs keeps none from what works.</summary>
    public int FailingAtOnce { get; init; } = 32;
}
