using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Gateway.Programs;

/// <summary>A rule as it is sent and shown. What is left out takes the default that the description names.</summary>
/// <param name="Trigger">recurring_action or tier_reached.</param>
/// <param name="Id">Made up when it is left out; the id of a rule that exists makes a new version of it (S7).</param>
/// <param name="Eligibility">everyone, or granted: nobody until granted per referrer (H1).</param>
/// <param name="AcknowledgeWarnings">Tiers that overlap or leave gaps are meant (H3).</param>
internal sealed record RuleBody(
    string Trigger,
    RewardBody Reward,
    CallerId? Id = null,
    string? Name = null,
    LimitsBody? Limits = null,
    ConditionsBody? Conditions = null,
    ImmutableArray<TierBody>? Tiers = null,
    HoldBody? Hold = null,
    string? Eligibility = null,
    ActiveBody? Active = null,
    bool? Enabled = null,
    bool? AcknowledgeWarnings = null,
    int? N = null,
    int? EveryMonths = null,
    int? Times = null);

/// <param name="Kind">cash, credit, points, free_service, coupon or custom.</param>
/// <param name="Type">percent, fixed or per_amount; may be left out where the tiers say it.</param>
/// <param name="Of">transaction, or conversion_value: which amount a percentage is of (H6).</param>
/// <param name="Item">What a free_service, coupon or custom reward is.</param>
internal sealed record RewardBody(
    string Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Type = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? BasisPoints = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? AmountMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Points = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? PerMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Of = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? Item = null);

/// <summary>Per enrollment; null means no limit (R4–R6).</summary>
/// <param name="CapMode">clamp pays the remainder, drop pays nothing (D5).</param>
/// <param name="EventFrom">A date in the program's time zone, or an instant.</param>
/// <param name="EventTo">Likewise; a date is included as a whole.</param>
internal sealed record LimitsBody(
    int? MaxCount = null,
    long? MaxAmountMinor = null,
    string? CapMode = null,
    int? DaysAfterApproved = null,
    string? EventFrom = null,
    string? EventTo = null);

/// <param name="MinAmountExclusiveMinor">The amount must exceed it (H6).</param>
/// <param name="ProductIds">One of these must be among the action's; empty means any (H7).</param>
/// <param name="ReferrerTags">ALL, ANY or NONE (H5).</param>
/// <param name="RefereeTags">ALL, ANY or NONE (H5).</param>
internal sealed record ConditionsBody(
    long? MinAmountExclusiveMinor = null,
    ImmutableArray<string>? ProductIds = null,
    string? ReferrerTags = null,
    string? RefereeTags = null);

/// <summary>A range of the referrer's tally, both ends included (H2, H3).</summary>
/// <param name="By">value, with min_minor and max_minor, or count, with min and max.</param>
internal sealed record TierBody(
    string By,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? MinMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? MaxMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Min = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Max = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? BasisPoints = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? AmountMinor = null);

/// <param name="Mode">none, days or manual.</param>
/// <param name="From">unlocked or occurred_at (D14).</param>
internal sealed record HoldBody(
    string Mode,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Days = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? From = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? AmountMinor = null);

/// <summary>When a rule is active: dates in the program's time zone or instants; outside it rewards nothing (R8).</summary>
internal sealed record ActiveBody(string? From = null, string? To = null);

/// <summary>A rule as it stands, in the words in which it was sent.</summary>
/// <param name="Version">The version that new referrals get.</param>
internal sealed record RuleAnswer(
    CallerId Id,
    CallerId ProgramId,
    int Version,
    string Name,
    string Trigger,
    RewardBody Reward,
    LimitsBody Limits,
    ConditionsBody Conditions,
    ImmutableArray<TierBody> Tiers,
    HoldBody Hold,
    string Eligibility,
    ActiveBody Active,
    bool Enabled,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

/// <summary>What became of the approved referrals of the rule's program.</summary>
/// <param name="Referrals">That were asked.</param>
/// <param name="Joined">That are enrolled in the rule from now on, or would be.</param>
/// <param name="AlreadyEnrolled">That have, or had, an enrollment under it.</param>
/// <param name="DryRun">Nothing was saved.</param>
internal sealed record JoinAnswer(
    CallerId RuleId,
    int RuleVersion,
    long Referrals,
    long Joined,
    long AlreadyEnrolled,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? DryRun = null);
