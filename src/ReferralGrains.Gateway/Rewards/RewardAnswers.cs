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
/// <param name="Hold">What ends the hold window of a pending one, by the terms that it was given under. Absent where it only waits for its date.</param>
/// <param name="TotalSoFarMinor">Of a schedule: this reward and those before it.</param>
/// <param name="TotalMinor">Of a schedule: all of its rewards.</param>
/// <param name="GroupSumMinor">Of a grouped one: what waits with it (H14).</param>
/// <param name="GroupGoalMinor">The sum at which all of it is payable.</param>
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
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), OneOf("days", "manual", "days_then_active_customer")] string? Hold = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? TotalSoFarMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? TotalMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? GroupSumMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? GroupGoalMinor = null);

/// <summary>Rewards in the words of the outside: their rules are named by their ids, which the programs know.</summary>
internal sealed class RewardAnswers(IFacts facts)
{
    public static readonly Words<RewardStatus> States = new(
        ("pending", RewardStatus.Pending), ("released", RewardStatus.Released), ("reversed", RewardStatus.Reversed), ("cancelled", RewardStatus.Cancelled),
        ("grouped", RewardStatus.Grouped));

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
        view is { Status: RewardStatus.Pending, Hold: { } hold } ? RuleWords.Holds.Of(hold) : null,
        view.Total?.SoFarMinor,
        view.Total?.TotalMinor,
        view.Group?.SumMinor,
        view.Group?.GoalMinor);
}
