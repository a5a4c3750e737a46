using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Import;

/// <summary>A CSV file of who referred whom.</summary>
internal sealed class ReferralFile(string path, string program)
{
    private static readonly string[] required = ["referee_id", "referrer_id"];
    private static readonly string[] optional = ["approved_at"];

    /// <summary>Every referrer once. This is the one thing that is held in memory for the whole file.</summary>
    public IReadOnlyCollection<string> Referrers() =>
        Rows().Select(row => row.Required("referrer_id")).ToHashSet(StringComparer.Ordinal);

    public IEnumerable<NumberedLine> Lines() => Rows().Select(row => new NumberedLine(row.Line, JsonLine.Write(json =>
    {
        json.WriteString("program_id", program);
        json.WriteString("referee_id", row.Required("referee_id"));
        json.WriteString("referrer_id", row.Required("referrer_id"));
        json.WriteString("status", "approved");
        if (row.Instant("approved_at") is { } approvedAt) json.WriteString("approved_at", approvedAt);
    })));

    private IEnumerable<TableRow> Rows() => new CsvTable(path, required, optional).Rows();
}
