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
        return new(Kept(sale, facts.Program), referral.Referrer, decisions.DrainToImmutable(), counts, replays);
    }

    // D6: whatever the rules say of it, but not after accrual has stopped (D9) and not in another currency (D2).
    private static bool CountsTowardsTally(Referral referral, ReferralAction sale, ProgramTerms program) =>
        referral.Status == ReferralStatus.Approved
        && (sale.Currency ?? program.Currency) == program.Currency
        && !referral.Precedes(sale);

    // All that was sent, for a draft to be tried on (R12): only a currency is left out where it is the program's.
    private static ReferralAction Kept(ReferralAction sale, ProgramTerms program) =>
        sale.Currency is { } currency && currency == program.Currency ? sale with { Currency = null } : sale;
}
