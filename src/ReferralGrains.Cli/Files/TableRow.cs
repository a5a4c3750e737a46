using CsvHelper;

namespace ReferralGrains.Cli.Files;

/// <summary>The row that the reader stands on. An empty cell and an absent column are the same: nothing.</summary>
/// <param name="Line">The line of the file where the row begins, from 1.</param>
/// <param name="Reader">Null for a row that could not be read.</param>
/// <param name="Fault">Why none of its cells can be believed.</param>
internal readonly record struct TableRow(long Line, CsvReader? Reader, Fault? Fault)
{
    /// <summary>As it stands in the file.</summary>
    public byte[] Source => Reader is null ? [] : Reader.RawRecord.ToArray();

    public string? Cell(int column) => Reader!.GetString(column) is { Length: > 0 } text ? text : null;
}
