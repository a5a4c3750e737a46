using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Gateway.Referrers;

/// <param name="Id">Made up when it is left out.</param>
/// <param name="CashOptIn">Wants cash rewards to be paid out (S10).</param>
internal sealed record NewReferrer(
    CallerId? Id = null,
    string? Email = null,
    string? Name = null,
    ImmutableArray<string>? Tags = null,
    bool? CashOptIn = null,
    string? StripeCustomerId = null);

/// <param name="Code">What a referee redeems (V1).</param>
/// <param name="Email">Personal data is shown to admin keys only.</param>
internal sealed record ReferrerAnswer(
    CallerId Id,
    string Code,
    string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Email,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name,
    ImmutableArray<string> Tags,
    bool CashOptIn,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? StripeCustomerId,
    DateTimeOffset CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

internal sealed record BalanceAnswer(CallerId ReferrerId, ImmutableArray<BalanceLine> Balances);

/// <summary>What a referrer has of one asset: net = earned − clawed back = pending + payable + in transit + paid (D13).</summary>
/// <param name="PayableMinor">May be below zero: it is earned back before anything is paid (D8).</param>
internal sealed record BalanceLine(
    string Asset,
    long EarnedMinor,
    long ClawedBackMinor,
    long NetMinor,
    long PendingMinor,
    long PayableMinor,
    long InTransitMinor,
    long PaidMinor);

/// <summary>What is left out stays.</summary>
internal sealed record ReferrerChange(
    string? Email = null,
    string? Name = null,
    ImmutableArray<string>? Tags = null,
    bool? CashOptIn = null,
    string? StripeCustomerId = null);

/// <summary>Whether a referrer is eligible for a rule that is granted by hand (H1).</summary>
internal sealed record EligibilityAnswer(CallerId ReferrerId, CallerId ProgramId, CallerId RuleId, bool Granted);
