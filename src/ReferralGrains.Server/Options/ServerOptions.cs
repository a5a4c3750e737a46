using System.Collections.Immutable;
using System.Net;
using ReferralGrains.Gateway;
using ReferralGrains.Payouts.Sending;

namespace ReferralGrains.Server.Options;

/// <summary>Whether a process holds grains, answers HTTP, or both.</summary>
public enum ProcessRole
{
    Both = 0,
    Silo = 1,
    Gateway = 2,
}

/// <summary>How log lines look.</summary>
public enum LogFormat
{
    /// <summary>Text for a terminal, JSON for everything else.</summary>
    Auto = 0,
    Text = 1,
    Json = 2,
}

/// <summary>What an operator decided. <see cref="Settings"/> says of each what it means, its range and its default.</summary>
public sealed record ServerOptions
{
    public string Listen { get; init; } = "127.0.0.1";

    public int Port { get; init; } = 8080;

    public string DataDirectory { get; init; } = DefaultDirectory();

    /// <summary>A connection string of the schema's owner; null for a PostgreSQL of our own.</summary>
    public string? Database { get; init; }

    public ProcessRole Role { get; init; }

    public IPAddress SiloAddress { get; init; } = IPAddress.Loopback;

    /// <summary>Null to find a free one, which is kept.</summary>
    public int? SiloPort { get; init; }

    /// <summary>Null to find a free one, which is kept.</summary>
    public int? GatewayPort { get; init; }

    public string? TlsCertificate { get; init; }

    public string? TlsKey { get; init; }

    public string? TlsAuthority { get; init; }

    /// <summary>Whether a sandbox with a shop's history is loaded, if it is not there yet.</summary>
    public bool Demo { get; init; }

    public LogFormat Log { get; init; }

    /// <summary>The first key, as the caller chose it; null to make one.</summary>
    public string? AdminKey { get; init; }

    public StripeKeys StripeKeys { get; init; } = StripeKeys.None;

    /// <summary>Requests a second to one endpoint of Stripe.</summary>
    public int StripeRate { get; init; } = 25;

    /// <summary>Requests a second to all of them together.</summary>
    public int StripeRateInAll { get; init; } = 100;

    /// <summary>How many times shorter payouts wait than live money allows.</summary>
    public int StripeHaste { get; init; } = 1;

    public SourceSecrets SourceSecrets { get; init; } = SourceSecrets.None;

    public ImmutableArray<IPNetwork> WebhookNetworks { get; init; } = [];

    public bool PostgresSmall { get; init; }

    public string? PostgresPrograms { get; init; }

    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(8);

    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromMilliseconds(600);

    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMinutes(30);

    public int InFlightPerTenant { get; init; } = 50_000;

    public int TurnSize { get; init; } = 1_000;

    public int MailboxSize { get; init; } = 10_000;

    public int AttributionsPerHour { get; init; } = 20;

    /// <summary>Null for as each request is addressed.</summary>
    public Uri? PublicUrl { get; init; }

    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    public TimeSpan UnreadAnswers { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan Unavailable { get; init; } = TimeSpan.FromSeconds(30);

    public int StreamSpool { get; init; } = 1_024;

    public int StreamsPerTenant { get; init; } = 64;

    public TimeSpan IdleStream { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Where the pages find the API; null for this process's own port.</summary>
    public Uri? ApiAddress { get; init; }

    /// <summary>The issuer at which people sign in to the console; null for by key alone.</summary>
    public Uri? OidcAuthority { get; init; }

    public string? OidcClientId { get; init; }

    public string? OidcClientSecret { get; init; }

    public IReadOnlyList<string> OidcScopes { get; init; } = ["openid", "email"];

    /// <summary>The file of whom to let in, as whom.</summary>
    public string? OidcKeys { get; init; }

    /// <summary>Null where only HTTP/1.1 is served.</summary>
    public int? Http2Port { get; init; }

    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Where a browser or a client on this machine finds it.</summary>
    public string Url => $"http://{(Listen.Contains(':', StringComparison.Ordinal) ? $"[{Listen}]" : Listen)}:{Port}";

    /// <summary>Where this process finds itself: to listen on every interface is no address.</summary>
    public Uri OwnUrl => new($"http://{Listen switch { "0.0.0.0" => "127.0.0.1", "::" => "[::1]", _ when Listen.Contains(':', StringComparison.Ordinal) => $"[{Listen}]", _ => Listen }}:{Port}");

    private static string DefaultDirectory() => Environment.UserName == "root"
        ? "/var/lib/referralgrains"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share/referralgrains");
}
