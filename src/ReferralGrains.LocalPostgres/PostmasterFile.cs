using System.Globalization;

namespace ReferralGrains.LocalPostgres;

/// <summary>PostgreSQL's own note of which process serves a data folder. It outlives a killed process.</summary>
internal static class PostmasterFile
{
    /// <summary>
    /// The process that serves this folder, or null. Its number may belong to another process by now, so that one must
    /// be a server of this folder.
    /// </summary>
    public static int? LivingProcess(string path) =>
        // The second line is the data folder, an argument of its server. A dead process has no arguments.
        Read(path) is { } note && Process(note.Id, "cmdline").Split('\0').Contains(note.Folder) ? note.Id : null;

    /// <summary>
    /// The process of the note when it is dead but its parent has not taken note of that; the init of some containers
    /// takes seconds. PostgreSQL does not start until then.
    /// </summary>
    public static int? UnreapedProcess(string path) =>
        Read(path) is { } note && Process(note.Id, "stat").Contains(") Z ", StringComparison.Ordinal) ? note.Id : null;

    /// <summary>
    /// The process of the note when it lives and is something else: after a restart of the machine or a container, numbers come again.
    /// PostgreSQL cannot tell and does not start.
    /// </summary>
    public static int? Stranger(string path) =>
        Read(path) is { } note && Process(note.Id, "cmdline") is { Length: > 0 } arguments && !arguments.Split('\0').Contains(note.Folder) ? note.Id : null;

    private static (int Id, string Folder)? Read(string path)
    {
        var lines = ReadIfThere(path).Split('\n');
        return lines.Length > 1 && int.TryParse(lines[0], CultureInfo.InvariantCulture, out var id) ? (id, lines[1]) : null;
    }

    private static string Process(int id, string file) => ReadIfThere($"/proc/{id}/{file}");

    private static string ReadIfThere(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // A note is removed, and a process ends, between any two looks.
            return "";
        }
    }
}
