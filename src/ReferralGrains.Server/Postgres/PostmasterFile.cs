using System.Globalization;

namespace ReferralGrains.Server.Postgres;

/// <summary>PostgreSQL's own note of which process serves a data folder.</summary>
internal static class PostmasterFile
{
    /// <summary>
    /// The process that serves this folder, or null. A note may outlive its process and the number may belong to
    /// another one by now, so the process must be a server of this folder; a zombie's command line is empty.
    /// </summary>
    public static int? LivingProcess(string path)
    {
        try
        {
            // Line 1 is the process id, line 2 the data folder.
            var lines = File.ReadLines(path).Take(2).ToArray();
            if (lines.Length < 2 || !int.TryParse(lines[0], CultureInfo.InvariantCulture, out var id)) return null;
            var commandLine = File.ReadAllText($"/proc/{id}/cmdline").Split('\0');
            return commandLine.Contains(lines[1]) ? id : null;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException or IOException { HResult: NoSuchProcess })
        {
            return null;
        }
    }

    // ESRCH: the process ended between the opening and the reading.
    private const int NoSuchProcess = 3;
}
