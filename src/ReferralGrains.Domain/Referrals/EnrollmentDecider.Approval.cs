using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrals;

/// <summary>What an approval earns by itself: the same ladder and the same path, for an occasion that has neither amount nor products.</summary>
public static partial class EnrollmentDecider
{
    /// <summary>Adds one decision, or one for each tier that holds the number of approved referrals.</summary>
    public static void DecideApproval(
        Referral referral, Enrollment enrollment, DecisionFacts facts, ImmutableArray<RuleDecision>.Builder decisions)
    {
        var rule = facts.Program.Rule(enrollment.Rule);
        var (terms, occasion) = (Terms(enrollment, rule), Occasion(referral.ApprovedAt));
        var seen = See(referral, enrollment, terms, occasion, facts);
        if (Refuse(referral, enrollment, rule, terms, occasion, facts, seen) is { } code) decisions.Add(seen with { Code = code });
        else if (terms.Trigger == Trigger.EveryNReferrals) decisions.Add(Gather(referral, enrollment, terms, occasion, facts, seen));
        else if (!terms.IsTiered) decisions.Add(Reward(enrollment, terms, occasion, facts, seen, ValueOf(seen, terms)));
        else AddTiers(enrollment, terms, occasion, facts, seen, decisions);
    }

    /// <summary>The rows of a schedule, each decided as the rewards before it will have left the enrollment; the first that is refused ends it (H11).</summary>
    /// <param name="anchor">When the first is due.</param>
    /// <param name="sale">Of which it is a share (H12); null where it is none of a sale.</param>
    /// <param name="row">At which the sale was first seen.</param>
    /// <returns>Null where a sale is refused, which its own decisions say.</returns>
    public static ScheduleStarted? Schedule(
        Referral referral, Enrollment enrollment, DecisionFacts facts, DateTimeOffset anchor, ReferralAction? sale = null, int row = 0)
    {
        var rule = facts.Program.Rule(enrollment.Rule);
        var terms = Terms(enrollment, rule);
        var occasion = sale ?? Occasion(referral.ApprovedAt);
        var seen = See(referral, enrollment, terms, occasion, facts);
        if (Refuse(referral, enrollment, rule, terms, occasion, facts, seen) is { } code) return sale is null ? new(referral.Referrer, seen with { Code = code }, []) : null;

        RuleDecision? first = null;
        var rows = ImmutableArray.CreateBuilder<ScheduleRow>(terms.Schedule!.Times);
        for (var i = 0; i < terms.Schedule.Times; i++)
        {
            var at = ProgramZone.Months(anchor, i * terms.Schedule.EveryMonths, facts.Program.TimeZone);
            seen = See(referral, enrollment, terms, occasion with { OccurredAt = at }, facts);
            var decision = Reward(enrollment, terms, occasion, facts, seen, ValueOf(seen, terms));
            first ??= decision;
            if (decision.Minor == 0) break;
            rows.Add(new(i == 0 ? anchor : at, decision.Minor));
            enrollment = enrollment with { NetMinor = enrollment.NetMinor + decision.Minor, Count = enrollment.Count + 1 };
        }

        return new(referral.Referrer, first!, rows.DrainToImmutable(), row);
    }

    /// <summary>Why a row of a schedule that is due is not unlocked, or null: what is state by now, and not a term (D17).</summary>
    /// <param name="dueAt">What its rule's dates have to hold, so that a late turn loses no row.</param>
    public static DecisionCode? RefuseDue(Enrollment enrollment, DecisionFacts facts, DateTimeOffset dueAt)
    {
        var state = facts.Program.Rule(enrollment.Rule).State;
        return enrollment.Disabled ? DecisionCode.EnrollmentDisabled
            : !state.Enabled ? DecisionCode.RuleDisabled
            : !state.IsActiveAt(dueAt) ? DecisionCode.RuleInactive
            : null;
    }

    /// <summary>A row of a schedule as it enters the ledger.</summary>
    /// <param name="dueAt">What its hold runs from, so that a late turn or a leap of a test clock changes nothing (D14).</param>
    public static RewardChange Unlock(Referral referral, ScheduledReward row, Enrollment enrollment, DecisionFacts facts, DateTimeOffset dueAt)
    {
        var hold = Terms(enrollment, facts.Program.Rule(enrollment.Rule)).Hold;

        // The groups of whose it was before are not here: what was to wait in one waits for a person (D16).
        var group = hold.Mode == HoldMode.Group && facts.IsOwn(row.Referrer) ? facts.Tally!.GroupOf(enrollment.Rule, row.Asset).Number : 0;
        var releaseAt = ReleaseAt(hold, Occasion(row.At), dueAt);
        var held = hold.Holds(releaseAt, facts.Now);
        if (referral.HoldsBack(row.Referrer))
            return new(row.Reward, row.Enrollment, row.Referrer, row.Asset, row.Minor, Pending: true, held ? releaseAt : facts.Now, !held || hold.ReleasesItself, held && hold.ChecksCustomer);
        return new(
            row.Reward, row.Enrollment, row.Referrer, row.Asset, row.Minor, held, held ? releaseAt : null, held && hold.ReleasesItself, held && hold.ChecksCustomer, group);
    }

    // The N-th pays of the sum; those before it only count towards it (H9).
    private static RuleDecision Gather(
        Referral referral, Enrollment enrollment, RewardRule terms, ReferralAction occasion, DecisionFacts facts, RuleDecision seen)
    {
        var before = facts.Tally!.GatheredFor(enrollment.Rule);
        var (count, sum) = (before.Count + 1, before.ValueMinor + (referral.ConversionValueMinor ?? 0));
        seen = seen with { Further = (seen.Further ?? new()) with { Gathered = count, GatheredMinor = sum } };
        if (count < terms.EveryN) return seen with { Code = DecisionCode.Gathered };
        var ofSum = terms.Reward.Of == RewardBase.ConversionValue ? seen with { BaseMinor = sum } : seen;
        return Reward(enrollment, terms, occasion, facts, ofSum, ValueOf(seen, terms));
    }

    // The same for first sales. What each has put in is recorded with it, for a refund takes that out again.
    private static RuleDecision GatherSale(Enrollment enrollment, RewardRule terms, ReferralAction sale, DecisionFacts facts, RuleDecision seen)
    {
        var before = facts.Tally!.GatheredFor(enrollment.Rule);
        var own = (Base(terms, sale, seen) ?? EarningBase.Whole(0)).Share(new(BasisPoints.Whole));
        var (count, sum) = (before.Count + 1, before.ValueMinor + own);
        seen = seen with { Further = (seen.Further ?? new()) with { Gathered = count, GatheredMinor = sum, Round = before.Rounds + 1, OwnMinor = own } };
        if (count < terms.EveryN) return seen with { Code = DecisionCode.Gathered };
        return Reward(enrollment, terms, sale, facts, seen, ValueOf(seen, terms), EarningBase.Whole(sum));
    }

    private static ReferralAction Occasion(DateTimeOffset at) => new(NoSale, default, ActionKind.Sale, null, null, at, null, [], null, null);

    private static bool IsSale(ReferralAction occasion) => occasion.Id != NoSale;

    private static readonly Identity.CallerId NoSale = new("-");
}
