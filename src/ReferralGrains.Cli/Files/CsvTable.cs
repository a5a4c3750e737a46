using System.Text;
using System.Text.Unicode;
using CsvHelper;

namespace ReferralGrains.Cli.Files;

/// <summary>A CSV file with a header, read row by row. Which character separates its cells is seen from the header.</summary>
internal sealed class CsvTable
{
    private const int LongestHeader = 64 * 1024;
    private const string Separators = ",;\t|";
    private readonly InputFile file;

    // Excel says sep=; in a line of its own, which the reader understands if nothing is said here.
    private readonly char? separator;

    public CsvTable(InputFile file)
    {
        this.file = file;
        separator = SeparatorOf(FirstLine());
        using var reader = Open();
        ReadHeader(reader);
        Separator = reader.Separator;
        Header = [.. reader.Headers.Select(name => name.Trim())];
    }

    /// <summary>The names of the columns, without blanks around them.</summary>
    public IReadOnlyList<string> Header { get; }

    public char Separator { get; }

    /// <summary>The separator as one says it.</summary>
    public string SeparatorName => Separator switch { '\t' => "tabs", ',' => "','", var other => $"'{other}'" };

    /// <summary>The column of that name, in any case; null when there is none.</summary>
    public int? Find(string name)
    {
        for (var column = 0; column < Header.Count; column++)
            if (Header[column].Equals(name.Trim(), StringComparison.OrdinalIgnoreCase)) return column;
        return null;
    }

    /// <summary>Where the header is wrong.</summary>
    public CommandFailed BadHeader(int column, string name, string why) =>
        BadFile.At(file.Name, 1, new("bad_header", name, column + 1, why));

    /// <summary>The rows; each is valid until the next is asked for. One that cannot be read is the last.</summary>
    public IEnumerable<TableRow> Rows()
    {
        using var reader = Open();
        ReadHeader(reader);
        while (true)
        {
            var (any, broken) = Next(reader);
            if (broken is { } last) yield return last;
            if (!any) yield break;
            yield return new(reader.LineNumber, reader, FaultOf(reader));
        }
    }

    private Fault? FaultOf(CsvReader reader)
    {
        if (reader.FieldCount != Header.Count)
            return new("wrong_cells", null, Math.Min(reader.FieldCount, Header.Count) + 1, $"{reader.FieldCount} cells where the header has {Header.Count}");
        return Utf8.IsValid(reader.RawRecord) ? null : Fault.NotUtf8;
    }

    private (bool Any, TableRow? Broken) Next(CsvReader reader)
    {
        try
        {
            return (reader.Read(), null);
        }
        catch (CsvFormatException bad)
        {
            var (line, column) = PositionOf(bad.ByteOffset);
            return (false, new(Math.Max(line, bad.LineNumber), null, new(Fault.Malformed, null, column, bad.Message.ReplaceLineEndings(" "))));
        }
        catch (IOException broken)
        {
            throw BadFile.Unreadable(file.Name, broken);
        }
    }

    private CsvReader Open() => CsvReader.Create(file.Open(), new CsvReaderOptions
    {
        Separator = separator,
        TrimWhitespace = true,
        TrimInsideQuotes = true,
        TrackLineNumbers = true,
        MalformedData = CsvMalformedDataHandling.Throw,
        // An open quote swallows the rest of the file; no real row is as long as this.
        MaxRecordSize = 1_000_000,
    }, leaveOpen: false);

    private void ReadHeader(CsvReader reader)
    {
        try
        {
            reader.ReadHeader();
        }
        catch (CsvFormatException bad)
        {
            throw BadFile.At(file.Name, 1, new(Fault.Malformed, null, 1, bad.Message.ReplaceLineEndings(" ")));
        }
        catch (IOException broken)
        {
            throw BadFile.Unreadable(file.Name, broken);
        }
    }

    private string FirstLine()
    {
        using var reader = new StreamReader(file.Open());
        var start = new char[LongestHeader];
        var text = start.AsSpan(0, reader.ReadBlock(start)).TrimStart();
        return text[..(text.IndexOfAny('\r', '\n') is >= 0 and var end ? end : text.Length)].ToString();
    }

    // By the header alone: in the rows, products have ';' between them and notes have commas.
    private static char? SeparatorOf(string header)
    {
        if (header.StartsWith("sep=", StringComparison.OrdinalIgnoreCase)) return null;
        var quoted = false;
        var bare = new StringBuilder(header.Length);
        foreach (var character in header)
        {
            if (character == '"') quoted = !quoted;
            else if (!quoted) bare.Append(character);
        }

        var text = bare.ToString();
        return Separators.MaxBy(separator => text.Count(character => character == separator));
    }

    /// <summary>The reader knows how many bytes it had read; a person wants the place that an editor goes to.</summary>
    private (long Line, long Column) PositionOf(long offset)
    {
        using var bytes = file.Open();
        var (line, column) = (1L, 1L);
        for (var at = 0L; at < offset && bytes.ReadByte() is >= 0 and var next; at++)
        {
            if (next == '\n') (line, column) = (line + 1, 1);
            else column++;
        }

        return (line, column);
    }
}
