using System.Text.Json;
using ReferralGrains.Cli.Api;
using ReferralGrains.Cli.Files;

namespace ReferralGrains.Cli.Import;

/// <summary>What the lines came to of one asset, in its minor unit.</summary>
internal sealed record AssetTotal(string Asset, Int128 EarnedMinor, Int128 TakenBackMinor)
{
    public Int128 NetMinor => EarnedMinor - TakenBackMinor;
}

/// <summary>Counts what became of the lines of one file. Every line counts once, a duplicate with the state that it has now.</summary>
internal sealed class LineTally
{
    private const string ParkedStatus = "parked";
    private readonly Dictionary<string, long> statuses = [];
    private readonly Dictionary<string, long> reasons = [];
    private readonly SortedDictionary<string, AssetTotal> totals = new(StringComparer.Ordinal);

    public long Lines { get; private set; }

    public long Duplicates { get; private set; }

    public long Refused { get; private set; }

    public long Accepted => Lines - Duplicates - Refused;

    public long Rewarded => Of("rewarded");

    public long NotRewarded => Of("not_rewarded");

    public long Reversed => Of("reversed");

    public long Parked => Of(ParkedStatus);

    public Refusals Refusals { get; } = new();

    /// <summary>What was earned and taken back, of all lines whose state is known.</summary>
    public IReadOnlyCollection<AssetTotal> Totals => totals.Values;

    /// <summary>The codes of the decisions that gave no reward, the most frequent first.</summary>
    public IReadOnlyDictionary<string, long> Reasons => reasons
        .OrderByDescending(reason => reason.Value).ThenBy(reason => reason.Key, StringComparer.Ordinal).ToDictionary();

    /// <returns>Why the line was refused; null when it was not.</returns>
    public string? Add(NumberedLine line, JsonElement answer)
    {
        Lines++;
        if (answer.Object("error") is { } error) return Refuse(line, error);
        if (answer.IsTrue("duplicate")) Duplicates++;
        // What it waits for may come behind it: why it is parked is counted at the end.
        if (IsParked(answer)) statuses[ParkedStatus] = Parked + 1;
        else Count(answer);
        return null;
    }

    public static bool IsParked(JsonElement answer) => answer.Text("status") == ParkedStatus;

    /// <summary>The state that a line has at the end, which was parked at first.</summary>
    public void Settle(JsonElement answer)
    {
        if (answer.Text("status") is null) return;
        statuses[ParkedStatus]--;
        Count(answer);
    }

    private long Of(string status) => statuses.GetValueOrDefault(status);

    private void Count(JsonElement answer)
    {
        if (answer.Text("status") is not { } status) return;
        statuses[status] = Of(status) + 1;
        foreach (var decision in answer.Items("decisions")) AddReward(decision);
        if (status is not ("not_rewarded" or ParkedStatus)) return;

        var codes = answer.Items("decisions").Select(decision => decision.Text("code")).OfType<string>().Distinct().ToList();
        if (codes.Count == 0 && answer.Text("code") is { } code) codes.Add(code);
        foreach (var one in codes) reasons[one] = reasons.GetValueOrDefault(one) + 1;
    }

    private void AddReward(JsonElement decision)
    {
        if (decision.Object("reward") is not { } reward || reward.Text("asset") is not { } asset || reward.Number("amount_minor") is not { } minor) return;
        var total = totals.GetValueOrDefault(asset, new(asset, 0, 0));
        // What a won chargeback gives back was taken before: it was earned once.
        totals[asset] = minor < 0 || decision.Text("code") == "given_back"
            ? total with { TakenBackMinor = total.TakenBackMinor - minor }
            : total with { EarnedMinor = total.EarnedMinor + minor };
    }

    private string Refuse(NumberedLine line, JsonElement error)
    {
        Refused++;
        var code = error.Text("code") ?? error.Number("status")?.ToString() ?? "unknown";
        var reason = error.Text("detail") ?? code;
        Refusals.Add(line.Number, code, error.Text("param"), reason);
        return $"{code}{(error.Text("param") is { } field ? $" ({field})" : "")}: {reason}";
    }
}
