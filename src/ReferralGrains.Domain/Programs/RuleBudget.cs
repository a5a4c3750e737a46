using System.Collections.Immutable;

namespace ReferralGrains.Domain.Programs;

/// <summary>Whose rewards a budget bounds together (X5). The numbers are in the journal.</summary>
public enum BudgetPer
{
    /// <summary>Each referrer has it for itself.</summary>
    Referrer = 1,

    /// <summary>All referrers of the program share it.</summary>
    Program = 2,
}

/// <summary>
/// Bounds what a rule gives net, in all its versions, in a calendar month of the program's zone (X5). State of the rule and not a term: it
/// can be raised, and counts what is given from when it is set.
/// </summary>
/// <param name="AmountMinor">Of the asset that the rule gives.</param>
public sealed record RuleBudget(BudgetPer Per, long AmountMinor);

/// <summary>What is used of a budget in one month: given less taken back.</summary>
/// <param name="Rule">The rule's number in its program.</param>
/// <param name="Month">See <see cref="ProgramZone.MonthOf"/>.</param>
public readonly record struct BudgetUse(int Rule, int Month, long Minor);

/// <summary>The used budgets of one owner; null where none was ever used.</summary>
public static class BudgetUses
{
    public static long Used(this ImmutableArray<BudgetUse>? uses, int rule, int month)
    {
        foreach (var use in uses ?? [])
            if (use.Rule == rule && use.Month == month) return use.Minor;
        return 0;
    }

    /// <summary>With another use in the place of the one of its rule and month.</summary>
    public static ImmutableArray<BudgetUse> With(this ImmutableArray<BudgetUse>? uses, BudgetUse use)
    {
        var all = uses ?? [];
        for (var i = 0; i < all.Length; i++)
            if (all[i].Rule == use.Rule && all[i].Month == use.Month) return all.SetItem(i, use);
        return all.Add(use);
    }

    /// <summary>What has moved since another state of the same owner, as it is now; null where nothing has.</summary>
    public static ImmutableArray<BudgetUse>? Since(this ImmutableArray<BudgetUse>? uses, ImmutableArray<BudgetUse>? before)
    {
        ImmutableArray<BudgetUse> moved = [.. (uses ?? []).Where(use => before.Used(use.Rule, use.Month) != use.Minor)];
        return moved.IsEmpty ? null : moved;
    }
}
