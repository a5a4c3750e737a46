namespace ReferralGrains.Cli.Files;

/// <summary>What reading a file to its end has found. It does not grow with the file.</summary>
internal sealed class FileFindings
{
    private const int ReasonsKept = 50;
    private readonly SortedDictionary<string, long> types = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(string Type, string Currency), Int128> amounts = [];
    private readonly Dictionary<string, long> skipped = [];
    private DateTimeOffset? before;

    /// <summary>Actions that are fit to be sent.</summary>
    public long Fit { get; private set; }

    /// <summary>Lines with something wrong.</summary>
    public long Bad { get; private set; }

    public Refusals Refusals { get; } = new();

    /// <summary>The line that is wrong, while there is only one, and the first that is wrong with it.</summary>
    public (long Line, Fault Fault)? Only { get; private set; }

    /// <summary>Behind it nothing could be read.</summary>
    public bool IsCutShort { get; private set; }

    public DateTimeOffset? Oldest { get; private set; }

    public DateTimeOffset? Newest { get; private set; }

    /// <summary>Actions that are older, and that are newer, than the one before them in the file.</summary>
    public long Older { get; private set; }

    public long Newer { get; private set; }

    /// <summary>Refunds and chargebacks without a time: of an order that says that it was refunded, and not when.</summary>
    public long UndatedReversals { get; private set; }

    public bool IsNewestFirst => Older > Newer;

    public IReadOnlyDictionary<string, long> Types => types;

    /// <summary>The sum of the amounts, by type and currency.</summary>
    public IReadOnlyDictionary<(string Type, string Currency), Int128> Amounts => amounts;

    /// <summary>Why rows were left out, the most frequent first.</summary>
    public IReadOnlyDictionary<string, long> Skipped => skipped.OrderByDescending(reason => reason.Value).ToDictionary();

    public void Add(FileLine line, string currency)
    {
        if (line.Skipped is { } why)
        {
            var reason = skipped.Count < ReasonsKept || skipped.ContainsKey(why) ? why : "other reasons";
            skipped[reason] = skipped.GetValueOrDefault(reason) + 1;
        }
        else if (line.Faults.Count > 0)
        {
            AddBad(line);
        }
        else
        {
            AddFit(line.Facts, currency);
        }
    }

    private void AddBad(FileLine line)
    {
        Only = Bad++ == 0 ? (line.Line.Number, line.Faults[0]) : null;
        foreach (var fault in line.Faults)
        {
            Refusals.Add(line.Line.Number, fault.Code, fault.Field, fault.Reason);
            IsCutShort |= fault.Code == Fault.Malformed;
        }
    }

    private void AddFit(ActionFacts facts, string currency)
    {
        Fit++;
        if (facts.Type is null) return;
        types[facts.Type] = types.GetValueOrDefault(facts.Type) + 1;
        if (facts.AmountMinor is { } minor)
        {
            var key = (facts.Type, facts.Currency ?? currency);
            amounts[key] = amounts.GetValueOrDefault(key) + minor;
        }

        if (facts.OccurredAt is not { } time)
        {
            if (facts.Type != "sale") UndatedReversals++;
            return;
        }

        if (Oldest is null || time < Oldest) Oldest = time;
        if (Newest is null || time > Newest) Newest = time;
        if (time < before) Older++;
        if (time > before) Newer++;
        before = time;
    }
}
