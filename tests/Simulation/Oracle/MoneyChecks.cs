using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Simulation.Market;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Simulation.Oracle;

/// <summary>Balances are the sum of the postings, no cap is broken, and no reward is given, taken or released more than it may be.</summary>
internal static class MoneyChecks
{
    public static IEnumerable<string> Balances(History history)
    {
        var sums = new Dictionary<(StreamId, Asset), Balance>();
        foreach (var posting in history.Rows.Select(row => row.Event.Posting).OfType<Posting>())
        {
            if (posting.Amount.Minor <= 0) yield return $"a posting of {posting.Amount}";
            foreach (var (account, minor) in new[] { (posting.From, -posting.Amount.Minor), (posting.To, posting.Amount.Minor) })
            {
                if (account.Kind is AccountKind.Rewards or AccountKind.Clawbacks) continue;
                var key = (account.Owner, posting.Amount.Asset);
                sums[key] = sums.GetValueOrDefault(key).With(account.Kind, minor);
            }
        }

        foreach (var (key, kept) in history.Database.Balances)
        {
            var sum = sums.GetValueOrDefault(key);
            if ((sum.Pending, sum.Payable) != (kept.Pending, kept.Payable)) yield return $"the balance of {key} is {kept}, its postings say {sum}";
            if (!kept.Balances || kept.Pending < 0) yield return $"the balance of {key} does not balance: {kept}";
        }

        var held = history.Referrals.SelectMany(referral => referral.State.Holds.Where(hold => history.Waits(referral, hold))).ToLookup(hold => (hold.Referrer, hold.Asset), hold => hold.RemainingMinor);
        foreach (var owner in history.Database.Balances.Keys.Union(held.Select(holds => holds.Key)))
            if (history.Database.Balances.GetValueOrDefault(owner).Pending != held[owner].Sum())
                yield return $"{owner} has holds of {held[owner].Sum()}, and pending is {history.Database.Balances.GetValueOrDefault(owner).Pending}";
    }

    /// <summary>An id is booked or spent once, as it was answered, and nothing is spent that was not there.</summary>
    public static IEnumerable<string> Books(ClientLog log, History history)
    {
        var rows = history.Rows.Where(row => row.Event.Type == EventCodec.NumberOf(typeof(EntryBooked)) || row.Event.Type == EventCodec.NumberOf(typeof(AssetSpent)))
            .Select(row => (Row: row, Event: row.Decode<ReferrerEvent>())).ToList();
        foreach (var again in rows.GroupBy(one => (one.Row.Tenant, Id(one.Event))).Where(group => group.Count() > 1)) yield return $"{again.Key} was booked {again.Count()} times";
        foreach (var (referrer, e, reply) in log.Books.Where(one => one.Reply.Refusal is null))
            if (!rows.Exists(one => one.Row.Tenant == referrer.Tenant && one.Event == e && one.Row.Stream == reply.Booked!.Referrer)) yield return $"{e} was answered, and is not there";
        var payable = new Dictionary<StreamId, long>();
        foreach (var (row, e) in rows.OrderBy(one => one.Row.Position))
        {
            var left = payable[row.Stream] = payable.GetValueOrDefault(row.Stream) + (e is EntryBooked booked ? booked.Minor : -((AssetSpent)e).Minor);
            if (left < 0) yield return $"{e} spends {-left} more than there was";
        }

        static string Id(ReferrerEvent e) => e is EntryBooked booked ? $"entry {booked.Id}" : $"spend {((AssetSpent)e).Id}";
    }

    public static IEnumerable<string> Rewards(History history) => history.Referrals.SelectMany(Rewards);

    public static IEnumerable<string> Caps(History history) => history.Referrals.SelectMany(referral => Caps(referral, history.ProgramOf(referral)));

    private static IEnumerable<string> Rewards(ReferralHistory referral)
    {
        var given = new Dictionary<long, (long Minor, DateTimeOffset? ReleaseAt)>();
        var left = new Dictionary<long, long>();
        var released = new HashSet<long>();
        var rows = new Dictionary<long, ScheduleRow>();
        var whole = new Dictionary<long, long>();
        var clawed = new Dictionary<long, long>();
        foreach (var (row, e) in referral.Events)
        {
            var text = $"row {row.Seq} of {referral.Place}";
            switch (e)
            {
                case SaleDecided sale:
                    for (var i = 0; i < sale.Decisions.Length; i++)
                    {
                        if (sale.Decisions[i].Minor == 0) continue;
                        var key = new RewardId(row.Seq, i).Key;
                        given[key] = (sale.Decisions[i].Minor, sale.Decisions[i].ReleaseAt);
                        left[key] = sale.Decisions[i].Minor;
                    }

                    break;
                case RewardsGranted granted:
                    for (var i = 0; i < granted.Decisions.Length; i++)
                        if (granted.Decisions[i].Minor > 0)
                            (given[new RewardId(row.Seq, i).Key], left[new RewardId(row.Seq, i).Key]) =
                                ((granted.Decisions[i].Minor, granted.Decisions[i].ReleaseAt), granted.Decisions[i].Minor);
                    break;
                case ScheduleStarted started:
                    for (var i = 0; i < started.Rows.Length; i++) (rows[new RewardId(row.Seq, i).Key], whole[new RewardId(row.Seq, i).Key]) = (started.Rows[i], started.Rows[i].Minor);
                    break;
                case ScheduleUnlocked unlocked:
                    foreach (var change in unlocked.Unlocked)
                    {
                        if (!rows.Remove(change.Reward, out var due) || due.Minor != change.Minor) yield return $"{text} unlocks {change}, which is not in its schedule any more";
                        if (unlocked.By is null && due.At > row.Event.At) yield return $"{text} unlocks {change} before {due.At:O}";
                        (given[change.Reward], left[change.Reward]) = ((whole[change.Reward], change.ReleaseAt), change.Minor);
                    }

                    break;
                case GroupSettled settled:
                    foreach (var reward in settled.Rewards)
                        if (!released.Add(reward)) yield return $"{text} releases reward {reward} again";
                    break;
                case HoldsPostponed postponed:
                    foreach (var reward in postponed.Rewards) given[reward] = given[reward] with { ReleaseAt = postponed.Until };
                    break;
                case ScheduleEnded ended:
                    foreach (var reward in ended.Rewards)
                        if (!rows.Remove(reward)) yield return $"{text} ends a row that is not in its schedule any more";
                    break;
                case SaleReversed reversed:
                    foreach (var taken in reversed.Taken)
                    {
                        clawed[taken.Reward] = clawed.GetValueOrDefault(taken.Reward) + taken.Minor;
                        if ((left[taken.Reward] -= taken.Minor) < 0) yield return $"{text} takes back more than was left";
                    }

                    foreach (var less in reversed.Rows ?? [])
                        if ((rows[less.Reward] = rows[less.Reward] with { Minor = rows[less.Reward].Minor - less.Minor }).Minor < 0) yield return $"{text} takes more of a row than was left";
                    break;
                case RoundReversed reversed:
                    foreach (var taken in reversed.Taken)
                        if ((left[taken.Reward] -= taken.Minor) < 0) yield return $"{text} takes back more than was left";
                    foreach (var back in reversed.Given)
                        if ((left[back.Reward] += back.Minor) > given[back.Reward].Minor) yield return $"{text} gives back more than was given";
                    break;
                case ReversalUndone undone:
                    foreach (var back in undone.Given)
                    {
                        if ((clawed[back.Reward] = clawed.GetValueOrDefault(back.Reward) - back.Minor + back.EarnedMinor) < 0) yield return $"{text} gives back more than was taken";
                        if (back.EarnedMinor > 0 && clawed[back.Reward] > 0) yield return $"{text} earns what was taken back";
                        if ((left[back.Reward] += back.Minor) > given[back.Reward].Minor) yield return $"{text} gives back more than was given";
                    }

                    foreach (var more in undone.Rows ?? [])
                        if ((rows[more.Reward] = rows[more.Reward] with { Minor = rows[more.Reward].Minor + more.Minor }).Minor > whole[more.Reward]) yield return $"{text} gives a row more than it had";
                    break;
                case RewardCancelled cancelled:
                    if ((left[cancelled.Taken.Reward] -= cancelled.Taken.Minor) != 0) yield return $"{text} cancels another amount than was left";
                    break;
                case RewardsReleased releases:
                    foreach (var release in releases.Released)
                    {
                        if (!released.Add(release.Reward)) yield return $"{text} releases reward {release.Reward} again";
                        if (release.Minor != left[release.Reward]) yield return $"{text} releases {release.Minor} of {left[release.Reward]}";
                        if (releases.By is null && !(given[release.Reward].ReleaseAt <= row.Event.At)) yield return $"{text} releases reward {release.Reward} too early";
                    }

                    break;
            }
        }
    }

    private static IEnumerable<string> Caps(ReferralHistory referral, ProgramHistory program)
    {
        var earned = new Dictionary<int, (long Net, int Count)>();
        var adjusted = new Dictionary<int, Adjustment>();
        foreach (var (row, e) in referral.Events)
        {
            switch (e)
            {
                case EnrollmentAdjusted adjustment:
                    adjusted[adjustment.Enrollment] = adjustment.Adjustment;
                    break;
                case SaleDecided or RewardsGranted:
                    foreach (var decision in ((e as SaleDecided)?.Decisions ?? ((RewardsGranted)e).Decisions).Where(decision => decision.Minor > 0))
                    {
                        var (net, count) = earned.GetValueOrDefault(decision.Enrollment);
                        earned[decision.Enrollment] = (net += decision.Minor, ++count);
                        var terms = program.Terms.Terms(decision.Rule, decision.Version);
                        var limits = (adjusted.GetValueOrDefault(decision.Enrollment)?.Over(terms) ?? terms).Limits;
                        if (net > limits.MaxAmountMinor || count > limits.MaxCount)
                            yield return $"row {row.Seq} of {referral.Place} breaks a cap: {net} and {count} under {limits}";
                    }

                    break;
                case ScheduleUnlocked unlocked:
                    foreach (var change in unlocked.Unlocked)
                    {
                        var (net, count) = earned.GetValueOrDefault(change.Enrollment);
                        earned[change.Enrollment] = (net + change.Minor, count + 1);
                    }

                    break;
                default:
                    foreach (var (enrollment, minor) in Changes(e))
                        earned[enrollment] = earned.GetValueOrDefault(enrollment) with { Net = earned.GetValueOrDefault(enrollment).Net + minor };
                    break;
            }
        }

        foreach (var enrollment in referral.State.Enrollments)
            if (earned.GetValueOrDefault(enrollment.Number) != (enrollment.NetMinor, enrollment.Count))
                yield return $"enrollment {enrollment.Number} of {referral.Place} counts {enrollment.NetMinor} and {enrollment.Count}";
    }

    private static IEnumerable<(int Enrollment, long Minor)> Changes(ReferralEvent e) => e switch
    {
        SaleReversed reversed => reversed.Taken.Select(change => (change.Enrollment, -change.Minor)),
        ReversalUndone undone => undone.Given.Select(change => (change.Enrollment, change.Minor)),
        RoundReversed reversed => [.. reversed.Taken.Select(change => (change.Enrollment, -change.Minor)), .. reversed.Given.Select(change => (change.Enrollment, change.Minor))],
        RewardCancelled cancelled => [(cancelled.Taken.Enrollment, -cancelled.Taken.Minor)],
        _ => [],
    };
}
