using System.Collections.Immutable;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Programs;

/// <summary>The steps of a rule: one kind of end, in order, and the last without one (X3).</summary>
internal static class StepParser
{
    public const int MaxSteps = 100;
    public const int MaxMonths = 1_200;

    public static ImmutableArray<Step>? Parse(ImmutableArray<StepBody> bodies, ImmutableArray<Tier> tiers, RewardTerms reward)
    {
        if (bodies.IsEmpty) return null;
        if (!tiers.IsEmpty) throw Wrong("steps", "A rule has tiers or steps, not both.");
        if (bodies.Length > MaxSteps) throw Problem.InvalidField("steps", $"At most {MaxSteps} steps are possible.").AsException();
        var steps = ImmutableArray.CreateRange(bodies.Select((body, i) => StepOf(body, reward, $"steps[{i}]")));
        var months = steps[0].UntilMonths is not null;
        var before = 0;
        for (var i = 0; i < steps.Length; i++)
        {
            var end = months ? steps[i].UntilMonths : steps[i].UntilCount;
            if ((months ? steps[i].UntilCount : steps[i].UntilMonths) is not null) throw Wrong($"steps[{i}]", "All steps of a rule end by until_count, or all by until_months.");
            if (i == steps.Length - 1 && end is not null) throw Wrong($"steps[{i}]", "The last step has no end.");
            if (i < steps.Length - 1 && (end is null || end <= before)) throw Wrong($"steps[{i}]", "Each step but the last ends after the one before it.");
            before = end ?? before;
        }

        return steps;
    }

    private static Step StepOf(StepBody body, RewardTerms reward, string path)
    {
        if (body.BasisPoints is not null && body.AmountMinor is not null) throw Wrong(path + ".amount_minor", "A step has a rate or an amount, not both.");
        var step = new Step(
            (int?)AmountLimits.Range(body.UntilCount, 1, int.MaxValue, path + ".until_count"),
            (int?)AmountLimits.Range(body.UntilMonths, 1, MaxMonths, path + ".until_months"),
            (int)(AmountLimits.Range(body.BasisPoints, 1, AmountLimits.MaxBasisPoints, path + ".basis_points") ?? 0),
            AmountLimits.Range(body.AmountMinor, 1, AmountLimits.MaxMinor, path + ".amount_minor") ?? 0);
        RewardParser.CheckOwn(reward, step.Value, path);
        return step;
    }

    private static ProblemException Wrong(string param, string detail) => Problem.Unprocessable("invalid_rule", param, detail).AsException();
}
