using System.Text.Json;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Programs;

namespace ReferralGrains.Gateway.Enrollments;

/// <summary>A referral under one rule, with the terms that are in force for it: pinned version and adjustments (R10, D17).</summary>
/// <param name="State">active, disabled or deleted.</param>
/// <param name="NetMinor">Earned less taken back: what the amount cap bounds (D5).</param>
/// <param name="RewardCount">Rewards issued: what the count cap bounds (D5).</param>
/// <param name="Adjusted">Whether its terms differ from its rule's.</param>
internal sealed record EnrollmentAnswer(
    string Id,
    CallerId ProgramId,
    CallerId RefereeId,
    CallerId ReferrerId,
    CallerId RuleId,
    int RuleVersion,
    string State,
    long NetMinor,
    int RewardCount,
    bool Adjusted,
    LimitsBody Limits,
    ConditionsBody Conditions,
    PayoutBody Payout,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ApprovedAt);

internal sealed record PayoutBody(RewardBody Reward, HoldBody Hold);

/// <summary>
/// Changes to one enrollment only. <c>limits</c>, <c>conditions</c> and <c>payout</c> are merged into the terms in force (RFC 7396);
/// null in place of one of them returns to the rule's.
/// </summary>
/// <param name="Enabled">false stops rewards on this enrollment.</param>
internal sealed record EnrollmentChange(string Reason, bool? Enabled = null)
{
    // Not in the constructor, whose default values the description would show: there is no JSON for absent.
    public JsonElement Limits { get; set; }

    public JsonElement Conditions { get; set; }

    /// <summary>With <c>reward</c>, <c>hold</c> or both.</summary>
    public JsonElement Payout { get; set; }
}
