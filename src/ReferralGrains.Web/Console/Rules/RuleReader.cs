using System.Globalization;
using ReferralGrains.Client;
using ReferralGrains.Web.Console.Layout;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console.Rules;

/// <summary>From what a person typed to a rule's terms, remembering the first field that cannot be read.</summary>
internal sealed class RuleReader(RuleForm form, string currency)
{
    private const string HowMuch = "Say how much: a share from 0.01 to 1000, or an amount.";

    /// <summary>What is to be mended; null while all can be read.</summary>
    public string? Wrong { get; private set; }

    public RuleBody Body()
    {
        var (tiers, steps) = (Lines(form.Tiers).Select(Tier).ToList(), Lines(form.Steps).Select(Step).ToList());
        return new()
        {
            Id = Given(form.Id),
            Name = Given(form.Name),
            Trigger = Word<RuleBodyTrigger>(form.Trigger),
            N = form.Trigger == "every_n_referrals" ? form.N : null,
            EveryMonths = form.Trigger == "interval" ? form.EveryMonths : null,
            Times = form.Trigger == "interval" ? form.Times : null,
            Reward = Reward(isSaidElsewhere: tiers.Count + steps.Count > 0),
            Conditions = Conditions(),
            Limits = Limits(),
            Tiers = tiers,
            Steps = steps.Count > 0 ? steps : null,
            Hold = Hold(),
            Eligibility = form.GrantedOnly ? RuleBodyEligibility.Granted : RuleBodyEligibility.Everyone,
            Active = new() { From = Given(form.ActiveFrom), To = Given(form.ActiveTo) },
            Exclusive = Given(form.Group) is { } group ? new() { Group = group, Priority = form.Priority ?? 0 } : null,
            Budget = Amount(form.Budget, "The budget") is { } budget ? new() { Per = Word<BudgetBodyPer>(form.BudgetPer), AmountMinor = budget, Every = BudgetBodyEvery.Month } : null,
            AcknowledgeWarnings = form.Acknowledged ? true : null,
        };
    }

    private RewardBody Reward(bool isSaidElsewhere)
    {
        var reward = new RewardBody
        {
            Kind = Word<RewardBodyKind>(form.Kind),
            Type = Word<RewardBodyType>(form.Type),
            Of = Word<RewardBodyOf>(form.Base),
            Item = form.Kind is "free_service" or "coupon" or "custom" ? Given(form.Item) : null,
        };
        if (isSaidElsewhere && Given(form.Value) is null) return reward;
        return form.Type switch
        {
            "per_amount" => reward with { Points = Number(form.Value) ?? Fail("Say how many points."), PerMinor = Money(form.Each, "For each") ?? Fail("Say for each of which amount.") },
            "fixed" => reward with { AmountMinor = Amount(form.Value, "The amount") ?? Fail(HowMuch) },
            _ => reward with { BasisPoints = Share(form.Value) },
        };
    }

    private ConditionsBody Conditions() => new()
    {
        MinAmountExclusiveMinor = Money(form.Above, "What sales must be above"),
        ProductIds = Items(form.Products),
        ExcludedProductIds = Items(form.ExcludedProducts) is { Count: > 0 } excluded ? excluded : null,
        Attributes = Lines(form.Attributes).Select(Attribute).DistinctBy(static one => one.Key).ToDictionary() is { Count: > 0 } attributes ? attributes : null,
        ReferrerTags = form.ReferrerTags.Body(),
        RefereeTags = form.RefereeTags.Body(),
    };

    private LimitsBody Limits() => new()
    {
        MaxCount = form.Count,
        MaxAmountMinor = Amount(form.Cap, "The most for a referee"),
        CapMode = Word<LimitsBodyCapMode>(form.CapMode),
        DaysAfterApproved = form.Days,
        EventFrom = Given(form.EventFrom),
        EventTo = Given(form.EventTo),
    };

    private HoldBody Hold() => form.Hold switch
    {
        "none" => new() { Mode = HoldBodyMode.None },
        "group" => new() { Mode = HoldBodyMode.Group, AmountMinor = Amount(form.HoldAmount, "The amount of a group") },
        _ => new() { Mode = Word<HoldBodyMode>(form.Hold), Days = form.HoldDays, From = Word<HoldBodyFrom>(form.HoldFrom) },
    };

    private TierBody Tier(string line)
    {
        var (bounds, own) = Parted(line);
        var (from, to) = bounds.EndsWith('+') ? (bounds[..^1], "") : bounds.Split('-') is [var least, var most] ? (least, most) : ("", "");
        var tier = form.TiersBy == "count"
            ? new TierBody { By = TierBodyBy.Count, Min = Number(from), Max = to.Length > 0 ? Number(to) : null }
            : new TierBody { By = TierBodyBy.Value, MinMinor = TypedAmount.Minor(from, currency), MaxMinor = to.Length > 0 ? TypedAmount.Minor(to, currency) : null };
        var isRead = (tier.Min ?? tier.MinMinor) is not null && (to.Length == 0 || (tier.Max ?? tier.MaxMinor) is not null);
        if (!isRead) Fail($"The tier “{line}” is written as 1 - 4: 15 %, and the last one as 5+: 20 %.");
        return own.EndsWith('%') ? tier with { BasisPoints = Share(own[..^1]) } : tier with { AmountMinor = Amount(own, $"What the tier “{line}” gives") };
    }

    private StepBody Step(string line)
    {
        var (until, own) = Parted(line);
        var end = Number(until) is > 0 and <= int.MaxValue and var number ? (int?)number : null;
        if (end is null && until.Length > 0) Fail($"The step “{line}” is written as 3: 20 %, and the last one as 10 %.");
        var step = form.StepsBy == "count" ? new StepBody { UntilCount = end } : new StepBody { UntilMonths = end };
        return own.EndsWith('%') ? step with { BasisPoints = Share(own[..^1]) } : step with { AmountMinor = Amount(own, $"What the step “{line}” gives") };
    }

    private KeyValuePair<string, IReadOnlyList<string>> Attribute(string line)
    {
        var (key, values) = Parted(line);
        if (key.Length == 0) Fail($"The attribute “{line}” is written as plan: pro, team.");
        return new(key, Items(values));
    }

    // The API may know words that came after this form.
    private T Word<T>(string word)
        where T : struct, Enum
    {
        var known = Words.As<T>(word);
        if (EqualityComparer<T>.Default.Equals(known, default)) Fail($"What “{word}” means is not known here.");
        return known;
    }

    private int? Share(string typed) => TypedAmount.Hundredths(typed) is >= 1 and <= 100_000 and var share ? (int)share : (int?)Fail(HowMuch);

    private long? Amount(string typed, string field) => form.IsMoney ? Money(typed, field) : Given(typed) is null ? null : Number(typed) ?? Fail($"{field} is a whole number.");

    private long? Money(string typed, string field) => Given(typed) is null ? null : TypedAmount.Minor(typed, currency) ?? Fail($"{field} is written as {TypedAmount.Example(currency)}.");

    private long? Fail(string text)
    {
        Wrong ??= text;
        return null;
    }

    private static string? Given(string typed) => typed.Trim() is { Length: > 0 } text ? text : null;

    private static long? Number(string typed) => long.TryParse(typed.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static List<string> Items(string typed) => [.. typed.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    private static string[] Lines(string typed) => typed.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static (string Before, string After) Parted(string line) => line.IndexOf(':', StringComparison.Ordinal) is >= 0 and var at ? (line[..at].Trim(), line[(at + 1)..].Trim()) : ("", line);
}
