namespace ReferralGrains.Cli.Files;

/// <summary>A line that was refused, with its own reason.</summary>
internal readonly record struct RefusedLine(long Number, string Reason);

/// <summary>Lines that were refused for one code and field: how many, and the first of them for a person to look at.</summary>
internal sealed record RefusalKind(string Code, string? Field, long Count, IReadOnlyList<RefusedLine> First)
{
    /// <summary>Lines with one reason share a line of text; others have each their own.</summary>
    public IEnumerable<string> Texts()
    {
        var name = Field is null ? Code : $"{Code} ({Field})";
        var rest = Count > First.Count ? ", …" : "";
        var byReason = First.GroupBy(line => line.Reason, line => line.Number).ToList();
        if (byReason is [var only])
        {
            yield return $"{name} {Count:N0}, line {string.Join(", ", only)}{rest}: {only.Key}";
            yield break;
        }

        yield return $"{name} {Count:N0}:";
        foreach (var lines in byReason) yield return $"  line {string.Join(", ", lines)}: {lines.Key}";
        if (rest.Length > 0) yield return $"  and {Count - First.Count:N0} more";
    }
}

/// <summary>Gathers refusals by code and field. It keeps a few lines of each kind, so it does not grow with the file.</summary>
internal sealed class Refusals
{
    private const int LinesKept = 5;
    private const int KindsKept = 200;
    private readonly Dictionary<(string Code, string? Field), (long Count, List<RefusedLine> First)> kinds = [];

    public IReadOnlyList<RefusalKind> Kinds =>
        [.. kinds.OrderByDescending(kind => kind.Value.Count).Select(kind => new RefusalKind(kind.Key.Code, kind.Key.Field, kind.Value.Count, kind.Value.First))];

    public void Add(long line, string code, string? field, string reason)
    {
        var key = kinds.Count < KindsKept || kinds.ContainsKey((code, field)) ? (code, field) : ("other", null);
        var (count, first) = kinds.GetValueOrDefault(key, (0, []));
        if (first.Count < LinesKept) first.Add(new(line, reason));
        kinds[key] = (count + 1, first);
    }
}
