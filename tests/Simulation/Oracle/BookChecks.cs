using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Simulation.Oracle;

/// <summary>Budgets are never oversold, whatever processes decided; a group is released once, with all that waited in it (X5, H14).</summary>
internal static class BookChecks
{
    public static IEnumerable<string> Budgets(History history)
    {
        var used = new Dictionary<(StreamId Owner, StreamId Program, int Rule, int Month), long>();

        // Of the month in which it was given, whatever is said where it is taken back, and whosever the referral is by then.
        var months = new Dictionary<(StreamId Referral, long Reward), int>();
        foreach (var (referral, row, e) in InOrder(history))
        {
            var program = history.ProgramOf(referral);
            foreach (var (rule, referrer, reward, given, minor) in Uses(e, row.Seq, referral))
            {
                if (given > 0) months[(row.Stream, reward)] = given;
                if (!months.TryGetValue((row.Stream, reward), out var month)) continue;
                var shared = program.Terms.Rule(rule).State.Budget!.Per == BudgetPer.Program;
                var key = (shared ? program.Stream.Id : referrer, program.Stream.Id, rule, month);
                var now = used[key] = used.GetValueOrDefault(key) + minor;
                if (minor > 0 && program.At(row.Commit).All(terms => now > terms.Rule(rule).State.Budget?.AmountMinor)) yield return $"row {row.Seq} of {referral.Place} oversells {key}: {now}";
                if (now < 0) yield return $"row {row.Seq} of {referral.Place} frees more of {key} than was used";
            }
        }

        foreach (var (key, minor) in history.Database.Budgets)
            if (used.GetValueOrDefault(key) != minor) yield return $"{minor} of {key} are said to be used, and its rewards come to {used.GetValueOrDefault(key)}";
        foreach (var (key, minor) in used)
            if (minor != 0 && !history.Database.Budgets.ContainsKey(key)) yield return $"{minor} of {key} are used, and nothing says so";
    }

    public static IEnumerable<string> Groups(History history)
    {
        var waits = new Dictionary<(StreamId Referrer, StreamId Program, int Rule, Asset Asset, int Number), long>();
        foreach (var referral in history.Referrals)
        {
            var state = Referral.None;
            foreach (var (row, e) in referral.Events)
            {
                foreach (var reward in e is GroupSettled settled ? settled.Rewards : []) Add(referral, state.Holds.Find(reward)!.Value, state);
                state = ReferralFold.Evolve(state, row.Event.At, e);
            }

            foreach (var hold in state.Holds.Where(hold => hold.Group > 0)) Add(referral, hold, state);
        }

        foreach (var referrer in history.Referrers.Values)
        {
            foreach (var (_, e) in referrer.Events)
                if (e is GroupReleased released)
                {
                    if (!waits.Remove((referrer.Stream.Id, released.Program, released.Rule, released.Asset, released.Number), out var minor) || minor != released.Minor)
                        yield return $"{referrer.Stream.Key} released {released}, and {minor} waited in it";
                }

            foreach (var (program, tally) in referrer.State.Tallies)
                foreach (var group in tally.Groups ?? [])
                {
                    waits.Remove((referrer.Stream.Id, new(program), group.Rule, group.Asset, group.Number), out var minor);
                    if (minor != group.SumMinor) yield return $"{group} of {referrer.Stream.Key} says {group.SumMinor}, and {minor} wait in it";
                    if (group.SumMinor >= group.GoalMinor && group.GoalMinor > 0) yield return $"{group} of {referrer.Stream.Key} has its amount and was not released";
                    if (history.Database.Groups[(referrer.Stream.Id, new(program), group.Rule, group.Asset)] != group) yield return $"the row of {group} of {referrer.Stream.Key} says otherwise";
                }
        }

        foreach (var (key, minor) in waits.Where(pair => pair.Value != 0)) yield return $"{minor} wait in {key}, which nobody knows";

        void Add(ReferralHistory referral, OpenHold hold, Referral state)
        {
            var key = (hold.Referrer, history.ProgramOf(referral).Stream.Id, state.Enrollments[hold.Enrollment - 1].Rule, hold.Asset, hold.Group);
            waits[key] = waits.GetValueOrDefault(key) + hold.RemainingMinor;
        }
    }

    /// <summary>What several first sales earned together has lost the share of what is undone of any of them (H9).</summary>
    public static IEnumerable<string> Rounds(History history)
    {
        var undone = new Dictionary<(StreamId Referrer, StreamId Program, int Rule, int Round), long>();
        var given = new Dictionary<(StreamId Referrer, StreamId Program, int Rule, int Round), (long Minor, long Sum)>();
        var taken = new Dictionary<(StreamId Referrer, StreamId Program, int Rule, int Round), long>();
        var loose = new HashSet<(StreamId, StreamId, int, int)>();
        foreach (var (referral, row, e) in InOrder(history))
        {
            var program = history.ProgramOf(referral).Stream.Id;
            foreach (var decision in (e as SaleDecided)?.Decisions ?? [])
                if (decision.Further is { Round: > 0 } seen && decision.Minor > 0)
                    if (!given.TryAdd((((SaleDecided)e).Referrer, program, decision.Rule, seen.Round), (decision.Minor, seen.GatheredMinor))) yield return $"row {row.Seq} of {referral.Place} pays a round again";
            foreach (var share in (e as SaleReversed)?.Rounds ?? (e as ReversalUndone)?.Rounds ?? [])
                undone[(share.Referrer, program, share.Rule, share.Round)] = undone.GetValueOrDefault((share.Referrer, program, share.Rule, share.Round)) + share.Minor;
            if (e is not RoundReversed reversed) continue;
            var key = (reversed.Referrer, program, reversed.Rule, reversed.Round);
            taken[key] = taken.GetValueOrDefault(key) + reversed.Taken.Sum(change => change.Minor) - reversed.Given.Sum(change => change.Minor);

            // A cancelled one has nothing left, and what comes back is bounded by the room under a cap.
            var due = decimal.Round((decimal)given[key].Minor * reversed.UndoneMinor / Math.Max(1, given[key].Sum), MidpointRounding.AwayFromZero);
            if (taken[key] != due) loose.Add(key);
        }

        foreach (var row in history.Database.Gatherings)
        {
            var key = (row.Referrer, row.Program, row.Rule, row.Round);
            if (undone.GetValueOrDefault(key) != row.Undone) yield return $"{row.Undone} of {key} is said to be undone, and it is {undone.GetValueOrDefault(key)}";
            if (given.ContainsKey(key) != row.Target is not null) yield return $"{key} has a reward, or says so, and not the other";
            if (row.Target is not null && row.Undone != (row.Settled ?? 0)) yield return $"{row.Undone} of {key} is undone, and {row.Settled} settled";
            if (loose.Contains(key) || !given.TryGetValue(key, out var paid)) continue;
            var due = decimal.Round((decimal)paid.Minor * row.Undone / Math.Max(1, paid.Sum), MidpointRounding.AwayFromZero);
            if (taken.GetValueOrDefault(key) != due) yield return $"of the reward of {key} {taken.GetValueOrDefault(key)} are taken, and {due} are due";
        }
    }

    private static IEnumerable<(ReferralHistory Referral, Database.JournalRow Row, ReferralEvent Event)> InOrder(History history) =>
        history.Referrals.SelectMany(referral => referral.Events.Select(e => (referral, e.Row, e.Event))).OrderBy(e => e.Row.Position);

    private static IEnumerable<(int Rule, StreamId Referrer, long Reward, int Given, long Minor)> Uses(ReferralEvent e, int seq, ReferralHistory referral) => e switch
    {
        SaleDecided sale => Given(seq, sale.Referrer, sale.Decisions),
        RewardsGranted granted => Given(seq, granted.Referrer, granted.Decisions),
        SaleReversed reversed => Changed(reversed.Taken, -1, referral),
        RewardCancelled cancelled => Changed([cancelled.Taken], -1, referral),
        ReversalUndone undone => Changed(undone.Given, 1, referral),
        RoundReversed reversed => [.. Changed(reversed.Taken, -1, referral), .. Changed(reversed.Given, 1, referral)],
        _ => [],
    };

    private static IEnumerable<(int, StreamId, long, int, long)> Given(int seq, StreamId referrer, IEnumerable<RuleDecision> decisions) =>
        decisions.Select((decision, i) => (Decision: decision, Key: new RewardId(seq, i).Key)).Where(one => one.Decision is { Minor: > 0, Further.Budget: not null })
            .Select(one => (one.Decision.Rule, referrer, one.Key, one.Decision.Further!.Budget!.Month, one.Decision.Minor));

    private static IEnumerable<(int, StreamId, long, int, long)> Changed(IEnumerable<RewardChange> changes, int sign, ReferralHistory referral) =>
        changes.Select(change => (referral.State.Enrollments[change.Enrollment - 1].Rule, change.Referrer, change.Reward, 0, sign * change.Minor));
}
