using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Gateway.Rewards;

/// <summary>A reward as it stands now.</summary>
/// <param name="AmountMinor">As it was given.</param>
/// <param name="LeftMinor">After refunds, chargebacks and cancellation.</param>
/// <param name="State">pending, released, reversed or cancelled.</param>
/// <param name="ExpectedAt">When a pending one is expected to be released.</param>
internal sealed record RewardAnswer(
    string Id,
    string Asset,
    long AmountMinor,
    long LeftMinor,
    string State,
    CallerId ProgramId,
    CallerId RefereeId,
    CallerId ReferrerId,
    CallerId ActionId,
    string EnrollmentId,
    CallerId RuleId,
    int RuleVersion,
    DateTimeOffset CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ExpectedAt);

