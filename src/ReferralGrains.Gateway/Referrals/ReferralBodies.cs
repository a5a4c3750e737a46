using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>Who referred whom, by the referrer's id or by its code.</summary>
/// <param name="ApprovedAt">May lie in the past and only anchors windows (D17); now when it is left out.</param>
/// <param name="Status">approved, which is the default, or pending.</param>
/// <param name="ConversionValueMinor">What the referral itself is worth, for rules of: conversion_value (H6).</param>
/// <param name="RefereeEmail">Checked and not kept in this release.</param>
/// <param name="StripeCustomerId">Checked and not kept in this release.</param>
internal sealed record NewReferral(
    CallerId ProgramId,
    CallerId RefereeId,
    CallerId? ReferrerId = null,
    string? Code = null,
    string? RefereeEmail = null,
    DateTimeOffset? ApprovedAt = null,
    string? Status = null,
    ImmutableArray<string>? Tags = null,
    long? ConversionValueMinor = null,
    string? StripeCustomerId = null);

/// <param name="Status">pending, approved or cancelled.</param>
/// <param name="Active">Whether the referee is still a customer (G6).</param>
internal sealed record ReferralAnswer(
    CallerId ProgramId,
    CallerId RefereeId,
    CallerId ReferrerId,
    string Status,
    DateTimeOffset AttributedAt,
    DateTimeOffset? ApprovedAt,
    ImmutableArray<string> Tags,
    bool Active,
    long? ConversionValueMinor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);
