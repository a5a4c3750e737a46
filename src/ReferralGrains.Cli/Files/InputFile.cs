namespace ReferralGrains.Cli.Files;

/// <summary>
/// A file that is read more than once: a first time to its end, so that nothing is sent before all of it is known to be right.
/// What comes on standard input is kept in a temporary file meanwhile.
/// </summary>
internal sealed class InputFile : IDisposable
{
    private const string StandardInput = "-";
    private readonly string path;
    private readonly bool isTemporary;

    private InputFile(string name, string path, bool isTemporary)
    {
        (Name, this.path, this.isTemporary) = (name, path, isTemporary);
        var first = FirstCharacters();
        if (first.StartsWith("PK\u0003\u0004", StringComparison.Ordinal)) throw new CommandFailed($"{name} is a workbook or another archive: save it as CSV");
        if (first is ['[', ..]) throw new CommandFailed($"{name} is one JSON array: what is read is an object in each line, without commas between (jq -c '.[]' makes that of it)");
        if (first.Length == 0) throw new CommandFailed($"{name} is empty");
        IsNdjson = Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".csv" or ".tsv" => false,
            ".ndjson" or ".jsonl" => true,
            _ => first[0] == '{',
        };
    }

    /// <summary>What a person calls it.</summary>
    public string Name { get; }

    /// <summary>One object a line, by its name or else by its first character.</summary>
    public bool IsNdjson { get; }

    public static async Task<InputFile> Take(string given, Func<Stream> standardInput, CancellationToken stop)
    {
        if (given != StandardInput) return new(given, given, isTemporary: false);
        var spool = Path.GetTempFileName();
        try
        {
            await using var input = standardInput();
            await using (var file = File.Create(spool)) await input.CopyToAsync(file, stop);
            return new("standard input", spool, isTemporary: true);
        }
        catch
        {
            File.Delete(spool);
            throw;
        }
    }

    /// <summary>Whether to write to a path is to write over what is read, however both are spelled and whatever links lead there.</summary>
    public static bool IsOver(string written, string? read)
    {
        if (read is null or "" or StandardInput) return false;
        if (Path.GetFullPath(written) == Path.GetFullPath(read)) return true;
        if (!File.Exists(read) || new FileInfo(written) is not { Exists: true, Length: > 0 }) return false;
        try
        {
            // Who shares a file with readers alone locks it, by whatever name: the other path is that file if nobody can have it alone meanwhile.
            using var shared = new FileStream(read, FileMode.Open, FileAccess.Read, FileShare.Read);
            return !CanHaveAlone(written);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false; // As its reader will say.
        }
    }

    public FileStream Open()
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, useAsync: false);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw BadFile.Unreadable(Name, unreadable);
        }
    }

    public void Dispose()
    {
        if (isTemporary) File.Delete(path);
    }

    private static bool CanHaveAlone(string path)
    {
        try
        {
            using var alone = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private string FirstCharacters()
    {
        using var reader = new StreamReader(Open());
        while (reader.Peek() is >= 0 and var next && char.IsWhiteSpace((char)next)) reader.Read();
        var start = new char[4];
        return new(start, 0, reader.ReadBlock(start));
    }
}
