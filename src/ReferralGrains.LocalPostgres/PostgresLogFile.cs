namespace ReferralGrains.LocalPostgres;

/// <summary>What PostgreSQL says in its log about a start that failed.</summary>
internal static class PostgresLogFile
{
    public static long Length(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    // What it says to those who connect while it starts or ends: no reason for anything.
    private static readonly string[] Refusals = ["the database system is", "terminating connection"];

    /// <summary>The last fatal line written since, without its time and process; null when there is none.</summary>
    public static string? FatalSince(string path, long position)
    {
        if (!File.Exists(path)) return null;
        using var reader = new StreamReader(path);
        reader.BaseStream.Position = position;
        string? fatal = null;
        while (reader.ReadLine() is { } line)
        {
            if (MessageOf(line) is { } message && !Refusals.Any(refusal => message.StartsWith(refusal, StringComparison.Ordinal)))
                fatal = message;
        }

        return fatal;
    }

    /// <summary>Orphans of a killed server, or another process that starts it at this moment.</summary>
    public static bool MayPass(string reason) =>
        reason.Contains("still in use", StringComparison.Ordinal) || reason.Contains("already exists", StringComparison.Ordinal);

    /// <summary>What a person can do about it, where PostgreSQL does not say so itself.</summary>
    public static string Advice(string reason) => reason switch
    {
        _ when reason.Contains("No space left", StringComparison.Ordinal) => "; free some space on the disk that holds it",
        _ when reason.Contains("wrong ownership", StringComparison.Ordinal) => "; start as the user who owns it",
        _ when reason.Contains("ermission denied", StringComparison.Ordinal) => "; make the folder writable or choose another with --data",
        _ when reason.Contains("Cannot allocate memory", StringComparison.Ordinal) => "; set GRAINS_POSTGRES_SMALL=1 on a machine with little memory",
        _ => "",
    };

    private static string? MessageOf(string line)
    {
        foreach (var level in (string[])["FATAL:", "PANIC:"])
            if (line.IndexOf(level, StringComparison.Ordinal) is >= 0 and var at) return line[(at + level.Length)..].Trim();
        return null;
    }
}
