using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Client;
using ReferralGrains.Web.Console.Layout;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console.Rules;

/// <summary>All terms of a rule as a person fills them in: amounts as 25.00, choices as the API's words, lists with commas or line by line.</summary>
public sealed class RuleForm
{
    public string Id { get; set; } = "";

    public string Name { get; set; } = "";

    public string Trigger { get; set; } = "recurring_action";

    public int? N { get; set; }

    public int? EveryMonths { get; set; }

    public int? Times { get; set; }

    public string Kind { get; set; } = "cash";

    /// <summary>What a free service, a coupon or a thing of one's own is.</summary>
    public string Item { get; set; } = "";

    public string Type { get; set; } = "percent";

    /// <summary>The share in percent, the amount, or the points; empty where tiers or steps say it.</summary>
    public string Value { get; set; } = "";

    /// <summary>Of points by spend: for each of this amount.</summary>
    public string Each { get; set; } = "";

    public string Base { get; set; } = "transaction";

    public string Above { get; set; } = "";

    public string Cap { get; set; } = "";

    public string CapMode { get; set; } = "clamp";

    public int? Count { get; set; }

    public int? Days { get; set; }

    public string EventFrom { get; set; } = "";

    public string EventTo { get; set; } = "";

    public string Products { get; set; } = "";

    public string ExcludedProducts { get; set; } = "";

    /// <summary>Lines as plan: pro, team.</summary>
    public string Attributes { get; set; } = "";

    public TagsForm ReferrerTags { get; private set; } = new();

    public TagsForm RefereeTags { get; private set; } = new();

    public string TiersBy { get; set; } = "count";

    /// <summary>Lines as 0 - 4: 5.00, the last one as 5+: 15 %.</summary>
    public string Tiers { get; set; } = "";

    public string StepsBy { get; set; } = "count";

    /// <summary>Lines as 3: 20 %, the last one as 10 %.</summary>
    public string Steps { get; set; } = "";

    public string Hold { get; set; } = "none";

    public int? HoldDays { get; set; }

    public string HoldFrom { get; set; } = "unlocked";

    public string HoldAmount { get; set; } = "";

    public bool GrantedOnly { get; set; }

    public string ActiveFrom { get; set; } = "";

    public string ActiveTo { get; set; } = "";

    public string Group { get; set; } = "";

    public int? Priority { get; set; }

    public string BudgetPer { get; set; } = "program";

    public string Budget { get; set; } = "";

    /// <summary>Tiers that overlap or leave gaps are meant.</summary>
    public bool Acknowledged { get; set; }

    /// <summary>Whether rewards are amounts of the program's currency.</summary>
    public bool IsMoney => Kind is "cash" or "credit";

    /// <summary>A rule as it would be published again, with all that the API says of it.</summary>
    public static RuleBody BodyOf(RuleAnswer rule) => new()
    {
        Id = rule.Id,
        Name = rule.Name,
        Trigger = Words.As<RuleBodyTrigger>(Words.Of(rule.Trigger)),
        Reward = rule.Reward,
        Limits = rule.Limits,
        Conditions = rule.Conditions,
        Tiers = rule.Tiers,
        Hold = rule.Hold,
        Eligibility = Words.As<RuleBodyEligibility>(Words.Of(rule.Eligibility)),
        Active = rule.Active,
        N = rule.N,
        EveryMonths = rule.EveryMonths,
        Times = rule.Times,
        Steps = rule.Steps,
        Exclusive = rule.Exclusive,
        Budget = rule.Budget,
    };

    public static RuleForm Of(RuleAnswer rule, string currency)
    {
        var (reward, limits, conditions) = (rule.Reward, rule.Limits, rule.Conditions);
        var form = new RuleForm { Kind = Words.Of(reward.Kind) };
        form.Id = rule.Id;
        form.Name = rule.Name;
        form.Trigger = Words.Of(rule.Trigger);
        (form.N, form.EveryMonths, form.Times) = (rule.N, rule.EveryMonths, rule.Times);
        form.Item = reward.Item ?? "";
        form.Type = Words.Of(reward.Type ?? RewardBodyType.Percent);
        form.Value = reward switch { { BasisPoints: { } share } => Percent(share), { Points: { } points } => Whole(points), _ => Amount(reward.AmountMinor) };
        form.Each = Money(reward.PerMinor);
        form.Base = Words.Of(reward.Of ?? RewardBodyOf.Transaction);
        (form.Count, form.Cap, form.CapMode, form.Days) = (limits.MaxCount, Amount(limits.MaxAmountMinor), Words.Of(limits.CapMode ?? LimitsBodyCapMode.Clamp), limits.DaysAfterApproved);
        (form.EventFrom, form.EventTo) = (limits.EventFrom ?? "", limits.EventTo ?? "");
        form.Above = Money(conditions.MinAmountExclusiveMinor);
        (form.Products, form.ExcludedProducts) = (Joined(conditions.ProductIds), Joined(conditions.ExcludedProductIds));
        form.Attributes = string.Join('\n', (conditions.Attributes ?? new Dictionary<string, IReadOnlyList<string>>()).Select(static one => $"{one.Key}: {Joined(one.Value)}"));
        (form.ReferrerTags, form.RefereeTags) = (TagsForm.Of(conditions.ReferrerTags), TagsForm.Of(conditions.RefereeTags));
        if (rule.Tiers is [var tier, ..]) form.TiersBy = Words.Of(tier.By);
        form.Tiers = string.Join('\n', rule.Tiers.Select(one => one.By is TierBodyBy.Count
            ? $"{Bounds(Whole(one.Min ?? 0), one.Max is { } max ? Whole(max) : null)}: {Own(one.BasisPoints, one.AmountMinor)}"
            : $"{Bounds(Money(one.MinMinor ?? 0), one.MaxMinor is { } most ? Money(most) : null)}: {Own(one.BasisPoints, one.AmountMinor)}"));
        if (rule.Steps is [{ UntilMonths: not null }, ..]) form.StepsBy = "months";
        form.Steps = string.Join('\n', (rule.Steps ?? []).Select(one => $"{((one.UntilCount ?? one.UntilMonths) is { } until ? Whole(until) + ": " : "")}{Own(one.BasisPoints, one.AmountMinor)}"));
        (form.Hold, form.HoldDays, form.HoldFrom, form.HoldAmount) =
            (Words.Of(rule.Hold.Mode), rule.Hold.Days, Words.Of(rule.Hold.From ?? HoldBodyFrom.Unlocked), Amount(rule.Hold.AmountMinor));
        form.GrantedOnly = rule.Eligibility is RuleAnswerEligibility.Granted;
        (form.ActiveFrom, form.ActiveTo) = (rule.Active.From ?? "", rule.Active.To ?? "");
        (form.Group, form.Priority) = (rule.Exclusive?.Group ?? "", rule.Exclusive?.Priority);
        if (rule.Budget is { } budget) (form.BudgetPer, form.Budget) = (Words.Of(budget.Per), Amount(budget.AmountMinor));
        return form;

        string Amount(long? minor) => form.IsMoney ? Money(minor) : minor is { } whole ? Whole(whole) : "";
        string Money(long? minor) => minor is { } given ? TypedAmount.Of(given, currency) : "";
        string Own(int? basisPoints, long? minor) => basisPoints is { } share ? $"{Percent(share)} %" : Amount(minor);
        static string Bounds(string from, string? to) => to is null ? $"{from}+" : $"{from} - {to}";
        static string Percent(int basisPoints) => (basisPoints / 100m).ToString("0.##", CultureInfo.InvariantCulture);
        static string Whole(long number) => number.ToString(CultureInfo.InvariantCulture);
        static string Joined(IReadOnlyList<string>? items) => string.Join(", ", items ?? []);
    }

    /// <summary>Whether all of a rule is in the form that was made of it: what is not would be lost by publishing it again.</summary>
    public static bool Holds(RuleAnswer rule, string currency) =>
        Of(rule, currency).Read(currency).Body is { } body && JsonNode.DeepEquals(JsonSerializer.SerializeToNode(BodyOf(rule)), JsonSerializer.SerializeToNode(body));

    /// <summary>What was filled in; or what cannot be read, which names its field. All else the API judges.</summary>
    public (RuleBody? Body, string? Wrong) Read(string currency)
    {
        var reader = new RuleReader(this, currency);
        var body = reader.Body();
        return reader.Wrong is { } wrong ? (null, wrong) : (body, null);
    }
}
