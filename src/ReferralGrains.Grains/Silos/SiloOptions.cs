using System.Net;
using System.Security.Cryptography.X509Certificates;
using ReferralGrains.Turns;

namespace ReferralGrains.Grains.Silos;

/// <summary>How a process takes part in the cluster.</summary>
public sealed record SiloOptions
{
    /// <summary>Names this start of this process to the others; no two starts have the same. Its lease has the same name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The address at which the other silos reach this one. Default loopback: all on one machine. Any other only by TLS, for whoever
    /// reaches the port is one of us.
    /// </summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Where the other silos come in.</summary>
    public required int SiloPort { get; init; }

    /// <summary>Where gateways of their own come in.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>What silos and gateways show each other, with its key. Null: no TLS, on loopback only.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Whether a certificate that the other end shows is one of ours. Asked only where there is a <see cref="Certificate"/>.</summary>
    public Func<X509Certificate2?, bool> Trusts { get; init; } = static _ => false;

    /// <summary>
    /// How long a caller waits for a grain. Longer hides outages; shorter turns slow commits into repeats. A client's patience is longer,
    /// so that it asks again in between. Default 8 s.
    /// </summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>After how long an idle grain leaves memory. Longer saves loads, shorter saves memory. Default 30 minutes.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long a silo may take to answer a probe. With three missed it is dead for the others: shorter ends a silence sooner, and
    /// ends a silo that was only busy, which costs its memory and a restart. Default 600 ms.
    /// </summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromMilliseconds(600);

    /// <summary>Commands of one tenant in flight from this process. Default 50,000.</summary>
    public int MaxInFlightPerTenant { get; init; } = 50_000;

    /// <summary>Whether a call to a grain is a span of its caller's trace. Default not: who sends no traces anywhere would pay for them all the same.</summary>
    public bool Traces { get; init; }

    public MailboxOptions Mailbox { get; init; } = new();

    /// <summary>Whether the database is known to be away.</summary>
    public Func<bool> IsDatabaseAway { get; init; } = static () => false;

    /// <summary>Whether the process was told to end.</summary>
    public Func<bool> IsEnding { get; init; } = static () => false;
}
