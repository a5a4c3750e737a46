using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Decides a sale of an approved or cancelled referral, once for all its enrollments.</summary>
public static class SaleDecider
{
    /// <param name="replays">The row at which the sale was parked, 0 if it arrives now.</param>
    public static SaleDecided Decide(Referral referral, ReferralAction sale, DecisionFacts facts, int replays)
    {
        var counts = CountsTowardsTally(referral, sale, facts.Program);
        var tally = counts ? facts.Tally?.After(sale.EarningMinor, !referral.Counted) : facts.Tally;
        var after = tally == facts.Tally ? facts : facts with { Tally = tally };
        var decisions = ImmutableArray.CreateBuilder<RuleDecision>(referral.Enrollments.Length);
        foreach (var enrollment in referral.Enrollments)
            if (!enrollment.Deleted)
                EnrollmentDecider.Decide(referral, enrollment, sale, after, decisions);
        EnrollmentDecider.HoldBack(referral, facts, decisions);
        return new(Kept(sale, decisions, facts.Program), referral.Referrer, decisions.DrainToImmutable(), counts, replays);
    }

    // D6: whatever the rules say of it, but not after accrual has stopped (D9) and not in another currency (D2).
    private static bool CountsTowardsTally(Referral referral, ReferralAction sale, ProgramTerms program) =>
        referral.Status == ReferralStatus.Approved
        && (sale.Currency ?? program.Currency) == program.Currency
        && !referral.Precedes(sale);

    // The journal keeps what a condition used of the products, and a currency only where it is not the program's.
    private static ReferralAction Kept(ReferralAction sale, ImmutableArray<RuleDecision>.Builder decisions, ProgramTerms program)
    {
        ImmutableArray<string> products = [];
        foreach (var decision in decisions)
            if (decision.Product is { } product && !products.Contains(product)) products = products.Add(product);
        if (sale.Currency is null && products.Length == sale.ProductIds.Length) return sale;
        return sale with { ProductIds = products, Currency = sale.Currency == program.Currency ? null : sale.Currency };
    }
}
