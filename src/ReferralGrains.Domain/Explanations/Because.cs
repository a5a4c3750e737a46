using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.Explanations;

/// <summary>
/// Why a decision came out as it did (D20), in a few short English lines: the rule and its version, then either each condition with the
/// value that it saw, the rounding, the caps and the hold, or the one refusal with the values that made it. Rendered from what was
/// recorded, never decided again.
/// </summary>
public static class Because
{
    /// <param name="decision">One of the <paramref name="action"/>'s.</param>
    /// <param name="program">The action's; any revision since the decision.</param>
    public static ImmutableArray<string> Lines(DecisionOutcome decision, ActionOutcome action, ProgramTerms program)
    {
        var explained = Explained.Of(decision, action, program);
        var lines = ImmutableArray.CreateBuilder<string>(5);
        lines.Add(RuleLine(explained));
        if (action.Action.Kind != ActionKind.Sale) ReversalLines.Add(explained, lines);
        else if (decision.Code == DecisionCode.Rewarded) RewardLines.Add(explained, lines);
        else lines.Add(RefusalLine.Of(explained));
        return lines.DrainToImmutable();
    }

    /// <summary>Why an action has no decision: what it waits for, or that nothing was there to decide it.</summary>
    public static string Undecided(DecisionCode code) => DecisionTexts.Of(code);

    private static string RuleLine(Explained explained)
    {
        var (decision, rule) = (explained.Decision, explained.Program.Rule(explained.Decision.Rule).Id);
        if (decision.Seen is null or { AdjustedBy: 0 }) return $"Rule {rule}, version {decision.Version}.";
        return explained.Terms is null
            ? $"Rule {rule}, version {decision.Version}, with an adjustment of this enrollment that has been replaced since."
            : $"Rule {rule}, version {decision.Version}, adjusted for this enrollment only.";
    }
}
