using System.Text.Json.Serialization;

namespace ReferralGrains.Gateway.Json;

/// <summary>
/// The JSON of requests and answers: snake_case, strict in every way that the defaults are not. A number in quotes, a field that is
/// there twice and a field that nobody knows are refused, for each is a caller's mistake that would cost money later.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    PropertyNameCaseInsensitive = false,
    NumberHandling = JsonNumberHandling.Strict,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = Strict.MaxDepth,
    Converters = [typeof(CallerIdAtDoor), typeof(InstantAtDoor)])]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
[JsonSerializable(typeof(Problems.ProblemBody))]
[JsonSerializable(typeof(ReasonBody))]
[JsonSerializable(typeof(Tenants.NewTenant))]
[JsonSerializable(typeof(Tenants.TenantAnswer))]
[JsonSerializable(typeof(Tenants.NewKey))]
[JsonSerializable(typeof(Tenants.NewKeyAnswer))]
[JsonSerializable(typeof(Tenants.RevokedKeyAnswer))]
[JsonSerializable(typeof(Programs.NewProgram))]
[JsonSerializable(typeof(Programs.ProgramAnswer))]
[JsonSerializable(typeof(Programs.RuleBody))]
[JsonSerializable(typeof(Programs.RuleAnswer))]
[JsonSerializable(typeof(Programs.JoinAnswer))]
[JsonSerializable(typeof(Referrers.NewReferrer))]
[JsonSerializable(typeof(Referrers.ReferrerChange))]
[JsonSerializable(typeof(Referrers.ReferrerAnswer))]
[JsonSerializable(typeof(Referrers.BalanceAnswer))]
[JsonSerializable(typeof(Referrers.EligibilityAnswer))]
[JsonSerializable(typeof(Referrals.NewReferral))]
[JsonSerializable(typeof(Referrals.ReferralChange))]
[JsonSerializable(typeof(Referrals.ReferralApproval))]
[JsonSerializable(typeof(Referrals.ReferralCancellation))]
[JsonSerializable(typeof(Referrals.Redemption))]
[JsonSerializable(typeof(Referrals.ReferralAnswer))]
[JsonSerializable(typeof(Referrals.ReferralLineAnswer))]
[JsonSerializable(typeof(Referrals.ReferralStoryAnswer))]
[JsonSerializable(typeof(Actions.ActionBody))]
[JsonSerializable(typeof(Actions.OutcomeBody))]
[JsonSerializable(typeof(Actions.OutcomeLineBody))]
[JsonSerializable(typeof(Actions.ActionStoryBody))]
[JsonSerializable(typeof(Enrollments.EnrollmentChange))]
[JsonSerializable(typeof(Enrollments.EnrollmentAnswer))]
[JsonSerializable(typeof(PageAnswer<Activity.ActivityAnswer>))]
[JsonSerializable(typeof(PageAnswer<Rewards.RewardAnswer>))]
[JsonSerializable(typeof(Ledger.TrialBalanceAnswer))]
[JsonSerializable(typeof(PageAnswer<Ledger.PostingAnswer>))]
[JsonSerializable(typeof(Ledger.LedgerCheckAnswer))]
[JsonSerializable(typeof(Clocks.ClockAdvance))]
[JsonSerializable(typeof(Clocks.ClockAnswer))]
internal sealed partial class GatewayJson : JsonSerializerContext;
