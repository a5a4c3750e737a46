using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Decides refunds and chargebacks of a recorded sale, and what undoes them: a failed refund, a won chargeback (D8).</summary>
public static class ReversalDecider
{
    /// <summary>
    /// Cumulative: after it, each reward has lost round(reward × undone so far ÷ sale amount), whatever the steps were. Never more
    /// than is left of the reward.
    /// </summary>
    public static SaleReversed TakeBack(Referral referral, ReferralAction action, SaleRecord record, DecisionFacts facts, int replays)
    {
        var applied = action.AmountMinor ?? record.Rest(action.Kind);
        var after = record.With(new Reversal(action.Id, action.Kind, applied, Lines: action.Detail?.Lines)).Undone;
        var taken = ImmutableArray.CreateBuilder<RewardChange>();
        ImmutableArray<RowChange>? rows = null;
        foreach (var reward in record.Rewards)
        {
            if (reward.IsOfRound) continue;
            var minor = Math.Min(after.Of(reward) - reward.TakenMinor, reward.LeftMinor);
            if (minor <= 0) continue;
            if (referral.ScheduledReward(reward.Key) is null) taken.Add(Change(referral, record.Referrer, reward, minor));
            else rows = (rows ?? []).Add(new(reward.Key, minor));
        }

        return new(action, record.Seq, applied, taken.ToImmutable(), replays, rows, Rounds(record, record.Undone, after));
    }

    /// <summary>
    /// Gives back what is not undone any more, as far as the enrollment's amount cap has room again. A reward cancelled meanwhile stays
    /// cancelled (D12).
    /// </summary>
    /// <param name="reversal">The refund or the chargeback that is undone.</param>
    public static ReversalUndone GiveBack(
        Referral referral, ReferralAction action, SaleRecord record, Reversal reversal, DecisionFacts facts, int replays)
    {
        var applied = action.AmountMinor ?? reversal.StandingMinor;
        var (before, after) = (record.Undone, record.WithUndone(reversal, applied).Undone);
        var rooms = new Dictionary<int, long>();
        var given = ImmutableArray.CreateBuilder<RewardChange>();
        var budgets = facts;
        ImmutableArray<RowChange>? rows = null;
        foreach (var reward in record.Rewards)
        {
            if (reward.Cancelled || reward.IsOfRound) continue;
            if (referral.ScheduledReward(reward.Key) is not null)
            {
                if (reward.TakenMinor - after.Of(reward) is > 0 and var back) rows = (rows ?? []).Add(new(reward.Key, back));
                continue;
            }

            var number = reward.Given.Enrollment;
            if (!rooms.TryGetValue(number, out var room)) room = Room(referral.Enrollments[number - 1], facts);
            var less = Math.Min(before.Of(reward) - after.Of(reward), reward.TakenMinor - after.Of(reward));
            var minor = Math.Max(0, Math.Min(less, room));
            if (minor > 0 && reward.Given.Further?.Budget is { } seen && facts.Program.Rule(reward.Given.Rule).State.Budget is { } budget)
            {
                minor = Math.Min(minor, Math.Max(0, budget.AmountMinor - budgets.Used(budget, reward.Given.Rule, seen.Month, record.Referrer)));
                budgets = budgets.Using(budget, reward.Given.Rule, seen.Month, record.Referrer, minor);
            }

            rooms[number] = room - minor;
            if (minor > 0) given.Add(GivenBack(referral, record, reward, minor, facts));
        }

        return new(action, record.Seq, reversal.Id, given.ToImmutable(), replays, applied, rows, Rounds(record, before, after));
    }

    /// <summary>
    /// The same for a reward that several first sales earned together: after it, it has lost round(reward × what is undone of their sum ÷ their
    /// sum) (H9). Nor does more come back than the sales have undone less since it was last settled: what found no room then stays away (X5).
    /// </summary>
    /// <param name="undoneMinor">By all of its sales; what a sale has put in is rounded once.</param>
    public static RoundReversed OfRound(Referral referral, SaleRecord record, RecordedReward reward, long undoneMinor, DecisionFacts facts)
    {
        var (given, seen) = (reward.Given, reward.Given.Further!);
        var due = Due(reward, undoneMinor);
        var reversed = new RoundReversed(record.Seq, record.Referrer, given.Rule, seen.Round, undoneMinor, [], []);
        if (reward.Cancelled || due == reward.TakenMinor) return reversed;
        if (due > reward.TakenMinor) return reversed with { Taken = [Change(referral, record.Referrer, reward, due - reward.TakenMinor)] };
        var less = Math.Min(Due(reward, reward.RoundUndoneMinor) - due, reward.TakenMinor - due);
        var minor = Math.Min(less, Room(referral.Enrollments[given.Enrollment - 1], facts));
        if (seen.Budget is { } used && facts.Program.Rule(given.Rule).State.Budget is { } budget)
            minor = Math.Min(minor, Math.Max(0, budget.AmountMinor - facts.Used(budget, given.Rule, used.Month, record.Referrer)));
        return minor > 0 ? reversed with { Given = [GivenBack(referral, record, reward, minor, facts)] } : reversed;
    }

    private static long Due(RecordedReward reward, long undoneMinor) => reward.Given.Further is { GatheredMinor: > 0 and var sum }
        ? Rounding.HalfAwayFromZero((Int128)reward.Given.Minor * Math.Clamp(undoneMinor, 0, sum), sum)
        : 0;

    // What the sale has put into rounds, as far as that is undone now and was not before, or the other way round.
    private static ImmutableArray<RoundShare>? Rounds(SaleRecord record, Undone before, Undone after)
    {
        ImmutableArray<RoundShare>? rounds = null;
        foreach (var decision in record.Decisions)
            if (decision.Further is { Round: > 0 } seen && after.OfOwn(seen) - before.OfOwn(seen) is not 0 and var minor)
                rounds = (rounds ?? []).Add(new(record.Referrer, decision.Rule, seen.Round, minor));
        return rounds;
    }

    private static long Room(Enrollment enrollment, DecisionFacts facts)
    {
        var terms = facts.Program.Terms(enrollment.Rule, enrollment.Version);
        var cap = (enrollment.Adjustment?.Over(terms) ?? terms).Limits.MaxAmountMinor;
        return Math.Max(0, cap - enrollment.NetMinor ?? long.MaxValue);
    }

    private static RewardChange GivenBack(Referral referral, SaleRecord record, RecordedReward reward, long minor, DecisionFacts facts)
    {
        var change = Change(referral, record.Referrer, reward, minor) with { EarnedMinor = Math.Max(0, minor - (reward.TakenMinor - reward.UnearnedMinor)) };

        // What waits of it decides, whatever has become of its group or its flag since: a reward is one hold. Its day is as it was given, for it
        // counts among what is held until then, however often it was put off (H15).
        if (referral.Holds.Find(reward.Key) is { } hold)
            return change with { ReleaseAt = reward.Given.ReleaseAt, ReleasesItself = hold.ReleasesItself, ChecksCustomer = hold.ChecksCustomer };
        if (!IsPendingAgain(referral, record.Referrer, reward, facts)) return change;
        var unseen = referral.IsUnseen(record.Referrer);
        return change with
        {
            Pending = true,
            Group = !unseen && !referral.HoldsBack(record.Referrer) && facts.IsOwn(record.Referrer) ? reward.Given.Further?.Group ?? 0 : 0, // As what is earned while it is flagged (X9).
            ReleaseAt = reward.Given.ReleaseAt,
            ReleasesItself = reward.Given.ReleasesItself && !unseen,
            ChecksCustomer = reward.Given.ChecksCustomer,
        };
    }

    // A reward that was released once is payable for good, so what comes back of it is payable too: it is never in both places.
    private static bool IsPendingAgain(Referral referral, StreamId referrer, RecordedReward reward, DecisionFacts facts) =>
        reward.Given.Held
        && !reward.Released
        && reward.LeftMinor == 0
        && (referral.HoldsBack(referrer) || referral.IsUnseen(referrer) || IsPendingByItself(referrer, reward, facts));

    private static bool IsPendingByItself(StreamId referrer, RecordedReward reward, DecisionFacts facts) =>
        !IsGroupReleased(referrer, reward.Given, facts)
        && (!reward.Given.ReleasesItself || reward.Given.ChecksCustomer || reward.Given.ReleaseAt > facts.Now);

    // How far the group of a referrer before is, is not known here: what comes back to that one waits for a person, in no group.
    private static bool IsGroupReleased(StreamId referrer, RuleDecision given, DecisionFacts facts) =>
        given.Further is { Group: > 0 and var group } && facts.IsOwn(referrer) && group < facts.Tally!.GroupOf(given.Rule, given.Asset!.Value).Number;

    private static RewardChange Change(Referral referral, StreamId referrer, RecordedReward reward, long minor) => new(
        reward.Key, reward.Given.Enrollment, referrer, reward.Given.Asset!.Value, minor, referral.Holds.Contains(reward.Key),
        Group: referral.Holds.Find(reward.Key)?.Group ?? 0, Month: reward.Given.Further?.Budget?.Month ?? 0);
}
