using System.Text.Json;

namespace ReferralGrains.Cli.Api;

/// <summary>What a server notes in its data directory for as long as it runs.</summary>
internal static class RunningServer
{
    /// <returns>Where it answers; null when none runs on this directory.</returns>
    public static string? AddressOf(string dataDirectory)
    {
        try
        {
            using var note = JsonDocument.Parse(File.ReadAllText(Path.Combine(dataDirectory, "server.json")));
            // A server that was killed leaves its note, and its number may be another process's by now.
            var program = File.ReadAllText($"/proc/{note.RootElement.GetProperty("pid").GetInt32()}/cmdline");
            return program.Contains("ReferralGrains.Server.dll", StringComparison.Ordinal) ? Reachable(note.RootElement.GetProperty("url").GetString()!) : null;
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    // To listen on every interface is no address.
    private static string Reachable(string url) => url.Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal).Replace("//[::]:", "//[::1]:", StringComparison.Ordinal);
}
