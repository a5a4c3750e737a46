using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// First sales of N referees earn one reward together (H9). It is recorded with the sale that made them N, and a refund of any of them takes
/// its share of it: what is undone of a round is summed where all of its sales can say it, and taken back in a turn of the referral that has
/// the reward, which alone knows whether that is pending, payable or cancelled.
/// </summary>
internal static class Gatherings
{
    /// <summary>Takes back, or gives back, what has changed since the last turn.</summary>
    public static void Settle(ReferralTurn turn)
    {
        foreach (var round in turn.TakeUndoneRounds())
        {
            if (turn.Known.Find(round.Action) is not { } history || SaleRecord.Of(history) is not { } record) continue;
            foreach (var reward in record.Rewards)
                if (reward.Given.Rule == round.Rule && reward.Given.Further?.Round == round.Round)
                    turn.Apply(ReversalDecider.OfRound(turn.State, record, reward, round.UndoneMinor, turn.Facts));
        }
    }
}

/// <summary>What is undone of the sum of a round whose reward is in a referral, where that has changed since it was settled there.</summary>
/// <param name="Action">The sale that the reward is recorded with.</param>
public readonly record struct UndoneRound(StreamId Referrer, int Rule, int Round, CallerId Action, long UndoneMinor);
