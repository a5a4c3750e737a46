using System.Collections.Immutable;
using System.Numerics;
using ReferralGrains.Domain.Actions;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// How far single lines of a sale are undone (X2): refunds that name lines count on their lines, every other one on what these leave.
/// </summary>
/// <param name="SaleMinor">S, the sale's amount.</param>
/// <param name="LinesMinor">L, what line refunds undo; of a line never more than the line.</param>
/// <param name="OthersMinor">U, what the others undo, together with what goes over a line.</param>
public sealed record UndoneLines(long SaleMinor, long LinesMinor, long OthersMinor, ImmutableDictionary<string, long> ByProduct)
{
    /// <summary>Null where no reversal that stands names a line of the sale.</summary>
    /// <param name="minor">Of the sale, undone by all together.</param>
    public static UndoneLines? Of(ReferralAction sale, ImmutableArray<Reversal> reversals, long minor)
    {
        if (sale.Detail?.Lines is not { } lines) return null;
        Dictionary<string, long>? sent = null;
        foreach (var reversal in reversals)
            if (reversal is { Stands: true, Lines: { } named }) Add(sent ??= new(StringComparer.Ordinal), named, reversal.StandingMinor);
        if (sent is null) return null;

        var sold = lines.GroupBy(line => line.ProductId, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Sum(line => line.AmountMinor), StringComparer.Ordinal);
        var undone = sent.Where(line => sold.ContainsKey(line.Key))
            .ToImmutableDictionary(line => line.Key, line => Math.Min(line.Value, sold[line.Key]), StringComparer.Ordinal);
        var all = undone.Values.Sum();
        return new(sale.AmountMinor!.Value, all, minor - all, undone);
    }

    /// <summary>How much of a reward has to be taken for it: of what the lines that it is for have lost, rounded once.</summary>
    public long Of(long rewardMinor, SeenLines rewarded)
    {
        // Lm + U × (M − Lm) ÷ (S − L) of M, in integers: five of the largest amounts are more than 128 bits.
        BigInteger own = rewarded.Products.Sum(product => ByProduct.GetValueOrDefault(product));
        BigInteger left = SaleMinor - LinesMinor;
        if (left.IsZero) return Rounded(rewardMinor * own, rewarded.Minor);
        return Rounded(rewardMinor * ((own * left) + (OthersMinor * (rewarded.Minor - own))), rewarded.Minor * left);
    }

    // What stands of a refund that failed in part counts on its lines in their order.
    private static void Add(Dictionary<string, long> sent, ImmutableArray<SoldLine> lines, long standing)
    {
        foreach (var line in lines)
        {
            var minor = Math.Min(line.AmountMinor, standing);
            sent[line.ProductId] = sent.GetValueOrDefault(line.ProductId) + minor;
            standing -= minor;
        }
    }

    // Half away from zero; nothing here is below it.
    private static long Rounded(BigInteger numerator, BigInteger denominator) => (long)(((2 * numerator) + denominator) / (2 * denominator));
}
