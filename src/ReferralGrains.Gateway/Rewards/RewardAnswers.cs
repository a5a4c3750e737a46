using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Rewards;

/// <summary>A reward as it stands now.</summary>
/// <param name="AmountMinor">As it was given.</param>
/// <param name="LeftMinor">After refunds, chargebacks and cancellation.</param>
/// <param name="ActionId">Null for what no action earned: an approval, a schedule.</param>
/// <param name="ExpectedAt">When a pending one is expected: due, or released from its hold.</param>
/// <param name="TotalSoFarMinor">Of a schedule: this reward and those before it.</param>
/// <param name="TotalMinor">Of a schedule: all of its rewards.</param>
internal sealed record RewardAnswer(
    string Id,
    string Asset,
    long AmountMinor,
    long LeftMinor,
    [property: OneOf(typeof(RewardAnswers), nameof(RewardAnswers.States))] string State,
    CallerId ProgramId,
    CallerId RefereeId,
    CallerId ReferrerId,
    CallerId? ActionId,
    string EnrollmentId,
    CallerId RuleId,
    int RuleVersion,
    DateTimeOffset CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ExpectedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? TotalSoFarMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? TotalMinor = null);

/// <summary>Rewards in the words of the outside: their rules are named by their ids, which the programs know.</summary>
internal sealed class RewardAnswers(IFacts facts)
{
    public static readonly Words<RewardStatus> States = new(
        ("pending", RewardStatus.Pending), ("released", RewardStatus.Released), ("reversed", RewardStatus.Reversed), ("cancelled", RewardStatus.Cancelled));

    public async Task<RewardAnswer> Of(int tenant, RewardView view, CancellationToken stop) =>
        Of(view, await facts.ProgramCovering(tenant, view.Program, terms => terms.Has(view.Rule, view.Version), stop));

    public static RewardAnswer Of(RewardView view, ProgramTerms program) => new(
        new RewardName(view.Referral, view.Reward).ToString(),
        view.Asset.Name,
        view.Minor,
        view.LeftMinor,
        States.Of(view.Status),
        view.Program,
        view.Referee,
        view.Referrer,
        view.Action,
        new EnrollmentName(view.Referral, view.Enrollment).ToString(),
        program.Rule(view.Rule).Id,
        view.Version,
        view.GivenAt,
        view.Status == RewardStatus.Pending ? view.ExpectedAt : null,
        view.Total?.SoFarMinor,
        view.Total?.TotalMinor);
}

/// <summary>The rewards of one referral, in the order in which they were given, from its events.</summary>
internal static class RewardsOfReferral
{
    public static IEnumerable<RewardView> All(ReferralStory story)
    {
        var known = new KnownActions(story.Stream, Referral.None);
        foreach (var recorded in story.Events) known.Remember(recorded);
        return known.All.SelectMany(history => Of(story, history, known)).Concat(Granted(story)).OrderBy(view => view.Reward.Key);
    }

    private static IEnumerable<RewardView> Granted(ReferralStory story) =>
        from granted in GrantedReward.Of(story.Events, story.State)
        let given = granted.Reward.Given
        let isScheduled = story.State.ScheduledReward(granted.Reward.Key) is not null
        select new RewardView(
            story.Stream, RewardId.FromKey(granted.Reward.Key), story.Program, story.Referee, story.Referrer!.Value, null, given.Enrollment, given.Rule,
            given.Version, given.Asset!.Value, given.Minor, granted.Reward.LeftMinor, granted.Status, granted.GivenAt,
            isScheduled ? granted.DueAt : story.State.Holds.Find(granted.Reward.Key)?.ReleaseAt,
            granted.DueAt is null ? null : new(granted.SoFarMinor, granted.TotalMinor));

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
