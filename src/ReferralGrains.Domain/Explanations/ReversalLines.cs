using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.Explanations;

/// <summary>The lines of a refund or a chargeback, or of what undoes one: its share of the recorded reward, cumulatively (D8).</summary>
internal static class ReversalLines
{
    public static void Add(Explained explained, ImmutableArray<string>.Builder lines)
    {
        var (decision, sent) = (explained.Decision, explained.Action.Action);
        if (decision.Share is not { } share)
        {
            lines.Add(decision.Minor == 0 ? DecisionTexts.Of(decision.Code) : $"{Verb(decision.Code)} {explained.Given(Math.Abs(decision.Minor))}.");
            return;
        }

        var undoes = sent.Kind is ActionKind.ChargebackWon or ActionKind.RefundFailed;
        if (sent.AmountMinor > decision.AppliedMinor && share.SaleMinor > 0)
            lines.Add(undoes
                ? $"Of {explained.Sold(sent.AmountMinor.Value)} only {explained.Sold(decision.AppliedMinor)} are not undone any more: the rest was not taken by it, or is by others."
                : $"Of {explained.Sold(sent.AmountMinor.Value)} only {explained.Sold(decision.AppliedMinor)} were left of the sale.");
        if (sent.Detail?.Lines is not null && share.LinesIgnored) lines.Add("It names lines and its sale has none, so it counts on the sale as a whole.");
        lines.Add(share.SaleMinor > 0
            ? $"{explained.Sold(share.UndoneMinor)} of the sale's {explained.Sold(share.SaleMinor)} are undone so far."
            : "The sale has no amount above zero, so it is undone as a whole.");
        lines.Add(Reward(explained, share));
    }

    private static string Reward(Explained explained, ReversedShare share)
    {
        var (decision, given, taken) = (explained.Decision, explained.Given(share.GivenMinor), explained.Given(share.TakenMinor));
        return decision.Code switch
        {
            _ when share.GivenMinor == 0 => "The sale earned no reward here.",
            DecisionCode.TakenBack =>
                $"Taken back {explained.Given(-decision.Minor)}: {taken} of the recorded reward of {given} so far, rounded half away from zero.",
            DecisionCode.GivenBack =>
                $"Given back {explained.Given(decision.Minor)} that the {(explained.Action.Action.Kind == ActionKind.RefundFailed ? "refund" : "chargeback")} had taken: {taken} of the recorded reward of {given} stay taken.",
            DecisionCode.NothingToGiveBack => $"Nothing is given back: {taken} of the recorded reward of {given} stay taken.",
            _ => $"Nothing is taken back this time: {taken} of the recorded reward of {given} had been before.",
        };
    }

    private static string Verb(DecisionCode code) => code == DecisionCode.GivenBack ? "Given back" : "Taken back";
}
