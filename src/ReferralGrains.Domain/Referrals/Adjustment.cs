using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrals;

/// <summary>What an admin changed on one enrollment only (R10). What is null follows the pinned terms.</summary>
public sealed record Adjustment(Limits? Limits = null, Conditions? Conditions = null, RewardTerms? Reward = null, Hold? Hold = null)
{
    public RewardRule Over(RewardRule terms) => terms with
    {
        Limits = Limits ?? terms.Limits,
        Conditions = Conditions ?? terms.Conditions,
        Reward = Reward ?? terms.Reward,
        Hold = Hold ?? terms.Hold,
    };
}
