using System.Collections.Immutable;
using System.Numerics;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// What a reward is computed from: an amount, or the part of it that some lines are. The part is a fraction and not an amount, so that a
/// reward is rounded once (D1).
/// </summary>
public readonly record struct EarningBase(long Minor, long Part, long Of)
{
    public static EarningBase Whole(long minor) => new(minor, 1, 1);

    /// <param name="earning">Of the whole sale.</param>
    /// <param name="amount">Likewise.</param>
    /// <param name="lines">What the rule rewards of it.</param>
    public static EarningBase OfLines(long earning, long amount, SeenLines lines) => lines.BaseMinor is { } minor ? Whole(minor)
        : amount == 0 ? Whole(0)
        : new(earning, lines.Minor, amount);

    public long Share(BasisPoints rate) => Part == Of
        ? rate.Of(Minor)
        : Rounding.HalfAwayFromZero((Int128)Minor * Part * rate.Value, (Int128)Of * BasisPoints.Whole);

    /// <summary>Points for every so many minor units, rounded down (V5).</summary>
    public long PerAmount(long points, long perMinor) => Part == Of
        ? Rounding.Down((Int128)Minor * points, perMinor)
        : (long)((BigInteger)Minor * Part * points / ((BigInteger)Of * perMinor)); // Four of the largest amounts are more than 128 bits.
}

/// <summary>Which products of a sale a rule rewards (H7, X2).</summary>
internal static class RewardedProducts
{
    /// <summary>The first product that the rule asks for, or null.</summary>
    public static string? Named(Conditions conditions, ReferralAction sale)
    {
        if (conditions.ProductIds.IsEmpty) return null;
        if (sale.Detail?.Lines is { } lines)
        {
            foreach (var line in lines)
                if (Matches(conditions, line.ProductId)) return line.ProductId;
            return null;
        }

        foreach (var product in sale.ProductIds)
            if (Matches(conditions, product)) return product;
        return null;
    }

    /// <summary>The lines that are rewarded; null where that is the whole sale.</summary>
    public static SeenLines? Lines(Conditions conditions, ReferralAction sale)
    {
        if (conditions is { ProductIds.IsEmpty: true, ExcludedProductIds: null } || sale.Detail?.Lines is not { } lines) return null;
        var products = ImmutableArray.CreateBuilder<string>();
        var (minor, bases, rest) = (0L, 0L, sale.AmountMinor.GetValueOrDefault());
        var all = true;
        foreach (var line in lines)
        {
            rest -= line.AmountMinor;
            if (Matches(conditions, line.ProductId))
            {
                (minor, bases) = (minor + line.AmountMinor, bases + line.BaseMinor.GetValueOrDefault());
                if (!products.Contains(line.ProductId)) products.Add(line.ProductId);
            }
            else all = false;
        }

        // What has no product is none that was excluded, and none that was asked for.
        if (conditions.ProductIds.IsEmpty) minor += rest;
        else all &= rest == 0;
        return all ? null : new(minor, products.DrainToImmutable(), lines is [{ BaseMinor: not null }, ..] ? bases : null);
    }

    /// <summary>Whether the rule rewards nothing of it.</summary>
    public static bool Refuse(Conditions conditions, ReferralAction sale, RuleDecision seen)
    {
        if (!conditions.ProductIds.IsEmpty) return seen.Product is null;
        if (conditions.ExcludedProductIds is not { } excluded) return false;
        if (sale.Detail?.Lines is not null) return seen.Further?.Lines is { Minor: 0, Products.IsEmpty: true };
        foreach (var product in sale.ProductIds)
            if (!excluded.Contains(product)) return false;
        return !sale.ProductIds.IsEmpty;
    }

    private static bool Matches(Conditions conditions, string product) =>
        (conditions.ProductIds.IsEmpty || conditions.ProductIds.Contains(product)) && conditions.ExcludedProductIds?.Contains(product) != true;
}
