using System.Text.Json;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Import;

/// <summary>Why lines were refused: how many, and the first of them, for a person to look at.</summary>
internal sealed record Refusals(string Code, long Count, IReadOnlyList<long> FirstLines, string? Detail);

/// <summary>Counts what became of the lines of one file. Every line counts once.</summary>
internal sealed class LineTally
{
    private const int LinesShown = 5;
    private readonly Dictionary<string, (long Count, List<long> Lines, string? Detail)> refused = [];
    private readonly Dictionary<string, long> statuses = [];
    private readonly Dictionary<string, long> reasons = [];

    public long Lines { get; private set; }

    public long Duplicates { get; private set; }

    public long Refused { get; private set; }

    public long Accepted => Lines - Duplicates - Refused;

    public long Rewarded => Of("rewarded");

    public long NotRewarded => Of("not_rewarded");

    public long Reversed => Of("reversed");

    public long Parked => Of("parked");

    /// <summary>The codes of the decisions that gave no reward, the most frequent first.</summary>
    public IReadOnlyDictionary<string, long> Reasons =>
        reasons.OrderByDescending(reason => reason.Value).ThenBy(reason => reason.Key, StringComparer.Ordinal).ToDictionary();

    public IReadOnlyList<Refusals> Refusals =>
        [.. refused.OrderByDescending(kind => kind.Value.Count).Select(kind => new Refusals(kind.Key, kind.Value.Count, kind.Value.Lines, kind.Value.Detail))];

    public void Add(NumberedLine line, JsonElement answer)
    {
        Lines++;
        if (answer.Object("error") is { } error) Refuse(line, error);
        else if (answer.IsTrue("duplicate")) Duplicates++;
        else Accept(answer);
    }

    private long Of(string status) => statuses.GetValueOrDefault(status);

    private void Accept(JsonElement answer)
    {
        if (answer.Text("status") is not { } status) return;
        statuses[status] = statuses.GetValueOrDefault(status) + 1;
        if (status is not ("not_rewarded" or "parked")) return;

        var codes = answer.Items("decisions").Select(decision => decision.Text("code")).OfType<string>().Distinct().ToList();
        if (codes.Count == 0 && answer.Text("code") is { } code) codes.Add(code);
        foreach (var one in codes) reasons[one] = reasons.GetValueOrDefault(one) + 1;
    }

    private void Refuse(NumberedLine line, JsonElement error)
    {
        Refused++;
        var code = error.Text("code") ?? error.Number("status")?.ToString() ?? "unknown";
        var (count, lines, detail) = refused.GetValueOrDefault(code, (0, [], error.Text("detail")));
        if (lines.Count < LinesShown) lines.Add(line.Number);
        refused[code] = (count + 1, lines, detail);
    }
}
