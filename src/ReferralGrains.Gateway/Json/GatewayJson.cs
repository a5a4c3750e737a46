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
[JsonSerializable(typeof(Programs.NewProgram))]
[JsonSerializable(typeof(Programs.ProgramAnswer))]
[JsonSerializable(typeof(Programs.RuleBody))]
[JsonSerializable(typeof(Programs.RuleAnswer))]
[JsonSerializable(typeof(Referrers.NewReferrer))]
[JsonSerializable(typeof(Referrers.ReferrerAnswer))]
[JsonSerializable(typeof(Referrers.BalanceAnswer))]
[JsonSerializable(typeof(Referrals.NewReferral))]
[JsonSerializable(typeof(Referrals.ReferralAnswer))]
internal sealed partial class GatewayJson : JsonSerializerContext;
