using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrals;

/// <summary>The fold of a sale's history. Each event costs what it changed, so that a sale of a thousand rewards is refunded in one pass.</summary>
public sealed partial record SaleRecord
{
    /// <summary>The record of a decided sale, or null while it is parked or when the action is no sale.</summary>
    /// <param name="upTo">The last row to look at, for the record as it stood then.</param>
    public static SaleRecord? Of(ActionHistory history, int upTo = int.MaxValue)
    {
        Fold? fold = null;
        foreach (var (seq, _, e) in history.Events)
        {
            if (seq > upTo) break;
            if (e is SaleDecided sale) fold = new(history.Seq, seq, sale);
            else fold?.Add(e);
        }

        return fold?.ToRecord();
    }

    private sealed class Fold(int first, int decided, SaleDecided sale)
    {
        private readonly RecordedReward[] rewards = Given(decided, sale);
        private readonly List<Reversal> reversals = [];
        private readonly Dictionary<CallerId, int> places = [];

        public void Add(ReferralEvent e)
        {
            switch (e)
            {
                case SaleReversed reversed:
                    places[reversed.Action.Id] = reversals.Count;
                    reversals.Add(new(reversed.Action.Id, reversed.Action.Kind, reversed.AppliedMinor, Lines: reversed.Action.Detail?.Lines));
                    foreach (var taken in reversed.Taken) Change(taken, -taken.Minor);
                    break;
                case ReversalUndone undone:
                    if (places.TryGetValue(undone.Undone, out var place))
                        reversals[place] = reversals[place].Less(undone.AppliedMinor ?? reversals[place].StandingMinor, sale.Action.AmountMinor ?? 0);
                    foreach (var given in undone.Given) Change(given, given.Minor);
                    break;
                case RewardsReleased released:
                    foreach (var change in released.Released)
                        if (IndexOf(rewards, change.Reward) is >= 0 and var at) rewards[at] = rewards[at] with { Released = true };
                    break;
                case RewardCancelled { Taken: var cancelled } when IndexOf(rewards, cancelled.Reward) is >= 0 and var index:
                    rewards[index] = rewards[index] with { LeftMinor = 0, Cancelled = true };
                    break;
            }
        }

        public SaleRecord ToRecord() => new(
            first, sale.Action, sale.Referrer, decided, sale.Decisions, ImmutableArray.Create(rewards), [.. reversals]);

        private static RecordedReward[] Given(int decided, SaleDecided sale)
        {
            var given = new List<RecordedReward>(sale.Decisions.Length);
            for (var i = 0; i < sale.Decisions.Length; i++)
                if (sale.Decisions[i] is { Minor: > 0 } decision)
                    given.Add(new(new RewardId(decided, i).Key, decision, decision.Minor, Cancelled: false, Released: false));
            return [.. given];
        }

        private void Change(RewardChange change, long minor)
        {
            var index = IndexOf(rewards, change.Reward);
            if (index < 0) return;
            var reward = rewards[index];
            rewards[index] = reward with { LeftMinor = reward.LeftMinor + minor, Released = reward.Released || !change.Pending };
        }
    }
}
