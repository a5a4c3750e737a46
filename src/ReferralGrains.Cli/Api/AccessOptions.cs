using System.CommandLine;

namespace ReferralGrains.Cli.Api;

/// <summary>The options that every command has.</summary>
internal sealed class AccessOptions(Surroundings around)
{
    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Print one JSON object and nothing else.",
        Recursive = true,
    };

    public Option<string?> Url { get; } = new("--url")
    {
        Description = "Where the server answers (default: where the one that runs on the data directory does, else http://127.0.0.1:8080).",
        Recursive = true,
    };

    public Option<string?> Key { get; } = new("--key")
    {
        Description = "The API key (default: GRAINS_ADMIN_KEY, else the file admin.key in the data directory).",
        Recursive = true,
    };

    public Option<string?> Data { get; } = new("--data")
    {
        Description = "The data directory of ./grains up (default: GRAINS_DATA, else ~/.local/share/referralgrains, for root /var/lib/referralgrains).",
        Recursive = true,
    };

    public Access Read(ParseResult parsed)
    {
        var data = parsed.GetValue(Data) ?? DefaultData();
        var given = parsed.GetValue(Url) ?? RunningServer.AddressOf(data) ?? "http://127.0.0.1:8080";
        if (!Uri.TryCreate(given, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new CommandFailed($"--url '{given}' is not an http address");
        if (url.UserInfo.Length > 0) throw new CommandFailed("--url has a name or a password before its host: what opens the server is its key");
        var (key, from) = FindKey(parsed, data);
        // A line end from a shell or a file is not part of it, and what else cannot stand in a header is not repeated here: it may be a secret.
        key = key.Trim();
        return key.All(static character => character is > ' ' and <= '~') ? new(url, key) : throw new CommandFailed($"the key from {from} has a character that no key has");
    }

    private (string Key, string From) FindKey(ParseResult parsed, string data)
    {
        if (parsed.GetValue(Key) is { } given) return (given, "--key");
        if (around.Variable("GRAINS_ADMIN_KEY") is { Length: > 0 } variable) return (variable, "GRAINS_ADMIN_KEY");

        var file = Path.Combine(data, "admin.key");
        try
        {
            return (File.ReadAllText(file), file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailed($"no key: give --key, set GRAINS_ADMIN_KEY, or name the server's data directory with --data (cannot read {file})");
        }
    }

    // As ./grains finds it.
    private string DefaultData() =>
        around.Variable("GRAINS_DATA") is { Length: > 0 } variable ? variable
        : Environment.IsPrivilegedProcess ? "/var/lib/referralgrains"
        : Path.Combine(around.Variable("HOME") ?? "/", ".local/share/referralgrains");
}
