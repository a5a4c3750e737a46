using System.Collections.Immutable;
using System.Diagnostics;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.Explanations;

/// <summary>The lines of a reward: conditions, value, caps, hold.</summary>
internal static class RewardLines
{
    public static void Add(Explained explained, ImmutableArray<string>.Builder lines)
    {
        if (explained.Terms is not { } terms)
        {
            lines.Add($"It gave {explained.Given(explained.Decision.Minor)}, before the cap {explained.Given(explained.Seen.ValueMinor)}.");
            return;
        }

        if (ConditionLine.Of(explained, terms) is { } conditions) lines.Add(conditions);
        if (StepLine(explained, terms) is { } step) lines.Add(step);
        lines.Add(Value(explained, terms));
        if (Caps(explained, terms.Limits) is { } caps) lines.Add(caps);
        if (explained.Seen.Further?.Budget is { } budget) lines.Add(Budget(explained, budget));
        lines.Add(HoldLine(explained, terms.Hold));
    }

    private static string? StepLine(Explained explained, RewardRule terms)
    {
        if (explained.Seen.Further is not { Step: > 0 and var number } || terms.Steps is not { } steps || number > steps.Length) return null;
        return steps[number - 1] switch
        {
            { UntilCount: { } last } => $"Step {number} of {steps.Length}, up to reward {last}: this is reward {explained.Seen.CountBefore + 1}.",
            { UntilMonths: { } months } => $"Step {number} of {steps.Length}, until {months} months after approval at {explained.ApprovedAt:u}.",
            _ => $"Step {number} of {steps.Length}, which has no end.",
        };
    }

    /// <summary>What the rule's value was, before any cap, and how it was rounded.</summary>
    public static string Value(Explained explained, RewardRule terms)
    {
        var value = explained.Given(explained.Seen.ValueMinor);
        var of = explained.Spent(explained.BaseMinor ?? 0);
        switch (terms.Reward.TypeIn(explained.Own))
        {
            case RewardType.Percent when explained.OfLines is { } part:
                return $"{Percent(explained, terms)} of {part} is {value}, rounded half away from zero.";
            case RewardType.Percent:
                var exact = (Int128)of.Minor * terms.Reward.RateIn(explained.Own).Value % 10_000 == 0;
                return exact
                    ? $"{Percent(explained, terms)} of {of} is {value}, which needs no rounding."
                    : $"{Percent(explained, terms)} of {of} is {value}, rounded half away from zero.";
            case RewardType.Fixed:
                return $"A fixed {value}, whatever the amount is.";
            case RewardType.PerAmount when explained.OfLines is { } part:
                return $"{explained.Given(terms.Reward.Points)} for each {explained.Spent(terms.Reward.PerMinor)} of {part} is {value}, rounded down.";
            case RewardType.PerAmount:
                return $"{explained.Given(terms.Reward.Points)} for each {explained.Spent(terms.Reward.PerMinor)} of {of} is {value}, rounded down.";
            default:
                throw new UnreachableException();
        }
    }

    private static string Percent(Explained explained, RewardRule terms)
    {
        var rate = terms.Reward.RateIn(explained.Own).Value;
        return $"{rate / 100}.{rate % 100:D2} %";
    }

    private static string? Caps(Explained explained, Limits limits)
    {
        var (seen, decision) = (explained.Seen, explained.Decision);
        var count = limits.MaxCount is { } max ? $"Reward {seen.CountBefore + 1} of at most {max}." : null;
        if (limits.MaxAmountMinor is not { } cap) return count;
        var (before, after) = (explained.Given(seen.NetBefore), explained.Given(seen.NetBefore + decision.Minor));
        var amount = decision.Minor < seen.ValueMinor && seen.NetBefore + decision.Minor == cap
            ? $"Net {before} before, {after} after, of at most {explained.Given(cap)}: clamped to the {explained.Given(decision.Minor)} that were left."
            : $"Net {before} before, {after} after, of at most {explained.Given(cap)}.";
        return count is null ? amount : $"{count} {amount}";
    }

    private static string Budget(Explained explained, SeenBudget budget)
    {
        var (used, after) = (explained.Given(budget.UsedMinor), explained.Given(budget.UsedMinor + explained.Decision.Minor));
        var line = $"Of the rule's budget of {explained.Given(budget.AmountMinor)} in {MonthOf(budget)}, {used} were used before and {after} are after";
        return explained.Decision.Minor < explained.Seen.ValueMinor && budget.UsedMinor + explained.Decision.Minor == budget.AmountMinor
            ? $"{line}: clamped to the {explained.Given(explained.Decision.Minor)} that were left."
            : line + ".";
    }

    /// <summary>A budget's month as 2026-01.</summary>
    public static string MonthOf(SeenBudget budget) => $"{budget.Month / 12:D4}-{(budget.Month % 12) + 1:D2}";

    private static string HoldLine(Explained explained, Hold hold)
    {
        var from = hold.FromOccurred ? "the action occurred" : "it was unlocked";
        var until = explained.Seen.ReleaseAt.GetValueOrDefault().UtcDateTime;
        return hold.Mode switch
        {
            HoldMode.None when explained.Seen.Held => "Held until somebody has looked at the referral, which is flagged.",
            HoldMode.None => "Payable at once.",
            HoldMode.DaysThenActiveCustomer => $"Held for {hold.Days} days from when {from}, until {until:u}; then sent if the referee's Stripe customer is active, else cancelled.",
            HoldMode.Days when explained.Seen.Held => $"Held for {hold.Days} days from when {from}, until {until:u}.",
            HoldMode.Days => $"Payable at once: its {hold.Days} days from when {from} were over at {until:u}.",
            HoldMode.Group => $"Grouped: paid out with the referrer's other rewards of this rule when together they reach {explained.Given(hold.AmountMinor)}.",
            HoldMode.Manual when explained.Seen.ReleaseAt is null => "Held until somebody releases it.",
            HoldMode.Manual => $"Held until somebody releases it, expected after {hold.Days} days at {until:u}.",
            _ => throw new UnreachableException(),
        };
    }
}
