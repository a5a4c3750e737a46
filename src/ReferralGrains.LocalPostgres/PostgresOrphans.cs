using System.Diagnostics;
using System.Globalization;

namespace ReferralGrains.LocalPostgres;

/// <summary>
/// What a killed PostgreSQL leaves: its backends end by themselves as soon as they wait for something, but one that
/// computes for minutes would keep the next server from starting for as long.
/// </summary>
internal static class PostgresOrphans
{
    /// <summary>Ends the backends of this data folder whose server is gone, as their server would have in a crash.</summary>
    public static void End(string data)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id)) continue;
            if (IsBackend(id, data) && !HasServer(id)) Kill(id);
        }
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It ended by itself.
        }
    }

    private static bool IsBackend(int id, string data) =>
        // A server's command line begins with its program; a backend has replaced it with what it does.
        Read($"/proc/{id}/cmdline").StartsWith("postgres: ", StringComparison.Ordinal) && CurrentFolder(id) == data;

    private static bool HasServer(int id)
    {
        // The fourth field of stat; the second, the name, is in parentheses and holds no blank here.
        var fields = Read($"/proc/{id}/stat").Split(' ');
        return fields.Length > 3 && int.TryParse(fields[3], CultureInfo.InvariantCulture, out var parent)
            && Read($"/proc/{parent}/comm").TrimEnd() == "postgres";
    }

    private static string? CurrentFolder(int id)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{id}/cwd", returnFinalTarget: false)?.FullName;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            // It is gone, or a container forbids even root to look: then it has to end by itself.
            return null;
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // It ended between the listing and the look.
            return "";
        }
    }
}
