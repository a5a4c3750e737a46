using System.Collections.Immutable;

namespace ReferralGrains.Domain.Programs;

/// <summary>A rule's value for a while: up to the n-th reward of an enrollment, or until so many months after approval (X3).</summary>
/// <param name="UntilCount">The last reward that it is for, counted as the count cap counts (D5).</param>
/// <param name="UntilMonths">It ends where the month begins: half-open, in the program's time zone (D15). Both null: without end.</param>
public sealed record Step(int? UntilCount, int? UntilMonths, int BasisPoints = 0, long AmountMinor = 0)
{
    public OwnValue Value => new(BasisPoints, AmountMinor);

    /// <summary>The step of the next reward, counted from 1: the last has no end.</summary>
    /// <param name="count">Rewards that were issued before.</param>
    public static int Of(ImmutableArray<Step> steps, int count, DateTimeOffset approvedAt, DateTimeOffset occurredAt, string timeZone)
    {
        for (var i = 0; i < steps.Length; i++)
        {
            var step = steps[i];
            if (step.UntilCount is { } last && count >= last) continue;
            if (step.UntilMonths is { } months && occurredAt >= ProgramZone.Months(approvedAt, months, timeZone)) continue;
            return i + 1;
        }

        return steps.Length;
    }
}

/// <summary>What goes before a reward's own value: a tier's or a step's rate or amount. Default: nothing does.</summary>
public readonly record struct OwnValue(int BasisPoints, long AmountMinor);
