using System.Globalization;

namespace ReferralGrains.Server;

/// <summary>What <c>./grains up</c> was told.</summary>
/// <param name="Listen">The address to serve on. Default 127.0.0.1: only this machine.</param>
/// <param name="Port">Default 8080.</param>
/// <param name="DataDirectory">Our PostgreSQL, the first key. Default <c>~/.local/share/referralgrains</c>, or <c>/var/lib/referralgrains</c> for root.</param>
/// <param name="Database">A connection string of the schema's owner, to use a PostgreSQL of yours. Default: one of our own.</param>
public sealed record ServerOptions(string Listen, int Port, string DataDirectory, string? Database)
{
    private const string Usage = "Usage: ./grains up [--port 8080] [--listen 127.0.0.1] [--data DIR] [--database CONNECTION]";

    /// <exception cref="ArgumentException">With the one line to show.</exception>
    public static ServerOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new ServerOptions("127.0.0.1", 8080, DefaultDirectory(), null);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : throw new ArgumentException($"{arguments[i]} needs a value. {Usage}");
            options = arguments[i] switch
            {
                "--port" => options with { Port = ParsePort(value) },
                "--listen" => options with { Listen = value },
                "--data" => options with { DataDirectory = Path.GetFullPath(value) },
                "--database" => options with { Database = value },
                _ => throw new ArgumentException($"Unknown option {arguments[i]}. {Usage}"),
            };
        }

        return options;
    }

    private static int ParsePort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65_536
            ? port
            : throw new ArgumentException($"--port takes a number from 1 to 65535, not {text}.");

    private static string DefaultDirectory() => Environment.UserName == "root"
        ? "/var/lib/referralgrains"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share/referralgrains");
}
