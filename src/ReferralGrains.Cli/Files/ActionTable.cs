namespace ReferralGrains.Cli.Files;

/// <summary>What to know beside the file itself.</summary>
/// <param name="Program">Where the actions go.</param>
/// <param name="Currency">Of amounts that name none.</param>
/// <param name="Map">Which column is what.</param>
/// <param name="Times">How its times are written.</param>
/// <param name="Decimals">How its amounts are written.</param>
/// <param name="KeepsSource">Whether each line is wanted back as it stands.</param>
internal sealed record ActionReading(string Program, string Currency, FileMap Map, FileTimes Times, DecimalMark Decimals, bool KeepsSource);

/// <summary>A CSV file of actions, in our own layout or in one that a map explains.</summary>
internal sealed class ActionTable
{
    private readonly CsvTable table;
    private readonly ActionReading reading;
    private readonly ActionColumns columns;

    public ActionTable(CsvTable table, ActionReading reading)
    {
        (this.table, this.reading) = (table, reading);
        columns = new(table, reading.Map);
    }

    /// <summary>What it becomes, in the order of the file.</summary>
    public IEnumerable<FileLine> Lines()
    {
        ActionRow? open = null;
        foreach (var row in table.Rows())
        {
            if (row.Fault is { } fault)
            {
                foreach (var line in Finished(open)) yield return line;
                open = null;
                yield return FileLine.Bad(row.Line, row.Source, fault);
            }
            else if (open is not null && open.IsAlsoIn(row) && columns.Text(row, null, "amount_minor") is null)
            {
                open.AddRow(row);
            }
            else
            {
                foreach (var line in Finished(open)) yield return line;
                open = new(row, columns, reading);
                if (reading.Map.RowsOfOneAction) continue;
                foreach (var line in Finished(open)) yield return line;
                open = null;
            }
        }

        foreach (var line in Finished(open)) yield return line;
    }

    private IEnumerable<FileLine> Finished(ActionRow? row)
    {
        if (row is null) yield break;
        if (row.Skipped is { } why)
        {
            yield return FileLine.LeftOut(row.Draft.Number, why);
            yield break;
        }

        var sale = Line(row.Draft);
        yield return sale;
        if (row.Refund is { } refund && sale.IsFit) yield return Line(refund);
    }

    private FileLine Line(ActionDraft draft)
    {
        var faults = draft.Check(field => columns.PlaceOf(draft.Type, field));
        return faults.Count > 0 ? FileLine.Bad(draft.Number, draft.Source, faults) : new(draft.Line(reading.Program), draft.Facts, [], null);
    }
}
