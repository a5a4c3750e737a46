using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>Who referred whom, by the referrer's id or by its code.</summary>
/// <param name="ApprovedAt">What windows begin at; now when it is left out. It may lie in the past: sales from then on count, and else those since the referee was referred (D9, D17).</param>
/// <param name="Status">approved when it is left out.</param>
/// <param name="ConversionValueMinor">What the referral itself is worth, for rules of: conversion_value (H6).</param>
/// <param name="RefereeEmail">Compared with the referrer's, and not kept: the same mailbox is flagged (D16).</param>
/// <param name="StripeCustomerId">The referee's customer, for holds that look at it (H15).</param>
[Example("""
    {"program_id":"friends","referee_id":"cus_1","referrer_id":"auth0|rita","referee_email":"carl@example.com",
     "approved_at":"2026-01-01T00:00:00Z","status":"approved","tags":["trial"],"conversion_value_minor":30000,"stripe_customer_id":"cus_1"}
    """)]
internal sealed record NewReferral(
    CallerId ProgramId,
    CallerId RefereeId,
    CallerId? ReferrerId = null,
    [property: AtMost(ReferralFields.MaxCode)] string? Code = null,
    [property: AtMost(Text.MaxEmail)] string? RefereeEmail = null,
    DateTimeOffset? ApprovedAt = null,
    [property: OneOf(typeof(ReferralFields), nameof(ReferralFields.Statuses))] string? Status = null,
    [property: AtMost(Json.Tags.MaxTags, Each = Json.Tags.MaxLength)] ImmutableArray<string>? Tags = null,
    [property: Whole(0, AmountLimits.MaxMinor)] long? ConversionValueMinor = null,
    [property: AtMost(Text.MaxForeignId)] string? StripeCustomerId = null);

/// <param name="Active">Whether the referee is still a customer (G6).</param>
internal sealed record ReferralAnswer(
    CallerId ProgramId,
    CallerId RefereeId,
    CallerId ReferrerId,
    [property: OneOf("pending", "approved", "cancelled")] string Status,
    DateTimeOffset AttributedAt,
    DateTimeOffset? ApprovedAt,
    ImmutableArray<string> Tags,
    bool Active,
    long? ConversionValueMinor,
    ImmutableArray<ReferralFlag> Flags,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

/// <summary>A referral as lists show it.</summary>
/// <param name="Active">Whether the referee is still a customer (G6).</param>
internal sealed record ReferralEntry(
    string Id,
    CallerId ProgramId,
    CallerId RefereeId,
    CallerId ReferrerId,
    [property: OneOf("pending", "approved", "cancelled")] string Status,
    DateTimeOffset AttributedAt,
    DateTimeOffset? ApprovedAt,
    bool Active)
{
    public static ReferralEntry Of(ReferralView view) => new(
        new ReferralName(view.Stream).ToString(), view.Program, view.Referee, view.Referrer, ReferralFields.Word(view.Status), view.AttributedAt, view.ApprovedAt, view.Active);
}

/// <summary>Why somebody should look at a referral.</summary>
/// <param name="State">What became of it; absent for what was flagged before flags were reviewed.</param>
internal sealed record ReferralFlag([property: OneOf("self_referral")] string Kind, [property: OneOf("same_id", "same_email", "same_account")] string Reason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), OneOf(typeof(Flags.FlagWords), nameof(Flags.FlagWords.States))] string? State = null);

/// <summary>What is left out stays.</summary>
/// <param name="Active">Whether the referee is still a customer (G6).</param>
[Example("""{"tags":["paying"],"active":true}""")]
internal sealed record ReferralChange(
    [property: AtMost(Json.Tags.MaxTags, Each = Json.Tags.MaxLength)] ImmutableArray<string>? Tags = null,
    bool? Active = null);

/// <param name="ApprovedAt">What windows begin at; now when it is left out. It may lie in the past: sales from then on count, and else those since the referee was referred (D9, D17).</param>
[Example("""{"approved_at":"2026-01-01T00:00:00Z"}""")]
internal sealed record ReferralApproval(DateTimeOffset? ApprovedAt = null);

/// <param name="CancelPending">Pending rewards are cancelled too; otherwise they stay (D9).</param>
[Example("""{"reason":"moved away","cancel_pending":true}""")]
internal sealed record ReferralCancellation([property: AtMost(ReasonBody.MaxLength)] string? Reason = null, bool? CancelPending = null) : IGivesReason;

/// <param name="ReferrerId">To whom what comes is credited; what was stays with who had it.</param>
[Example("""{"referrer_id":"auth0|rita","reason":"the code was mistyped"}""")]
internal sealed record Reassignment(CallerId ReferrerId, [property: AtMost(ReasonBody.MaxLength)] string? Reason = null) : IGivesReason;

/// <summary>Another id of a referee (X8).</summary>
/// <param name="Alias">It names the same referral from now on, for good: an id of another system, an e-mail address that was taken for one.</param>
[Example("""{"alias":"carl@example.com"}""")]
internal sealed record NewAlias(CallerId Alias);

/// <summary>An id that names a referral (X8).</summary>
/// <param name="RefereeId">By which the referral is known.</param>
internal sealed record AliasAnswer(
    CallerId ProgramId, CallerId RefereeId, CallerId Alias, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

/// <summary>A code that a referee entered: attributes it, approved now (V2).</summary>
/// <param name="RefereeEmail">Compared with the referrer's, and not kept: the same mailbox is flagged (D16).</param>
/// <param name="ActionId">The sale at whose checkout it was entered: that one counts, whenever it occurred (D9).</param>
[Example("""{"program_id":"friends","code":"S9L98H3B6Y","referee_id":"cus_2","referee_email":"dora@example.com","action_id":"inv_1"}""")]
internal sealed record Redemption(
    CallerId ProgramId,
    [property: AtMost(ReferralFields.MaxCode)] string Code,
    CallerId RefereeId,
    [property: AtMost(Text.MaxEmail)] string? RefereeEmail = null,
    CallerId? ActionId = null);

/// <summary>A referral with all that came of it.</summary>
/// <param name="Aliases">Other ids of the referee that name this referral (X8).</param>
/// <param name="Chain">From the attribution to the first payout, each step that was reached (S8).</param>
/// <param name="Rewards">The first of them; all are at /rewards.</param>
/// <param name="Waiting">The first that wait.</param>
/// <param name="WaitingCount">How many wait.</param>
/// <param name="PaymentDiscount">Absent where nobody has decided on it and no payment uses it.</param>
internal sealed record ReferralStoryAnswer(
    CallerId ProgramId,
    CallerId RefereeId,
    CallerId? ReferrerId,
    [property: OneOf("missing", "pending", "approved", "cancelled")] string Status,
    DateTimeOffset? AttributedAt,
    DateTimeOffset? ApprovedAt,
    ImmutableArray<string> Tags,
    bool Active,
    long? ConversionValueMinor,
    ImmutableArray<ReferralFlag> Flags,
    ImmutableArray<string> Aliases,
    ImmutableArray<ChainStep> Chain,
    ImmutableArray<EnrollmentAnswer> Enrollments,
    ImmutableArray<Rewards.RewardAnswer> Rewards,
    bool HasMoreRewards,
    ImmutableArray<WaitingAction> Waiting,
    int WaitingCount,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ReferralDiscountAnswer? PaymentDiscount = null);

/// <summary>What became of a referral among the discounts on its referrer's own payments (G2).</summary>
/// <param name="Decision">What a person said of it last; absent where nobody has.</param>
/// <param name="PaymentId">The payment that uses it; absent where none does.</param>
internal sealed record ReferralDiscountAnswer(
    [property: OneOf(typeof(DiscountWords), nameof(DiscountWords.Choices)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Decision,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? PaymentId);

/// <param name="BatchId">Of the payout that took what was payable.</param>
/// <param name="ItemId">What paid the referrer in it.</param>
internal sealed record ChainStep(
    [property: OneOf("attributed", "approved", "first_sale", "first_reward", "first_release", "first_payout")] string Step,
    DateTimeOffset At,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? BatchId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? ItemId = null);

/// <summary>An action that takes effect by itself when what it waits for comes (D10).</summary>
internal sealed record WaitingAction(CallerId ActionId, string Code);

/// <summary>A line of a batch's answer.</summary>
internal sealed record ReferralLineAnswer(
    long Line,
    CallerId? ProgramId = null,
    CallerId? RefereeId = null,
    CallerId? ReferrerId = null,
    [property: OneOf("pending", "approved", "cancelled")] string? Status = null,
    ImmutableArray<ReferralFlag>? Flags = null,
    bool? Duplicate = null,
    Lines.LineError? Error = null);

internal static class ReferralFields
{
    public const int MaxCode = 64;

    public static readonly Words<bool> Statuses = new(("approved", true), ("pending", false));

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
        Text.Of(body.StripeCustomerId, "stripe_customer_id", Text.MaxForeignId);
        AmountLimits.Range(body.ConversionValueMinor, 0, AmountLimits.MaxMinor, "conversion_value_minor");
        if (!IsApproved(body) && body.ApprovedAt is not null)
            throw Problem.InvalidField("approved_at", "A pending referral has not been approved.").AsException();
    }

    /// <summary>The command that attributes it to a referrer.</summary>
    public static AttributeReferral Attribute(NewReferral body, CallerId referrer) =>
        new(referrer, Tags.Of(body.Tags, "tags"), body.ConversionValueMinor, IsApproved(body), body.ApprovedAt, body.RefereeEmail,
            string.IsNullOrEmpty(body.StripeCustomerId) ? null : body.StripeCustomerId);

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

    public static ImmutableArray<ReferralFlag> Flags(Referral? state) =>
        state is null or { SelfReferral: SelfReferral.None } ? [] : [new("self_referral", state.SelfReferral.ToWire(), FlagState(state))];

    private static string? FlagState(Referral state) => state.Flag == Domain.Flags.FlagState.None ? null : Gateway.Flags.FlagWords.States.Of(state.Flag);

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

    private static bool IsApproved(NewReferral body) => string.IsNullOrEmpty(body.Status) || Statuses.Parse(body.Status, true, "status");
}
