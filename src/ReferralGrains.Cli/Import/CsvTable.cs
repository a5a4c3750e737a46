using System.Text.Unicode;
using CsvHelper;

namespace ReferralGrains.Cli.Import;

/// <summary>
/// A CSV file with a header, read row by row. An unknown column is refused: a misspelt name would otherwise mean "absent" in
/// every row.
/// </summary>
internal sealed class CsvTable(string path, string[] required, string[] optional)
{
    private static readonly CsvReaderOptions options = new()
    {
        Separator = ',',
        TrackLineNumbers = true,
        MalformedData = CsvMalformedDataHandling.Throw,
        // An open quote swallows the rest of the file; no real row is as long as this.
        MaxRecordSize = 1_000_000,
    };

    /// <summary>The rows; each is valid until the next is asked for.</summary>
    /// <exception cref="CommandFailed">The file is not there or not well formed.</exception>
    public IEnumerable<TableRow> Rows()
    {
        using var reader = Open();
        var columns = Columns(reader);
        while (Checked(reader, reader.Read))
        {
            if (reader.FieldCount != columns.Count)
            {
                throw BadFile.At(
                    path, reader.LineNumber, Math.Min(reader.FieldCount, columns.Count) + 1, null,
                    $"{reader.FieldCount} cells where the header has {columns.Count}");
            }

            if (!Utf8.IsValid(reader.RawRecord)) throw BadFile.At(path, reader.LineNumber, 1, null, "the text is not UTF-8");
            yield return new(path, reader, columns);
        }
    }

    private CsvReader Open()
    {
        try
        {
            return CsvReader.Create(File.OpenRead(path), options, leaveOpen: false);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw BadFile.Unreadable(path, unreadable);
        }
    }

    private Dictionary<string, int> Columns(CsvReader reader)
    {
        Checked(reader, () =>
        {
            reader.ReadHeader();
            return true;
        });
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in reader.Headers)
        {
            var column = columns.Count + 1;
            if (!required.Contains(name) && !optional.Contains(name))
                throw BadFile.At(path, 1, column, name, $"unknown column; known are {string.Join(", ", required.Concat(optional))}");
            if (!columns.TryAdd(name, column - 1)) throw BadFile.At(path, 1, column, name, "this column is there twice");
        }

        var missing = required.FirstOrDefault(name => !columns.ContainsKey(name));
        return missing is null ? columns : throw BadFile.At(path, 1, columns.Count + 1, missing, "this column is missing");
    }

    private bool Checked(CsvReader reader, Func<bool> read)
    {
        try
        {
            return read();
        }
        catch (CsvFormatException bad)
        {
            var (line, column) = PositionOf(bad.ByteOffset);
            throw BadFile.At(path, Math.Max(line, bad.LineNumber), column, null, bad.Message.ReplaceLineEndings(" "));
        }
        catch (IOException broken)
        {
            throw BadFile.Unreadable(path, broken);
        }
    }

    /// <summary>The reader knows how many bytes it had read; a person wants the place that an editor goes to.</summary>
    private (long Line, long Column) PositionOf(long offset)
    {
        using var file = new BufferedStream(File.OpenRead(path));
        var (line, column) = (1L, 1L);
        for (var at = 0L; at < offset && file.ReadByte() is >= 0 and var next; at++)
        {
            if (next == '\n') (line, column) = (line + 1, 1);
            else column++;
        }

        return (line, column);
    }
}
