using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Rewards;

/// <summary>The rewards of one referral, in the order in which they were given, from its events.</summary>
internal static class RewardsOfReferral
{
    public static IEnumerable<RewardView> All(ReferralStory story)
    {
        var known = new KnownActions(story.Stream);
        foreach (var recorded in story.Events) known.Remember(recorded);
        return known.All.SelectMany(history => Of(story, history, known)).OrderBy(view => view.Reward.Key);
    }

    private static IEnumerable<RewardView> Of(ReferralStory story, ActionHistory history, KnownActions known)
    {
        if (SaleRecord.Of(history) is not { } record) yield break;
        var outcome = ActionOutcome.Of(history, known, story.State);
        foreach (var reward in record.Rewards)
        {
            var (id, given) = (RewardId.FromKey(reward.Key), reward.Given);
            var state = outcome.Decisions.First(decision => decision.Reward == reward.Key).State;
            var givenAt = history.Events.First(recorded => recorded.Seq == id.Seq).At;
            yield return new(
                story.Stream, id, story.Program, story.Referee, story.Referrer!.Value, history.Id, given.Enrollment, given.Rule, given.Version,
                given.Asset!.Value, given.Minor, reward.LeftMinor, state, givenAt, given.ReleaseAt);
        }
    }
}
