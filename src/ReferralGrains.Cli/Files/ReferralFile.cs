using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Files;

/// <summary>A CSV file of who referred whom.</summary>
internal sealed class ReferralFile
{
    private static readonly string[] known = ["referee_id", "referrer_id", "approved_at"];
    private readonly string program;
    private readonly FileTimes times;
    private readonly int referee;
    private readonly int referrer;
    private readonly int? approvedAt;

    public ReferralFile(InputFile file, string program, FileTimes times)
    {
        (this.program, this.times) = (program, times);
        Table = new(file);
        for (var column = 0; column < Table.Header.Count; column++)
        {
            var name = Table.Header[column];
            if (!known.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw Table.BadHeader(column, name, $"unknown column; known are {string.Join(", ", known)} (cells are separated by {Table.SeparatorName})");
            if (Table.Find(name) != column) throw Table.BadHeader(column, name, "this column is there twice");
        }

        referee = Needed("referee_id");
        referrer = Needed("referrer_id");
        approvedAt = Table.Find("approved_at");
    }

    public CsvTable Table { get; }

    /// <summary>What is to be sent, or what is wrong with it, and whom it names.</summary>
    public IEnumerable<(FileLine Line, string? Referee, string? Referrer)> Lines() => Table.Rows().Select(Read);

    private (FileLine, string?, string?) Read(TableRow row)
    {
        if (row.Fault is { } fault) return (FileLine.Bad(row.Line, null, fault), null, null);
        var faults = new List<Fault>();
        var (refereeId, referrerId) = (Id(referee), Id(referrer));
        DateTimeOffset? approved = null;
        if (approvedAt is { } column && row.Cell(column) is { } text)
        {
            approved = times.Read(text);
            if (approved is null) faults.Add(Fault.Invalid(Table.Header[column], column + 1, times.Reason(text)));
        }

        if (faults.Count > 0) return (FileLine.Bad(row.Line, null, faults), null, null);
        var line = new NumberedLine(row.Line, JsonLine.Write(json =>
        {
            json.WriteString("program_id", program);
            json.WriteString("referee_id", refereeId);
            json.WriteString("referrer_id", referrerId);
            json.WriteString("status", "approved");
            if (approved is { } time) json.WriteString("approved_at", JsonLine.Time(time));
        }));
        return (new(line, default, [], null), refereeId, referrerId);

        string? Id(int place)
        {
            var id = row.Cell(place);
            if (id is null) faults.Add(Fault.Missing(Table.Header[place], place + 1));
            else if (!Ids.IsValid(id)) faults.Add(new("invalid_id", Table.Header[place], place + 1, Ids.Reason(id)));
            return id;
        }
    }

    private int Needed(string name) => Table.Find(name) ?? throw Table.BadHeader(Table.Header.Count, name, "this column is missing");
}
