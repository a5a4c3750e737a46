using System.Runtime.CompilerServices;

namespace ReferralGrains.Cli.Files;

/// <summary>A file of referral actions, CSV or NDJSON.</summary>
internal sealed class ActionFile
{
    private readonly NdjsonFile? objects;
    private readonly ActionTable? table;

    public ActionFile(InputFile file, ActionReading reading)
    {
        if (file.IsNdjson)
        {
            if (!reading.Map.IsOurs) throw new CommandFailed($"{file.Name}: a map explains columns, and this file has objects");
            if (reading.Decimals != DecimalMark.None) throw new CommandFailed($"{file.Name}: --decimals is for CSV; objects have amount_minor");
            objects = new(file, reading);
            return;
        }

        Table = new(file);
        table = new(Table, reading);
    }

    /// <summary>Null for a file of objects.</summary>
    public CsvTable? Table { get; }

    /// <summary>The lines, read as they are asked for.</summary>
    public async IAsyncEnumerable<FileLine> Lines([EnumeratorCancellation] CancellationToken stop)
    {
        if (objects is not null)
        {
            await foreach (var line in objects.Lines(stop)) yield return line;
            yield break;
        }

        foreach (var line in table!.Lines()) yield return line;
    }
}
