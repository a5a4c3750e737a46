using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>Who referred whom, by the referrer's id or by its code.</summary>
/// <param name="ApprovedAt">May lie in the past and only anchors windows (D17); now when it is left out.</param>
/// <param name="Status">approved, which is the default, or pending.</param>
/// <param name="ConversionValueMinor">What the referral itself is worth, for rules of: conversion_value (H6).</param>
/// <param name="RefereeEmail">Compared with the referrer's, and not kept: the same mailbox is flagged (D16).</param>
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
    ImmutableArray<ReferralFlag> Flags,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

/// <summary>Why somebody should look at a referral.</summary>
/// <param name="Kind">self_referral.</param>
/// <param name="Reason">same_id or same_email.</param>
internal sealed record ReferralFlag(string Kind, string Reason);

/// <summary>What is left out stays.</summary>
/// <param name="Active">Whether the referee is still a customer (G6).</param>
internal sealed record ReferralChange(ImmutableArray<string>? Tags = null, bool? Active = null);

/// <param name="ApprovedAt">May lie in the past and only anchors windows (D17); now when it is left out.</param>
internal sealed record ReferralApproval(DateTimeOffset? ApprovedAt = null);

/// <param name="CancelPending">Pending rewards are cancelled too; otherwise they stay (D9).</param>
internal sealed record ReferralCancellation(string? Reason = null, bool? CancelPending = null);

/// <summary>A code that a referee entered: attributes it, approved now (V2).</summary>
/// <param name="RefereeEmail">Compared with the referrer's, and not kept: the same mailbox is flagged (D16).</param>
/// <param name="ActionId">Not in this release.</param>
internal sealed record Redemption(CallerId ProgramId, string Code, CallerId RefereeId, string? RefereeEmail = null, CallerId? ActionId = null);

/// <summary>A referral with all that came of it.</summary>
/// <param name="Chain">From the attribution to the first release, each step that was reached (S8).</param>
internal sealed record ReferralStoryAnswer(
    CallerId ProgramId,
    CallerId RefereeId,
    CallerId? ReferrerId,
    string Status,
    DateTimeOffset? AttributedAt,
    DateTimeOffset? ApprovedAt,
    ImmutableArray<string> Tags,
    bool Active,
    long? ConversionValueMinor,
    ImmutableArray<ReferralFlag> Flags,
    ImmutableArray<ChainStep> Chain,
    ImmutableArray<EnrollmentAnswer> Enrollments,
    ImmutableArray<Rewards.RewardAnswer> Rewards,
    ImmutableArray<WaitingAction> Waiting);

/// <param name="Step">attributed, approved, first_sale, first_reward or first_release.</param>
internal sealed record ChainStep(string Step, DateTimeOffset At);

/// <summary>An action that takes effect by itself when what it waits for comes (D10).</summary>
internal sealed record WaitingAction(CallerId ActionId, string Code);

/// <summary>A line of a batch's answer.</summary>
internal sealed record ReferralLineAnswer(
    long Line,
    CallerId? ProgramId = null,
    CallerId? RefereeId = null,
    CallerId? ReferrerId = null,
    string? Status = null,
    ImmutableArray<ReferralFlag>? Flags = null,
    bool? Duplicate = null,
    Lines.LineError? Error = null);

internal static class ReferralFields
{
    private const int MaxCode = 64;

    /// <summary>Checks what the types of the fields do not say.</summary>
    public static void Check(NewReferral body)
    {
        if (body.ReferrerId is null == string.IsNullOrEmpty(body.Code))
        {
            throw (body.ReferrerId is null
                ? Problem.MissingField("referrer_id")
                : Problem.InvalidField("code", "Either referrer_id or code is expected, not both.")).AsException();
        }

        Text.Of(body.Code, "code", MaxCode);
        Text.Email(body.RefereeEmail, "referee_email");
        Text.Of(body.StripeCustomerId, "stripe_customer_id", 200);
        AmountLimits.Range(body.ConversionValueMinor, 0, AmountLimits.MaxMinor, "conversion_value_minor");
        if (!IsApproved(body) && body.ApprovedAt is not null)
            throw Problem.InvalidField("approved_at", "A pending referral has not been approved.").AsException();
    }

    /// <summary>The command that attributes it to a referrer.</summary>
    public static AttributeReferral Attribute(NewReferral body, CallerId referrer) =>
        new(referrer, Tags.Of(body.Tags, "tags"), body.ConversionValueMinor, IsApproved(body), body.ApprovedAt, body.RefereeEmail);

    public static ReferralAnswer Answer(CallerId program, CallerId referee, CallerId referrer, Referral state, bool duplicate = false) => new(
        program,
        referee,
        referrer,
        Word(state.Status),
        state.AttributedAt,
        ApprovedAt(state),
        state.Tags,
        state.Active,
        state.ConversionValueMinor,
        Flags(state),
        duplicate ? true : null);

    public static ImmutableArray<ReferralFlag> Flags(Referral? state) => state?.SelfReferral switch
    {
        SelfReferral.SameId => [new("self_referral", "same_id")],
        SelfReferral.SameEmail => [new("self_referral", "same_email")],
        _ => [],
    };

    /// <summary>Null until it is approved; a referral that was cancelled before has never been.</summary>
    public static DateTimeOffset? ApprovedAt(Referral state) => state.ApprovedAt == default ? null : state.ApprovedAt;

    public static string Word(ReferralStatus status) => status switch
    {
        ReferralStatus.None => "missing",
        ReferralStatus.Pending => "pending",
        ReferralStatus.Approved => "approved",
        ReferralStatus.Cancelled => "cancelled",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static bool IsApproved(NewReferral body) => body.Status switch
    {
        null or "" or "approved" => true,
        "pending" => false,
        _ => throw Problem.InvalidField("status", "Expected is one of approved, pending.").AsException(),
    };
}
