using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using ReferralGrains.Cli.Files;

namespace ReferralGrains.Cli.Import;

/// <summary>
/// Lines that were refused, as they stand in their file, each with its reason: mended, the file can be imported as it is, for the
/// column with the reasons is passed over.
/// </summary>
internal sealed class Rejects : IDisposable
{
    private readonly FileStream file;
    private readonly CsvTable? table;
    private long last;

    /// <param name="path">Made anew.</param>
    /// <param name="table">Where the lines come from; null for a file of objects.</param>
    public Rejects(string path, CsvTable? table)
    {
        this.table = table;
        file = File.Create(path);
        if (table is not null) Write(string.Join(table.Separator, table.Header.Append(ActionColumns.Rejected).Select(Cell)) + "\n");
    }

    public void Add(long line, byte[]? source, string reason)
    {
        // A row that became a sale and its refund is one row.
        if (source is null || line == last) return;
        last = line;
        // Byte for byte: what is not UTF-8 is refused for that, and is to be mended as it was.
        if (table is null && WithReason(source, reason) is { } reasoned) Write(reasoned);
        else file.Write(source);
        Write(table is null ? "\n" : $"{table.Separator}{Cell(reason)}\n");
    }

    public void Dispose() => file.Dispose();

    private void Write(string text) => file.Write(Encoding.UTF8.GetBytes(text));

    private string Cell(string text) => text.AsSpan().ContainsAny([table!.Separator, '"', '\r', '\n']) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    // What is no object has no place for a reason, and what is no Unicode is written as it is.
    private static string? WithReason(byte[] source, string reason)
    {
        if (!Utf8.IsValid(source)) return null;
        try
        {
            if (JsonNode.Parse(source) is not JsonObject action) return null;
            action[ActionColumns.Rejected] = reason;
            return action.ToJsonString();
        }
        catch (Exception broken) when (broken is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
