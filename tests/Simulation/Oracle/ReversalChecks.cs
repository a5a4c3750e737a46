using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Simulation.Oracle;

/// <summary>A sale is undone by what stands of its refunds and chargebacks, never more than the sale, and its rewards have lost that share (D8).</summary>
internal static class ReversalChecks
{
    public static IEnumerable<string> Of(History history) => history.Referrals.SelectMany(Of);

    private static IEnumerable<string> Of(ReferralHistory referral)
    {
        var sales = new Dictionary<int, Sold>();
        foreach (var (row, e) in referral.Events)
        {
            switch (e)
            {
                case SaleDecided sale:
                    sales.Add(sale.Replays == 0 ? row.Seq : sale.Replays, new(sale, row.Seq));
                    break;
                case SaleReversed reversed:
                    var (sold, kind) = (sales[reversed.Sale], reversed.Action.Kind);
                    var rest = Math.Max(0, sold.Minor - sold.Standing(kind));
                    if (reversed.AppliedMinor != (reversed.Action.AmountMinor ?? rest))
                        yield return $"{reversed.Action.Id} of {referral.Place} is about {reversed.AppliedMinor}, and {rest} were left";
                    sold.Reversals[reversed.Action.Id] = (kind, reversed.AppliedMinor, true, reversed.Action.Detail?.Lines ?? []);
                    sold.Take(reversed.Taken, 1);
                    sold.Take(reversed.Rows, 1);
                    break;
                case ReversalUndone undone:
                    sales[undone.Sale].Undo(undone);
                    sales[undone.Sale].Take(undone.Given, -1);
                    sales[undone.Sale].Take(undone.Rows, -1);
                    break;
                case ScheduleStarted { Sale: > 0 } started:
                    for (var i = 0; i < started.Rows.Length; i++) sales[started.Sale].Given[new RewardId(row.Seq, i).Key] = started.Decision with { Minor = started.Rows[i].Minor };
                    break;
                case ScheduleEnded { Sale: > 0 } ended:
                    sales[ended.Sale].Cancelled.UnionWith(ended.Rewards);
                    break;
                case RewardCancelled cancelled when sales.ContainsKey(cancelled.Sale):
                    sales[cancelled.Sale].Cancelled.Add(cancelled.Taken.Reward);
                    break;
            }
        }

        // What comes back is bounded by the room under a cap, and a lower cap leaves less of it: then more may stay taken.
        foreach (var sold in sales.Values)
            foreach (var (reward, given) in sold.Given.Where(reward => !sold.Cancelled.Contains(reward.Key)))
            {
                var (taken, due) = (sold.Taken.GetValueOrDefault(reward), sold.Due(given));
                if (sold.Undone ? taken < due : taken != due)
                    yield return $"of reward {reward} of {referral.Place} {taken} are taken, and {due} of {given.Minor} are due";
            }
    }

    private sealed class Sold(SaleDecided sale, int seq)
    {
        public long Minor => sale.Action.AmountMinor ?? 0;

        public Dictionary<CallerId, (ActionKind Kind, long Minor, bool Stands, ImmutableArray<SoldLine> Lines)> Reversals { get; } = [];

        public Dictionary<long, RuleDecision> Given { get; } = sale.Decisions.Select((decision, i) => (new RewardId(seq, i).Key, Decision: decision))
            .Where(reward => reward.Decision is { Minor: > 0, Further: not { Round: > 0 } }).ToDictionary(reward => reward.Key, reward => reward.Decision);

        public Dictionary<long, long> Taken { get; } = [];

        public HashSet<long> Cancelled { get; } = [];

        /// <summary>Whether anything was ever given back.</summary>
        public bool Undone { get; private set; }

        public long Standing(ActionKind kind) => Reversals.Values.Where(reversal => reversal.Kind == kind).Sum(reversal => reversal.Minor);

        public void Take(IEnumerable<RewardChange> changes, int sign)
        {
            foreach (var change in changes) Taken[change.Reward] = Taken.GetValueOrDefault(change.Reward) + (sign * change.Minor);
        }

        public void Take(ImmutableArray<RowChange>? rows, int sign)
        {
            foreach (var row in rows ?? []) Taken[row.Reward] = Taken.GetValueOrDefault(row.Reward) + (sign * row.Minor);
        }

        public void Undo(ReversalUndone undone)
        {
            Undone = true;
            if (!Reversals.TryGetValue(undone.Undone, out var reversal)) return;
            Reversals[undone.Undone] = reversal with { Minor = Math.Max(0, reversal.Minor - (undone.Action.AmountMinor ?? reversal.Minor)), Stands = false };
        }

        // Half away from zero, in another way than the product's.
        public long Due(RuleDecision given)
        {
            if (Minor <= 0) return Reversals.Values.Any(reversal => reversal.Stands) ? given.Minor : 0;
            var undone = Math.Min(Minor, Standing(ActionKind.Refund) + Standing(ActionKind.Chargeback));
            return given.Further?.Lines is { Minor: > 0 } lines && undone < Minor
                ? DueOfLines(given.Minor, lines, undone)
                : (long)decimal.Round((decimal)given.Minor * undone / Minor, MidpointRounding.AwayFromZero);
        }

        private long DueOfLines(long given, SeenLines lines, long undone)
        {
            var own = sale.Action.Detail!.Lines!.Value.Select(line => line.ProductId).Distinct().ToDictionary(product => product, Lost);
            var (others, rewarded) = ((decimal)(undone - own.Values.Sum()), (decimal)lines.Products.Sum(product => own[product]));
            var left = Minor - own.Values.Sum();
            var lost = rewarded + (left == 0 ? 0 : others * (lines.Minor - rewarded) / left);
            return (long)decimal.Round(given * lost / lines.Minor, MidpointRounding.AwayFromZero);
        }

        private long Lost(string product)
        {
            var named = 0L;
            foreach (var reversal in Reversals.Values.Where(reversal => reversal.Stands || reversal.Minor > 0))
            {
                var stands = reversal.Minor;
                foreach (var line in reversal.Lines)
                {
                    var minor = Math.Min(line.AmountMinor, stands);
                    if (line.ProductId == product) named += minor;
                    stands -= minor;
                }
            }

            return Math.Min(named, sale.Action.Detail!.Lines!.Value.Where(line => line.ProductId == product).Sum(line => line.AmountMinor));
        }
    }
}
