using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Cli.Files;

namespace ReferralGrains.Cli.Import;

/// <summary>
/// Lines that were refused, as they stand in their file, each with its reason: mended, the file can be imported as it is, for the
/// column with the reasons is passed over.
/// </summary>
internal sealed class Rejects : IDisposable
{
    private readonly StreamWriter writer;
    private readonly CsvTable? table;
    private long last;

    /// <param name="path">Made anew.</param>
    /// <param name="table">Where the lines come from; null for a file of objects.</param>
    public Rejects(string path, CsvTable? table)
    {
        this.table = table;
        try
        {
            writer = new(path, append: false);
        }
        catch (Exception denied) when (denied is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailed($"cannot write {path}: {denied.Message.ReplaceLineEndings(" ")}");
        }

        if (table is not null) writer.WriteLine(string.Join(table.Separator, table.Header.Append(ActionColumns.Rejected).Select(Cell)));
    }

    public void Add(long line, byte[]? source, string reason)
    {
        // A row that became a sale and its refund is one row.
        if (source is null || line == last) return;
        last = line;
        var text = Encoding.UTF8.GetString(source);
        writer.WriteLine(table is null ? WithReason(text, reason) : $"{text}{table.Separator}{Cell(reason)}");
    }

    public void Dispose() => writer.Dispose();

    private string Cell(string text) => text.AsSpan().ContainsAny(table!.Separator, '"', '\n') ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    private static string WithReason(string text, string reason)
    {
        try
        {
            if (JsonNode.Parse(text) is not JsonObject action) return text;
            action[ActionColumns.Rejected] = reason;
            return action.ToJsonString();
        }
        catch (Exception broken) when (broken is JsonException or ArgumentException)
        {
            // What is no object has no place for a reason.
            return text;
        }
    }
}
