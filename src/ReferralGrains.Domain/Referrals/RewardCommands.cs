using ReferralGrains.Domain.Actions;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Releasing and cancelling one pending reward by hand (H13, D12).</summary>
public static class RewardCommands
{
    public static Decision Release(ReferralTurn turn, RewardId reward, string by)
    {
        if (turn.State.ScheduledReward(reward.Key) is { Minor: > 0 } row) return turn.State.HoldsBack(row.Referrer) ? Flagged() : new Decision.Accepted(Schedules.Release(turn, row, by));
        if (Pending(turn, reward) is not { } hold) return NotPending();
        return turn.State.HoldsBack(hold.Referrer) ? Flagged() : new Decision.Accepted(turn.Apply(new RewardsReleased([Whole(hold)], by, hold.Sale)));
    }

    /// <summary>Takes back what is left of it, which frees an amount cap (D5).</summary>
    public static Decision Cancel(ReferralTurn turn, RewardId reward, string? reason, string by)
    {
        if (turn.State.ScheduledReward(reward.Key) is { } row)
            return new Decision.Accepted(turn.Apply(new ScheduleEnded(reward.Seq, row.Enrollment, [reward.Key], DecisionCode.Rewarded, reason, by, row.Sale)));
        if (Pending(turn, reward) is not { } hold) return NotPending();
        return new Decision.Accepted(turn.Apply(new RewardCancelled(hold.Sale, Whole(hold), reason, by)));
    }

    /// <summary>How long nobody is asked again who could not say.</summary>
    public static readonly TimeSpan AskAgainAfter = TimeSpan.FromHours(6);

    // Those that fell due together, more than could be asked, do not come back together.
    private const int SpreadSeconds = 3_600;

    /// <summary>Rewards that wait for the referee's customer: sent, cancelled, or left for later (H15).</summary>
    internal static void SettleCustomer(ReferralTurn turn)
    {
        var due = turn.State.DueBy(turn.Facts.Now).Where(hold => hold.ChecksCustomer).ToList();
        if (due.Count == 0) return;
        if (turn.Facts.Customer == CustomerState.Unknown) turn.Apply(new HoldsPostponed([.. due.Select(hold => hold.Reward)], AskAgain(turn)));

        // Each by itself, so that it is found with the action that earned it.
        else
            foreach (var hold in due)
                turn.Apply(turn.Facts.Customer == CustomerState.Active
                    ? new RewardsReleased([Whole(hold)], By: null, hold.Sale)
                    : new RewardCancelled(hold.Sale, Whole(hold), "The referee's customer is not active.", By: null));
    }

    private static DateTimeOffset AskAgain(ReferralTurn turn) => turn.Facts.Now + AskAgainAfter + TimeSpan.FromSeconds(turn.Known.Stream.Value % SpreadSeconds);

    internal static RewardChange Whole(OpenHold hold) =>
        new(hold.Reward, hold.Enrollment, hold.Referrer, hold.Asset, hold.RemainingMinor, Pending: true, Group: hold.Group, Month: hold.Month);

    private static OpenHold? Pending(ReferralTurn turn, RewardId reward) => turn.State.Holds.Find(reward.Key);

    private static Decision.Refused Flagged() =>
        new(new(RefusalKind.Conflict, "referral_flagged", Field.Id, "The referral is flagged: clear the flag, and its rewards go where their holds say."));

    private static Decision.Refused NotPending() =>
        new(new Refusal(RefusalKind.Conflict, "reward_not_pending", Field.Id, "Only a pending reward can be released or cancelled."));
}
