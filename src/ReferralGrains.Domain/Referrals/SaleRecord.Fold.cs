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
            else if (e is ScheduleStarted started) fold?.AddRows(seq, started);
            else fold?.Add(e);
        }

        return fold?.ToRecord();
    }

    private sealed class Fold(int first, int decided, SaleDecided sale)
    {
        private RecordedReward[] rewards = Given(decided, sale);
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
                    foreach (var row in reversed.Rows ?? []) Change(row.Reward, -row.Minor);
                    break;
                case ReversalUndone undone:
                    if (places.TryGetValue(undone.Undone, out var place))
                        reversals[place] = reversals[place].Less(undone.AppliedMinor ?? reversals[place].StandingMinor, sale.Action.AmountMinor ?? 0);
                    foreach (var given in undone.Given) Change(given, given.Minor);
                    foreach (var row in undone.Rows ?? []) Change(row.Reward, row.Minor);
                    break;
                case RoundReversed round:
                    foreach (var taken in round.Taken) Change(taken, -taken.Minor);
                    foreach (var given in round.Given) Change(given, given.Minor);
                    for (var i = 0; i < rewards.Length; i++)
                        if (rewards[i].Given.Rule == round.Rule && rewards[i].Given.Further?.Round == round.Round) rewards[i] = rewards[i] with { RoundUndoneMinor = round.UndoneMinor };
                    break;
                case RewardsReleased released:
                    foreach (var change in released.Released)
                        if (IndexOf(rewards, change.Reward) is >= 0 and var at) rewards[at] = rewards[at] with { Released = true };
                    break;
                case ScheduleUnlocked unlocked:
                    foreach (var change in unlocked.Unlocked)
                        if (IndexOf(rewards, change.Reward) is >= 0 and var due)
                            rewards[due] = rewards[due] with { Given = Waiting(rewards[due].Given, change), UnearnedMinor = rewards[due].TakenMinor };
                    break;
                case ScheduleEnded ended:
                    foreach (var reward in ended.Rewards)
                        if (IndexOf(rewards, reward) is >= 0 and var over) rewards[over] = rewards[over] with { LeftMinor = 0, Cancelled = true };
                    break;
                case RewardCancelled { Taken: var cancelled } when IndexOf(rewards, cancelled.Reward) is >= 0 and var index:
                    rewards[index] = rewards[index] with { LeftMinor = 0, Cancelled = true };
                    break;
            }
        }

        // Rows of its schedule come after what it earned at once, so the order of keys stays (H12). They are in no budget (X5).
        public void AddRows(int seq, ScheduleStarted started)
        {
            rewards = [.. rewards, .. started.Rows.Select((row, i) => new RecordedReward(
                new RewardId(seq, i).Key, started.Decision with { Minor = row.Minor, Held = false, ReleaseAt = null, Further = started.Decision.Further is { } seen ? seen with { Budget = null, Group = 0 } : null }, row.Minor, Cancelled: false, Released: false))];
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

        // Whether it waits, and for what, is decided when it is due, and again when it comes back.
        private static RuleDecision Waiting(RuleDecision given, RewardChange change) => given with
        {
            Held = change.Pending,
            ReleaseAt = change.ReleaseAt,
            ReleasesItself = change.ReleasesItself,
            ChecksCustomer = change.ChecksCustomer,
            Further = change.Group == (given.Further?.Group ?? 0) ? given.Further : (given.Further ?? new()) with { Group = change.Group },
        };

        private void Change(long reward, long minor)
        {
            if (IndexOf(rewards, reward) is >= 0 and var index) rewards[index] = rewards[index] with { LeftMinor = rewards[index].LeftMinor + minor };
        }

        private void Change(RewardChange change, long minor)
        {
            var index = IndexOf(rewards, change.Reward);
            if (index < 0) return;
            var reward = rewards[index];
            rewards[index] = reward with
            {
                Given = change.Pending && minor > 0 ? Waiting(reward.Given, change) : reward.Given,
                LeftMinor = reward.LeftMinor + minor,
                Released = reward.Released || !change.Pending,
                UnearnedMinor = Math.Min(reward.UnearnedMinor, reward.TakenMinor - minor),
            };
        }
    }
}
