using System.Collections.Immutable;
using System.Globalization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Turns.Programs;

namespace ReferralGrains.Gateway.Programs;

/// <summary>From the words of the outside to terms: behind it a rule is right.</summary>
internal static class RuleParser
{
    public const int MaxDays = 36_500;
    public const int MaxProducts = 1_000;
    public const int MaxGroup = 100;
    public const int MinN = 2;
    public const int MaxN = 10_000;
    public const int MaxTimes = 1_000;
    public const int MaxPriority = 1_000_000;

    public static (RewardRule Terms, SentState State) Parse(RuleBody body, CallerId id, ProgramTerms program)
    {
        var dates = ProgramDates.Of(program.TimeZone);
        var trigger = RuleWords.Triggers.Supported(body.Trigger, "trigger");
        var (reward, tiers) = RewardParser.Parse(body.Reward, body.Tiers ?? [], body.Steps ?? [], program.Currency);
        if (trigger == Trigger.TierReached && tiers.IsEmpty) throw Problem.MissingField("tiers").AsException();
        if (body.AcknowledgeWarnings != true && TierWarnings.Of(tiers, program.Currency) is { IsEmpty: false } warnings)
            throw Unacknowledged(warnings).AsException();

        var terms = new RewardRule(
            Text.Of(body.Name, "name", Text.MaxName) ?? id.Value,
            trigger,
            reward,
            Limits(body.Limits, dates),
            Conditions(body.Conditions),
            tiers,
            Hold(body.Hold),
            RuleWords.Eligibilities.Parse(body.Eligibility, false, "eligibility"),
            StepParser.Parse(body.Steps ?? [], tiers, reward),
            Exclusive(body.Exclusive, trigger),
            OfApprovals.Schedule(body, trigger),
            OfApprovals.EveryN(body, trigger));
        OfApprovals.Check(terms);
        if (terms.Hold.Mode == HoldMode.Group && reward.Asset != Domain.Money.Asset.Points && reward.Asset.Currency is null)
            throw Problem.Unprocessable("group_needs_value", "hold.mode", "What is grouped has a value that adds up: money, credit or points, not things.").AsException();
        return (terms, new(body.Enabled, dates.From(body.Active?.From, "active.from"), dates.To(body.Active?.To, "active.to"), Budget(body.Budget, trigger)));
    }

    public static Limits Limits(LimitsBody? body, ProgramDates dates)
    {
        if (body is null) return Domain.Programs.Limits.None;
        var limits = new Limits(
            (int?)AmountLimits.Range(body.MaxCount, 1, int.MaxValue, "limits.max_count"),
            AmountLimits.Range(body.MaxAmountMinor, 1, AmountLimits.MaxBoundMinor, "limits.max_amount_minor"),
            RuleWords.CapModes.Parse(body.CapMode, CapMode.Clamp, "limits.cap_mode"),
            (int?)AmountLimits.Range(body.DaysAfterApproved, 1, MaxDays, "limits.days_after_approved"),
            dates.From(body.EventFrom, "limits.event_from"),
            dates.To(body.EventTo, "limits.event_to"));
        return limits.EventFrom >= limits.EventTo
            ? throw Problem.InvalidField("limits.event_to", "The range ends before it begins.").AsException()
            : limits;
    }

    public static Conditions Conditions(ConditionsBody? body)
    {
        if (body is null) return Domain.Programs.Conditions.None;
        var excluded = Texts(body.ExcludedProductIds ?? [], "conditions.excluded_product_ids", CallerId.MaxLength);
        return new(
            AmountLimits.Range(body.MinAmountExclusiveMinor, 0, AmountLimits.MaxBoundMinor, "conditions.min_amount_exclusive_minor"),
            Texts(body.ProductIds ?? [], "conditions.product_ids", CallerId.MaxLength),
            RuleWords.Tags.Parse(body.ReferrerTags?.Word, TagCondition.All, "conditions.referrer_tags"),
            RuleWords.Tags.Parse(body.RefereeTags?.Word, TagCondition.All, "conditions.referee_tags"),
            Named(body.ReferrerTags?.Named, "conditions.referrer_tags"),
            Named(body.RefereeTags?.Named, "conditions.referee_tags"),
            excluded.IsEmpty ? null : excluded,
            Attributes(body.Attributes));
    }

    public static Hold Hold(HoldBody? body, string path = "hold")
    {
        if (body is null) return Domain.Programs.Hold.None;
        var mode = RuleWords.Holds.Supported(body.Mode, path + ".mode");
        if (mode == HoldMode.Group) return Group(body, path);
        if (body.AmountMinor is not null) throw Problem.InvalidField(path + ".amount_minor", "Only a group has an amount.").AsException();
        if (mode is HoldMode.Days or HoldMode.DaysThenActiveCustomer && body.Days is null) throw Problem.MissingField(path + ".days").AsException();
        var days = (int?)AmountLimits.Range(body.Days, 0, MaxDays, path + ".days") ?? 0;
        var fromOccurred = RuleWords.HoldStarts.Parse(body.From, false, path + ".from");
        return mode == HoldMode.None ? Domain.Programs.Hold.None : new(mode, days, fromOccurred);
    }

    private static Hold Group(HoldBody body, string path)
    {
        if (path != "hold") throw Problem.Unprocessable("invalid_rule", path + ".mode", "A group is of all that a rule gives a referrer, not of one enrollment.").AsException();
        if (body.Days is not null || body.From is not null) throw Problem.InvalidField(path + ".days", "A group waits for its amount, not for days.").AsException();
        if (body.AmountMinor is null) throw Problem.MissingField(path + ".amount_minor").AsException();
        return new(HoldMode.Group, AmountMinor: AmountLimits.Range(body.AmountMinor, 1, AmountLimits.MaxBoundMinor, path + ".amount_minor")!.Value);
    }

    private static RuleBudget? Budget(BudgetBody? body, Trigger trigger)
    {
        if (body is null) return null;
        if (trigger == Trigger.Interval) throw Problem.Unprocessable("invalid_rule", "budget", "A schedule is bounded by its times: a budget is for what sales earn.").AsException();
        if (body.Every is not (null or "month")) throw Problem.InvalidField("budget.every", "Expected is month.").AsException();
        return new(
            RuleWords.Owners.Parse(body.Per, default, "budget.per"), AmountLimits.Range(body.AmountMinor, 0, AmountLimits.MaxBoundMinor, "budget.amount_minor")!.Value);
    }

    private static ImmutableArray<string> Texts(ImmutableArray<string> texts, string param, int maxLength)
    {
        if (texts.Length > MaxProducts) throw Problem.InvalidField(param, $"At most {MaxProducts} are possible.").AsException();
        for (var i = 0; i < texts.Length; i++)
            if (Text.Of(texts[i], $"{param}[{i}]", maxLength) is null) throw Problem.InvalidField($"{param}[{i}]", "It is empty.").AsException();
        return texts;
    }

    private static NamedTags? Named(NamedTagsBody? body, string param)
    {
        var named = new NamedTags(Tags.Of(body?.AnyOf, param + ".any_of") ?? [], Tags.Of(body?.NoneOf, param + ".none_of") ?? []);
        return named is { AnyOf.IsEmpty: true, NoneOf.IsEmpty: true } ? null : named;
    }

    private static ImmutableArray<AttributeCondition>? Attributes(ImmutableDictionary<string, ImmutableArray<string>>? body)
    {
        const string Param = "conditions.attributes";
        if (body is null or { Count: 0 }) return null;
        if (body.Count > Referrals.ActionDetails.MaxAttributes)
            throw Problem.InvalidField(Param, $"At most {Referrals.ActionDetails.MaxAttributes} attributes are possible.").AsException();
        var conditions = ImmutableArray.CreateBuilder<AttributeCondition>(body.Count);
        foreach (var (key, values) in body.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (Text.Of(key, Param, Referrals.ActionDetails.MaxAttributeLength) is null || values.IsDefaultOrEmpty)
                throw Problem.InvalidField($"{Param}.{key}", "A key with at least one value is expected.").AsException();
            conditions.Add(new(key, Texts(values, $"{Param}.{key}", Referrals.ActionDetails.MaxAttributeLength)));
        }

        return conditions.MoveToImmutable();
    }

    private static ExclusiveGroup? Exclusive(ExclusiveBody? body, Trigger trigger)
    {
        if (body is null) return null;
        if (trigger == Trigger.TierReached)
            throw Problem.Unprocessable("invalid_rule", "exclusive", "A rule that pays each tier once is not in a group.").AsException();
        var group = Text.Of(body.Group, "exclusive.group", MaxGroup) ?? throw Problem.MissingField("exclusive.group").AsException();
        return new(group, (int)AmountLimits.Range(body.Priority, 0, MaxPriority, "exclusive.priority")!.Value);
    }

    private static Problem Unacknowledged(ImmutableArray<string> warnings) =>
        Problem.Unprocessable("tiers_need_acknowledgement", "acknowledge_warnings", "The tiers overlap or leave gaps; say that it is meant, or change them.")
            with
        { Warnings = warnings };

}

/// <summary>Rules of approvals: one at once, several over time, one for every so many (H2, H9, H11).</summary>
internal static class OfApprovals
{
    // From the last time that is taken in, it ends within the calendar.
    private const int MaxMonthsInAll = 12_000;

    public static Schedule? Schedule(RuleBody body, Trigger trigger)
    {
        var (months, times) = (Value(body.EveryMonths, trigger == Trigger.Interval, StepParser.MaxMonths, "every_months"),
            Value(body.Times, trigger == Trigger.Interval, RuleParser.MaxTimes, "times"));
        if (months * times > MaxMonthsInAll) throw Wrong("times", $"The last reward would be more than {MaxMonthsInAll / 12:N0} years away: every_months and times come to {MaxMonthsInAll:N0} at most.");
        return trigger == Trigger.Interval ? new(months, times) : null;
    }

    public static int EveryN(RuleBody body, Trigger trigger) => Value(body.N, trigger == Trigger.EveryNReferrals, RuleParser.MaxN, "n", RuleParser.MinN);

    public static void Check(RewardRule terms)
    {
        if (terms.Trigger.IsOfActions()) return;
        if (terms.Exclusive is not null) throw Wrong("exclusive", "Only rules of actions are in a group.");
        if (terms.IsTiered && (terms.Trigger != Trigger.ReferralApproved || terms.Tiers[0].By != TierBy.Count))
            throw Wrong("tiers", "Of the rules of approvals only referral_approved has tiers, by count.");
        if (terms is { Trigger: Trigger.ReferralApproved, Reward: { Type: not RewardType.Fixed, Of: RewardBase.Transaction } })
            throw Wrong("reward.of", "An approval has no transaction to be a share of: use conversion_value, a fixed reward, or the trigger first_action.");
    }

    private static int Value(int? value, bool belongs, int max, string param, int min = 1)
    {
        if (!belongs) return value is null ? 0 : throw Wrong(param, "This does not belong to this trigger.");
        return (int)AmountLimits.Range(value ?? throw Problem.MissingField(param).AsException(), min, max, param)!.Value;
    }

    private static ProblemException Wrong(string param, string detail) => Problem.Unprocessable("invalid_rule", param, detail).AsException();
}

/// <summary>Dates of a rule: an instant, or a bare date, which is a whole day in the program's time zone (R6).</summary>
internal sealed class ProgramDates(TimeZoneInfo zone)
{
    public static ProgramDates Of(string timeZone) => new(TimeZoneInfo.FindSystemTimeZoneById(timeZone));

    /// <summary>What every name of a time zone looks like.</summary>
    public const string ZoneForm = "^[A-Za-z0-9/_+-]{1,64}$";

    /// <summary>Whether it is the IANA name of a time zone that this machine knows.</summary>
    public static bool IsKnown(string timeZone) =>
        timeZone.Length is > 0 and <= 64
        && timeZone.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')
        && TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out _);

    /// <summary>The first instant that is inside.</summary>
    public DateTimeOffset? From(string? text, string param) => Parse(text, param, 0);

    /// <summary>The first instant that is outside again: an end day is included.</summary>
    public DateTimeOffset? To(string? text, string param) => Parse(text, param, 1);

    private DateTimeOffset? Parse(string? text, string param, int days)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (Instant.TryParse(text, out var instant)) return instant;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= Instant.FirstYear and < 9999)
            return StartOf(day.AddDays(days));
        throw Problem.InvalidField(param, $"A date like 2026-01-31, or a time with its offset, is expected, not {Text.Shown(text)}.").AsException();
    }

    // Where the clocks skip midnight the day starts when they go on; where midnight comes twice, at the first (D15).
    private DateTimeOffset StartOf(DateOnly day) => ProgramZone.First(day.ToDateTime(TimeOnly.MinValue), zone);
}
