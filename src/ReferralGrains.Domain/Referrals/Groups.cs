using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Rewards that wait together: what a referral does when its referrer's groups were released (H14).</summary>
internal static class Groups
{
    private const int RewardsPerEvent = 500;

    /// <summary>Lets go of what waits in groups that were released, be it a moment ago or since the last turn.</summary>
    public static void Settle(ReferralTurn turn)
    {
        if (turn.Facts.Tally?.Groups is null) return;
        List<long>? over = null;
        foreach (var hold in turn.State.Holds)
            if (hold.Group > 0 && turn.Facts.IsOwn(hold.Referrer) && hold.Group < turn.Facts.Tally.GroupOf(turn.State.Enrollments[hold.Enrollment - 1].Rule, hold.Asset).Number) (over ??= []).Add(hold.Reward);
        foreach (var chunk in over?.Chunk(RewardsPerEvent) ?? []) turn.Apply(new GroupSettled(ImmutableArray.Create(chunk)));
    }
}

/// <summary>What one event moves of the budgets and of the groups that its rewards are in (X5, H14).</summary>
internal static class RewardMoves
{
    /// <param name="state">Before the event.</param>
    public static (bool Any, DecisionFacts Facts) Of(ReferralEvent e, Referral state, DecisionFacts facts)
    {
        var any = false;
        switch (e)
        {
            case SaleDecided sale: Given(sale.Decisions); break;
            case RewardsGranted granted: Given(granted.Decisions); break;
            case ScheduleUnlocked unlocked: Changed(unlocked.Unlocked, 1); break;
            case ReversalUndone undone: Changed(undone.Given, 1); break;
            case SaleReversed reversed: Changed(reversed.Taken, -1); break;
            case RewardCancelled cancelled: Changed([cancelled.Taken], -1); break;
            case RoundReversed reversed:
                Changed(reversed.Taken, -1);
                Changed(reversed.Given, 1);
                break;

            // Money that a person lets go by itself is still given: only its group has less.
            case RewardsReleased released:
                foreach (var change in released.Released) Move(change.Referrer, state.Enrollments[change.Enrollment - 1], change.Asset, -change.Minor, 0, change.Group);
                break;
        }

        return (any, facts);

        void Given(ImmutableArray<RuleDecision> decisions)
        {
            foreach (var decision in decisions)
                if (decision is { Minor: > 0, Further: { } seen })
                    Move(state.Referrer, state.Enrollments[decision.Enrollment - 1], decision.Asset!.Value, decision.Minor, seen.Budget?.Month ?? 0, seen.Group);
        }

        void Changed(ImmutableArray<RewardChange> changes, int sign)
        {
            foreach (var change in changes) Move(change.Referrer, state.Enrollments[change.Enrollment - 1], change.Asset, sign * change.Minor, change.Month, change.Group);
        }

        // Nothing of another referrer's waits in a group: a referral is not re-assigned while anything does (D16).
        void Move(StreamId referrer, Enrollment enrollment, Asset asset, long minor, int month, int group)
        {
            if (month > 0 && facts.Program.Rule(enrollment.Rule).State.Budget is { } budget) (any, facts) = (true, facts.Using(budget, enrollment.Rule, month, referrer, minor));
            if (group == 0 || !facts.IsOwn(referrer)) return;
            var waits = facts.Tally!.GroupOf(enrollment.Rule, asset);
            if (waits.Number != group) return;
            var goal = minor > 0 ? facts.Program.Terms(enrollment.Rule, enrollment.Version).Hold.AmountMinor : waits.GoalMinor;
            (any, facts) = (true, facts with { Tally = facts.Tally.With(waits with { SumMinor = waits.SumMinor + minor, GoalMinor = goal }) });
        }
    }
}
