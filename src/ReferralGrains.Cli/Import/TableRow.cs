using System.Globalization;
using CsvHelper;

namespace ReferralGrains.Cli.Import;

/// <summary>The row that the reader stands on. An empty cell and an absent column are the same: nothing.</summary>
internal readonly struct TableRow(string path, CsvReader reader, Dictionary<string, int> columns)
{
    /// <summary>The line of the file where the row begins, from 1.</summary>
    public long Line => reader.LineNumber;

    public string? Optional(string column) =>
        columns.TryGetValue(column, out var index) && reader.GetString(index) is { Length: > 0 } text ? text : null;

    public string Required(string column) => Optional(column) ?? throw Bad(column, "is empty");

    public long? WholeNumber(string column)
    {
        if (Optional(column) is not { } text) return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Bad(column, $"'{text}' is not a whole number");
    }

    /// <summary>A point in time as it stands in the file; the server reads it again.</summary>
    public string? Instant(string column)
    {
        if (Optional(column) is not { } text) return null;
        // Without an offset the instant depends on who reads it, so it is no instant.
        var hasOffset = text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-');
        return hasOffset && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? text
            : throw Bad(column, $"'{text}' is not a time such as 2010-12-01T08:26:00Z");
    }

    private CommandFailed Bad(string column, string why) => BadFile.At(path, Line, columns[column] + 1, column, why);
}
