using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Simulation.Oracle;

/// <summary>Nothing is rewarded by what the journal says was over before: a disabled rule, a closed referrer, terms that were not pinned (S7, D17, D18).</summary>
internal static class TermsChecks
{
    public static IEnumerable<string> Of(History history)
    {
        var closed = history.Referrers.Values.ToDictionary(
            referrer => referrer.Stream.Id, referrer => referrer.Events.Where(e => e.Event is ReferrerClosed).Select(e => e.Row.Commit).DefaultIfEmpty(long.MaxValue).First());
        foreach (var referral in history.Referrals)
        {
            var program = history.ProgramOf(referral);
            var (pinned, enrolled) = (0, new Dictionary<int, EnrolledRule>());
            foreach (var (row, e) in referral.Events)
            {
                var text = $"row {row.Seq} of {referral.Place}";
                switch (e)
                {
                    case ReferralAttributed attributed:
                        pinned = attributed.Revision;
                        if (program.At(row.Commit).All(terms => terms.Revision != pinned)) yield return $"{text} pins revision {pinned}, which was not in force";
                        if ((attributed.SelfReferral != SelfReferral.None) != (history.Referrers[attributed.Referrer].Stream.Key.First == referral.Place.Referee.Value))
                            yield return $"{text} is flagged {attributed.SelfReferral}";
                        if (closed[attributed.Referrer] < row.Commit) yield return $"{text} credits a referrer that was closed";
                        break;
                    case ReferralReassigned reassigned when closed[reassigned.Referrer] < row.Commit:
                        yield return $"{text} gives it to a referrer that was closed";
                        break;
                    case ReferralApproved approved:
                        foreach (var rule in approved.Enrolled)
                        {
                            enrolled[enrolled.Count + 1] = rule;
                            if (program.Terms.Rule(rule.Rule).At(pinned).Number != rule.Version) yield return $"{text} enrolls in version {rule.Version} of rule {rule.Rule}";
                            if (program.At(row.Commit).All(terms => terms.Rules.Length < rule.Rule || !terms.Rule(rule.Rule).State.Enabled)) yield return $"{text} enrolls in a disabled rule";
                        }

                        break;
                    case RuleJoined joined:
                        if (enrolled.Values.Any(rule => rule.Rule == joined.Rule)) yield return $"{text} joins rule {joined.Rule} again";
                        enrolled[joined.Enrollment] = new(joined.Rule, joined.Version);
                        if (!program.At(row.Commit).Any(terms =>
                            terms.Rules.Length >= joined.Rule && terms.Rule(joined.Rule) is { State.Enabled: true } rule && rule.Latest.Number == joined.Version))
                            yield return $"{text} joins version {joined.Version} of rule {joined.Rule}, which was not in force";
                        break;
                    case ScheduleUnlocked unlocked when unlocked.Unlocked.Any(change => closed[change.Referrer] < row.Commit) && unlocked.By is null:
                        yield return $"{text} unlocks a row for a referrer that was closed";
                        break;
                    case SaleDecided sale:
                        foreach (var decision in sale.Decisions.Where(decision => decision.Minor > 0))
                        {
                            if (enrolled[decision.Enrollment] != new EnrolledRule(decision.Rule, decision.Version)) yield return $"{text} is decided on other terms than were pinned";
                            if (program.At(row.Commit).All(terms => terms.Rules.Length < decision.Rule || !terms.Rule(decision.Rule).State.Enabled)) yield return $"{text} is rewarded by a disabled rule";
                            if (closed[sale.Referrer] < row.Commit) yield return $"{text} rewards a referrer that was closed";
                        }

                        break;
                }
            }
        }
    }
}
