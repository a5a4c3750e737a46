using System.Text;
using ReferralGrains.Gateway;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Server.Options;

/// <summary>All that an operator may decide, in the order in which help and docs/configuration.md list it.</summary>
internal static class Settings
{
    private const int Width = 118;
    private const int Indent = 6;

    public static IReadOnlyList<Setting> All { get; } =
    [
        new("port", "1 to 65535", "8080", "Where to serve HTTP.", (options, text) => options with { Port = Values.Port(text) }),
        new("listen", "an IP address, or localhost", "127.0.0.1",
            "On which address. Only this machine can reach the default; 0.0.0.0 is every interface, and then a proxy in front should end TLS.",
            (options, text) => options with { Listen = Values.Listen(text) }),
        new("http2-port", "1 to 65535", "none",
            "Where to serve HTTP/2 in clear, for clients that begin with it (h2c). The other port serves HTTP/1.1; a proxy that ends TLS may speak either.",
            (options, text) => options with { Http2Port = Values.Port(text) }),
        new("data", "a folder", "~/.local/share/referralgrains, for root /var/lib/referralgrains",
            "The PostgreSQL of our own, the first key and what this process notes of itself. One folder belongs to one process.",
            (options, text) => options with { DataDirectory = text.Length > 0 ? Path.GetFullPath(text) : throw new FormatException("takes a folder") }),
        new("database", "a postgres:// URL or a connection string", "a PostgreSQL of our own, in the data folder",
            "Use this PostgreSQL; the role must own the database. Every process that names the same database joins the same cluster.",
            (options, text) => options with { Database = DatabaseAddress.Parse(text) }),
        new("role", "both, silo or gateway", "both",
            "Whether this process holds grains, answers HTTP, or both. Gateways of their own keep parsing apart from deciding, and cost each action a way over the wire.",
            (options, text) => options with { Role = Values.Word<ProcessRole>(text) }),
        new("silo-address", "an IP address", "127.0.0.1",
            "The address at which the other processes of the cluster reach this one. Beyond loopback only with a certificate: whoever reaches the port is one of us.",
            (options, text) => options with { SiloAddress = Values.Address(text) }),
        new("silo-port", "1 to 65535", "a free one, kept in the data folder", "Where other silos come in.",
            (options, text) => options with { SiloPort = Values.Port(text) }),
        new("gateway-port", "1 to 65535", "a free one, kept in the data folder", "Where processes of role gateway come in.",
            (options, text) => options with { GatewayPort = Values.Port(text) }),
        new("tls-certificate", "a PEM file", "none",
            "The certificate of this process for the others, by the authority below. All of them have one, or none.",
            (options, text) => options with { TlsCertificate = Values.ExistingFile(text) }),
        new("tls-key", "a PEM file", "none", "The certificate's private key.", (options, text) => options with { TlsKey = Values.ExistingFile(text) }),
        new("tls-authority", "a PEM file", "none",
            "The authority of the cluster's certificates, and of no others: whoever shows a certificate of it is let in as one of us.",
            (options, text) => options with { TlsAuthority = Values.ExistingFile(text) }),
        new("demo", "alone, or 1 or 0", "0",
            "Load a sandbox with eight months of a real shop's sales, referrals, rewards and payouts, unless it is there, and print where to look at it. A stand-in for Stripe is paid; no money moves.",
            (options, text) => options with { Demo = Values.YesOrNo(text) }) { IsSwitch = true },
        new("log", "auto, text or json", "auto", "How log lines look. auto is text on a terminal and JSON, for a collector, everywhere else.",
            (options, text) => options with { Log = Values.Word<LogFormat>(text) }),
        new("response-timeout", "1s to 2m", "8s",
            "How long a caller waits for a grain. Longer hides outages; shorter turns slow commits into repeats. Streams ask again by themselves.",
            (options, text) => options with { ResponseTimeout = Values.Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)) }),
        new("probe-timeout", "100ms to 10s", "600ms",
            "How long a silo may take to answer a probe; after three missed it is dead for the others. Shorter ends a silence sooner, and ends silos that were only busy.",
            (options, text) => options with { ProbeTimeout = Values.Duration(text, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10)) }),
        new("idle-after", "2m to 24h", "30m", "After how long an idle grain leaves memory. Longer saves loads, shorter saves memory.",
            (options, text) => options with { IdleAfter = Values.Duration(text, TimeSpan.FromMinutes(2), TimeSpan.FromHours(24)) }),
        new("in-flight-per-tenant", "100 to 10000000", "50000",
            "Commands of one tenant under way from this process; one more is answered busy. Higher lets a flood take more memory from its neighbours.",
            (options, text) => options with { InFlightPerTenant = Values.Number(text, 100, 10_000_000) }),
        new("turn-size", "1 to 10000", "1000",
            "Commands that one turn of a grain takes. More make larger commits; fewer make each of them wait less.",
            (options, text) => options with { TurnSize = Values.Number(text, 1, 10_000) }),
        new("mailbox-size", "100 to 1000000", "10000", "Commands that may wait at one grain; one more is answered busy.",
            (options, text) => options with { MailboxSize = Values.Number(text, 100, 1_000_000) }),
        new("attributions-per-hour", "0 to 1000000", "20",
            "Referees attributed to one referrer in an hour before it is flagged for review, which stops its payouts. Higher lets fraud through, lower flags good days; 0 flags nobody.",
            (options, text) => options with { AttributionsPerHour = Values.Number(text, 0, 1_000_000) }),
        new("cors-origins", "origins, separated by commas", "none",
            "Origins whose pages may call the API from a browser, such as https://shop.example. A key that is in a page is everybody's key: give it the role ingest.",
            (options, text) => options with { CorsOrigins = Values.Origins(text) }),
        new("public-url", "an origin", "as each request is addressed",
            "Where browsers find this server, such as https://referrals.shop.example, for links that it gives out: a proxy in front of it may have another name, and speak TLS.",
            (options, text) => options with { PublicUrl = Values.Origins(text) is [var origin] ? new(origin) : throw new FormatException("takes one origin such as https://shop.example, without a path") }),
        new("api-address", "an http or https URL", "this process's own port",
            "Where the console finds the API, which is all that it talks to. Another address is for a port that this process cannot reach itself.",
            (options, text) => options with { ApiAddress = Values.HttpUrl(text) }),
        new("oidc-authority", "an https URL", "none",
            "The issuer of an OpenID Connect provider at which people may sign in to the console, as docs/console.md has it. Keys open it all the same.",
            (options, text) => options with { OidcAuthority = Values.Issuer(text) }),
        new("oidc-client-id", "a name", "none", "What the provider calls this server; it must let it come back to /console/sign-in/returned.",
            (options, text) => options with { OidcClientId = text }),
        new("oidc-client-secret", "visible ASCII characters", "none", "With what this server shows the provider that it is the one.",
            (options, text) => options with { OidcClientSecret = Values.Visible(text) })
        { IsSecret = true },
        new("oidc-keys", "a JSON file", "none",
            "Who may come in from the provider, and with which API key, whose tenant and role they then have: " + SignInKeys.Form + ". Read at each sign-in; the first line that fits counts, and whom none fits is refused.",
            (options, text) => options with { OidcKeys = SignInFile(text) }),
        new("oidc-scopes", "words, separated by blanks", "openid email", "What is asked of the provider, so that the claims of the file are in its ID token.",
            (options, text) => options with { OidcScopes = Values.Scopes(text) }),
        new("unread-answers", "1s to 1h", "60s",
            "How long a client of a stream may leave its answers unread, once it has sent all, before it is cut off. Longer keeps disk for clients that are gone; shorter cuts off slow ones.",
            (options, text) => options with { UnreadAnswers = Values.Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)) }),
        new("stream-spool", "1 to 1000000", "1024",
            "Megabytes of the data folder for answers of streams whose clients send all before they read. When it is full, no more of their lines are taken, and a line says so.",
            (options, text) => options with { StreamSpool = Values.Number(text, 1, 1_000_000) }),
        new("streams-per-tenant", "1 to 10000", "64",
            "Streams that a tenant may have open at this process; one more is refused. Each costs some 65 KB, also when nothing goes over it.",
            (options, text) => options with { StreamsPerTenant = Values.Number(text, 1, 10_000) }),
        new("idle-stream", "1m to 24h", "5m",
            "After how long a stream ends over which no byte goes. Longer keeps memory for clients that are gone; shorter ends those that send now and then.",
            (options, text) => options with { IdleStream = Values.Duration(text, TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)) }),
        new("unavailable", "1s to 10m", "30s",
            "How long a line of a stream is tried again while the journal cannot be reached. Longer rides out longer outages; shorter tells the client sooner.",
            (options, text) => options with { Unavailable = Values.Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)) }),
        new("stop-within", "1s to 10m", "8s",
            "How long a stop waits for what is under way. Longer lets slow clients finish; a service manager must wait longer than this before it kills.",
            (options, text) => options with { StopWithin = Values.Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)) }),
        new("stripe-keys", "a JSON file", "none",
            "The Stripe keys of tenants, as docs/payouts.md has it; without one nothing is sent. Read at the start, and never written to the database or a log.",
            (options, text) => options with { StripeKeys = StripeKeys.Parse(File.ReadAllText(Values.ExistingFile(text))) }),
        new("stripe-rate", "1 to 100000", "25",
            "Requests a second to one endpoint of Stripe, for each Stripe account. More than Stripe allows the account only meets refusals, which delay; fewer pay later.",
            (options, text) => options with { StripeRate = Values.Number(text, 1, 100_000) }),
        new("stripe-rate-in-all", "1 to 100000", "100", "Requests a second to all of Stripe's endpoints together, for each Stripe account.",
            (options, text) => options with { StripeRateInAll = Values.Number(text, 1, 100_000) }),
        new("stripe-haste", "1 to 600", "1",
            "For sandboxes and tests: payouts wait so many times shorter before they send again, look up and compare. Above 1 nothing is sent for a tenant with a live key.",
            (options, text) => options with { StripeHaste = Values.Number(text, 1, 600) }),
        new("source-secrets", "a JSON file", "none",
            "What signs the events of sources: " + SourceSecrets.Form + "; without one no source can be made. Read at the start, and never written to the database or a log.",
            (options, text) => options with { SourceSecrets = SourceSecrets.Parse(File.ReadAllText(Values.ExistingFile(text))) }),
        new("webhook-networks", "networks, separated by commas", "none",
            "Private networks, such as 10.1.0.0/16, in which tenants may have webhook endpoints, by http too. Whoever may add an endpoint can then send to every port in them.",
            (options, text) => options with { WebhookNetworks = Values.Networks(text) }),
        new("postgres-small", "1 or 0", "0",
            "For the PostgreSQL of our own: 256 MB of shared buffers instead of a quarter of the memory. Several fit beside each other, slower once the data outgrows them.",
            (options, text) => options with { PostgresSmall = Values.YesOrNo(text) }),
        new("postgres-bin", "a folder", "Debian's, then the path", "For the PostgreSQL of our own: where postgres, initdb and pg_ctl are.",
            (options, text) => options with { PostgresPrograms = text }),
        new("admin-key", "32 to 512 visible ASCII characters", "one is made, shown once and kept in admin.key in the data folder",
            "The first key, with every role. One that is made is not shown where --log json is said and no terminal is there: what keeps the output lets others read it.", (options, text) => options with { AdminKey = Values.AdminKey(text) })
        { IsSecret = true },
    ];

    /// <summary>What <c>./grains up --help</c> prints and docs/configuration.md holds.</summary>
    public static string Help()
    {
        var text = new StringBuilder();
        foreach (var setting in All)
        {
            text.Append("  ").Append(setting.Called).Append("  (").Append(setting.Value).Append(") default ").Append(setting.Default).Append('\n');
            foreach (var line in Wrapped(setting.Meaning)) text.Append(' ', Indent).Append(line).Append('\n');
        }

        return text.ToString();
    }

    private static string SignInFile(string path)
    {
        var file = Values.ExistingFile(path);
        SignInKeys.Parse(File.ReadAllText(file));
        return file;
    }

    private static IEnumerable<string> Wrapped(string text)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Width - Indent)
            {
                yield return line.ToString();
                line.Clear();
            }

            if (line.Length > 0) line.Append(' ');
            line.Append(word);
        }

        yield return line.ToString();
    }
}
