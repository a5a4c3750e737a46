using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Gateway.Ids;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Rewards;

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
        view.Status == RewardStatus.Pending ? view.ExpectedAt : null);
}
