using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Simulation.Oracle;

/// <summary>Tallies are the committed sales, each decision saw the tally of its turn in the journal's order, and a tier is paid once (H2, D6).</summary>
internal static class TallyChecks
{
    public static IEnumerable<string> Of(History history)
    {
        var events = history.Referrals.SelectMany(referral => referral.Events.Select(e => (Referral: referral, e.Row, e.Event)))
            .OrderBy(e => e.Row.Position).ToList();
        var running = new Dictionary<(StreamId Referrer, StreamId Program), Tally>();
        var counted = new HashSet<(StreamId Referral, StreamId Referrer)>();
        var approved = new HashSet<(StreamId Referral, StreamId Referrer)>();
        var owners = new Dictionary<StreamId, StreamId>();
        var redeemed = new Dictionary<StreamId, CallerId?>();
        var begun = new Dictionary<StreamId, DateTimeOffset>();
        var cancelled = new HashSet<StreamId>();
        foreach (var (referral, row, e) in events)
        {
            if (e is ReferralApproved approval) begun[row.Stream] = approval.ApprovedAt < begun[row.Stream] ? approval.ApprovedAt : begun[row.Stream];
            if (e is ReferralCancelled) cancelled.Add(row.Stream);
            if (e is ReferralAttributed attributed) (owners[row.Stream], redeemed[row.Stream], begun[row.Stream]) = (attributed.Referrer, attributed.Action, row.Event.At);
            if (e is ReferralReassigned reassigned) owners[row.Stream] = reassigned.Referrer;
            var program = history.ProgramOf(referral);
            if (e is ReferralApproved or RewardsGranted or ReferralReassigned { IsApproved: true })
            {
                var credited = (owners[row.Stream], program.Stream.Id);
                var tallied = running.GetValueOrDefault(credited, Tally.Empty);
                running[credited] = e is not RewardsGranted && approved.Add((row.Stream, owners[row.Stream])) ? tallied with { Approved = tallied.Approved + 1 } : tallied;
                if (e is RewardsGranted granted)
                    foreach (var decision in granted.Decisions)
                        if (decision.Tally is { } seen && seen != running[credited].Approved)
                            yield return $"row {row.Seq} of {referral.Place} saw {seen} approvals, and there were {running[credited].Approved}";
            }

            if (e is not SaleDecided sale) continue;
            var counts = !cancelled.Contains(row.Stream) && sale.Action.Currency is null && (sale.Action.OccurredAt >= begun[row.Stream] || sale.Action.Id == redeemed[row.Stream]);
            var key = (sale.Referrer, program.Stream.Id);
            var tally = running.GetValueOrDefault(key, Tally.Empty);
            if (counts) tally = tally.After(sale.Action.EarningMinor, counted.Add((row.Stream, sale.Referrer)));

            // A sale that does not count is refused before its tally is asked.
            foreach (var decision in sale.Decisions.Where(decision => counts || decision.Minor > 0))
            {
                if (decision.Tally is { } seen && seen != Measured(tally, program.Terms.Terms(decision.Rule, decision.Version)))
                    yield return $"action {sale.Action.Id} of {referral.Place} saw a tally of {seen}, and it was {tally}";
                if (decision is not { Tier: > 0, Minor: > 0 } || program.Terms.Terms(decision.Rule, decision.Version).Trigger != Trigger.TierReached) continue;
                var paid = new PaidTier(decision.Rule, decision.Tier);
                if (tally.Paid.Contains(paid)) yield return $"action {sale.Action.Id} of {referral.Place} is paid {paid} again";
                tally = tally with { Paid = tally.Paid.Add(paid) };
            }

            running[key] = tally;
        }

        foreach (var referrer in history.Referrers.Values)
            foreach (var (program, tally) in referrer.State.Tallies)
            {
                var sold = running.GetValueOrDefault((referrer.Stream.Id, new(program)), Tally.Empty);
                if ((sold.ValueMinor, sold.Count, sold.Approved) != (tally.ValueMinor, tally.Count, tally.Approved) || !sold.Paid.Order(Tiers).SequenceEqual(tally.Paid.Order(Tiers)))
                    yield return $"the tally of {referrer.Stream.Key} in program {program} is {Text(tally)}, and its sales are {Text(sold)}";
            }
    }

    private static long Measured(Tally tally, RewardRule terms) => tally.Measure(terms.Tiers[0].By, terms.Trigger);

    private static IComparer<PaidTier> Tiers => Comparer<PaidTier>.Create((left, right) => (left.Rule, left.Tier).CompareTo((right.Rule, right.Tier)));

    private static string Text(Tally tally) => $"{tally.ValueMinor} of {tally.Count}, {tally.Approved} approved, paid {string.Join(", ", tally.Paid)}";
}
