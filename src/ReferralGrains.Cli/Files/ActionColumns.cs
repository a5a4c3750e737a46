namespace ReferralGrains.Cli.Files;

/// <summary>Where each field of an action stands in a table.</summary>
internal sealed class ActionColumns
{
    private static readonly string[] required = ["action_id", "type", "referee_id"];

    /// <summary>Columns that a file of rejects has beside those of its file.</summary>
    public const string Rejected = "rejected_because";

    private readonly CsvTable table;
    private readonly Dictionary<(string? Type, string Field), Place[]> places = [];

    public ActionColumns(CsvTable table, FileMap map)
    {
        this.table = table;
        foreach (var (field, names) in map.Columns) places[(null, field)] = Places(names);
        foreach (var (type, fields) in map.ColumnsOf)
            foreach (var (field, names) in fields) places[(type, field)] = Places(names);

        if (map.IsOurs) CheckOurs(map);
        else CheckMapped(map);
        Only = [.. map.Only.Where(only => table.Find(only.Key) is not null).Select(only => (table.Find(only.Key)!.Value, only.Key, only.Value))];
        Subtract = [.. map.Subtract.Select(table.Find).OfType<int>()];
        Whole = map.Whole is { } whole ? table.Find(whole) : null;
        TypeColumn = map.Types is { } types ? Needed(types.Column) : null;
        RefundAmount = map.Refund?.Amount is { } amount ? Columns(amount) : [];
        RefundTime = map.Refund?.OccurredAt is { } time ? Columns(time) : [];
        WholeIf = [.. (map.Refund?.WholeIf ?? new Dictionary<string, Names>()).Where(whole => table.Find(whole.Key) is not null).Select(whole => (table.Find(whole.Key)!.Value, whole.Value))];
    }

    public IReadOnlyList<(int Column, string Name, Names Words)> Only { get; }

    public IReadOnlyList<int> Subtract { get; }

    public int? Whole { get; }

    public int? TypeColumn { get; }

    public int[] RefundAmount { get; }

    public int[] RefundTime { get; }

    public IReadOnlyList<(int Column, Names Words)> WholeIf { get; }

    /// <summary>The first cell of a field's columns that is not empty.</summary>
    public string? Text(TableRow row, string? type, string field) => Of(type, field).Select(place => place.In(row)).FirstOrDefault(text => text is not null);

    /// <summary>Each cell of a field's columns.</summary>
    public string?[] Texts(TableRow row, string field) => [.. Of(null, field).Select(place => place.In(row))];

    public static string? First(TableRow row, int[] columns) => columns.Select(row.Cell).FirstOrDefault(text => text is not null);

    /// <summary>What the file calls a field, and where it is; for messages.</summary>
    public (string Name, long Column) PlaceOf(string? type, string field) => field == "type" && TypeColumn is { } word
        ? (table.Header[word], word + 1)
        : Of(type, field) is [{ Column: var first }, ..] ? (table.Header[first], first + 1) : (field, table.Header.Count + 1);

    public char Separator => table.Separator;

    public string NameOf(int column) => table.Header[column];

    private Place[] Of(string? type, string field) =>
        type is not null && places.TryGetValue((type, field), out var own) ? own : places.GetValueOrDefault((null, field), []);

    private int[] Columns(Names names) => [.. names.All.Select(table.Find).OfType<int>()];

    private Place[] Places(Names names) => [.. names.All.Select(PlaceNamed).OfType<Place>()];

    // A name that is there as it stands is meant so.
    private Place? PlaceNamed(string name)
    {
        if (table.Find(name) is { } column) return new(column, "", "");
        var (open, close) = (name.IndexOf('{', StringComparison.Ordinal), name.LastIndexOf('}'));
        return open >= 0 && close > open && table.Find(name[(open + 1)..close]) is { } inside ? new(inside, name[..open], name[(close + 1)..]) : null;
    }

    private int Needed(string name) => table.Find(name) ?? throw table.BadHeader(table.Header.Count, name, "this column is missing");

    // An unknown column is refused: a misspelt name would otherwise mean "absent" in every row.
    private void CheckOurs(FileMap map)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var column = 0; column < table.Header.Count; column++)
        {
            var name = table.Header[column];
            if (name.Equals(Rejected, StringComparison.OrdinalIgnoreCase)) continue;
            if (!map.Columns.Keys.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw table.BadHeader(column, name,
                    $"unknown column; known are {string.Join(", ", map.Columns.Keys)}; for another layout say --map FILE or --preset NAME (cells are separated by {table.SeparatorName})");
            }

            if (!seen.Add(name)) throw table.BadHeader(column, name, "this column is there twice");
        }

        foreach (var field in required) Needed(field);
    }

    private void CheckMapped(FileMap map)
    {
        foreach (var field in (string[])["action_id", "referee_id", "occurred_at", "amount_minor"])
        {
            if (!map.Columns.TryGetValue(field, out var names)) throw new CommandFailed($"the map says no column for {field}");
            if (Of(null, field).Length == 0) throw table.BadHeader(table.Header.Count, names.ToString(), $"this column is missing (it is the {field})");
        }

        if (map.Only.Count > 0 && !map.Only.Keys.Any(name => table.Find(name) is not null))
            throw table.BadHeader(table.Header.Count, new Names([.. map.Only.Keys]).ToString(), "this column is missing (it says which rows count)");
    }

    /// <summary>A column, and the text around what it says.</summary>
    private sealed record Place(int Column, string Before, string After)
    {
        public string? In(TableRow row) => row.Cell(Column) is { } text ? Before + text + After : null;
    }
}
