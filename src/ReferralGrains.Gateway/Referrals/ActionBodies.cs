using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>An action as it is sent.</summary>
/// <param name="AmountMinor">0 or more for a sale, above zero for the others.</param>
/// <param name="Currency">ISO 4217; the program's when it is left out.</param>
/// <param name="OccurredAt">Now when it is left out; at most 5 minutes in the future.</param>
/// <param name="RefundOf">The sale that a refund takes back, or the refund that failed.</param>
/// <param name="ChargebackOf">The sale that a chargeback takes back, or the sale or chargeback that was won.</param>
/// <param name="Note">For people; it decides nothing.</param>
/// <param name="Metadata">Texts, numbers, true and false, at most 4 KiB together; it decides nothing.</param>
/// <param name="BaseMinor">Of a sale: what commission is earned on, if it is less than the amount: net of tax, shipping, fees.</param>
/// <param name="Lines">Of a sale: what was bought, no more than the amount together. Of a refund: what it is about.</param>
/// <param name="Attributes">At most 20 texts that rules may compare: country, coupon, new or renewal. They are content: a repeat has the same.</param>
[Example("""
    {"action_id":"in_1001","program_id":"friends","type":"sale","referee_id":"cus_1","amount_minor":4900,"currency":"USD",
     "occurred_at":"2026-02-01T09:30:00Z","product_ids":["pro"],"note":"first invoice","metadata":{"attempt":1}}
    """)]
internal sealed record ActionBody(
    CallerId ActionId,
    CallerId ProgramId,
    [property: OneOf(typeof(ActionParser), nameof(ActionParser.Kinds))] string Type,
    CallerId RefereeId,
    [property: Whole(0, AmountLimits.MaxMinor)] long? AmountMinor = null,
    [property: Form(FormAttribute.Currency)] string? Currency = null,
    DateTimeOffset? OccurredAt = null,
    CallerId? RefundOf = null,
    CallerId? ChargebackOf = null,
    [property: AtMost(ActionParser.MaxProducts, Each = CallerId.MaxLength)] ImmutableArray<string>? ProductIds = null,
    [property: AtMost(ActionParser.MaxNote)] string? Note = null,
    [property: AtMost(Referrals.Metadata.MaxKeys)] ImmutableDictionary<string, JsonElement>? Metadata = null,
    [property: Whole(0, AmountLimits.MaxMinor)] long? BaseMinor = null,
    [property: AtMost(ActionDetails.MaxLines)] ImmutableArray<LineBody>? Lines = null,
    ImmutableDictionary<string, string>? Attributes = null);

/// <summary>An action as lists show it; what it came to in full is told of one at a time.</summary>
/// <param name="ReferrerId">Null while nobody is known to have referred the referee.</param>
/// <param name="Code">What a parked action waits for.</param>
internal sealed record ActionEntry(
    CallerId ActionId,
    CallerId ProgramId,
    [property: OneOf(typeof(ActionParser), nameof(ActionParser.Kinds))] string Type,
    CallerId RefereeId,
    CallerId? ReferrerId,
    [property: OneOf("rewarded", "not_rewarded", "reversed", "parked")] string Status,
    long? AmountMinor,
    string? Currency,
    DateTimeOffset OccurredAt,
    DateTimeOffset RecordedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code = null)
{
    public static ActionEntry Of(ActionView view) => new(
        view.Action.Id, view.Program, ActionParser.Kinds.Of(view.Action.Kind), view.Referee, view.Referrer, JsonNamingPolicy.SnakeCaseLower.ConvertName(view.Status.ToString()),
        view.Action.AmountMinor, view.Action.Currency, view.Action.OccurredAt, view.RecordedAt, view.Waits?.ToWire());
}

/// <summary>An action that was refused because its id has other content (D11). What has the id stands.</summary>
/// <param name="ProgramId">Of what has the id.</param>
/// <param name="RefereeId">Of what has the id.</param>
/// <param name="At">When it was refused.</param>
/// <param name="RecordedAt">When what has the id was recorded.</param>
internal sealed record ConflictEntry(
    string Id,
    CallerId ActionId,
    CallerId ProgramId,
    CallerId RefereeId,
    DateTimeOffset At,
    [property: OneOf(typeof(ActionParser), nameof(ActionParser.Kinds))] string Type,
    long? AmountMinor,
    string? Currency,
    DateTimeOffset OccurredAt,
    CallerId? RefundOf,
    CallerId? ChargebackOf,
    DateTimeOffset RecordedAt)
{
    public const string Prefix = "cfl_";

    public static ConflictEntry Of(ConflictView view) => new(
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{view.Id}"), view.Action.Id, view.Program, view.Referee, view.At, ActionParser.Kinds.Of(view.Action.Kind),
        view.Action.AmountMinor, view.Action.Currency, view.Action.OccurredAt,
        view.Action.Kind is ActionKind.Refund or ActionKind.RefundFailed ? view.Action.About : null,
        view.Action.Kind is ActionKind.Chargeback or ActionKind.ChargebackWon ? view.Action.About : null,
        view.RecordedAt);
}

/// <param name="BaseMinor">On all lines of a sale, whose base is their sum, or on none.</param>
internal sealed record LineBody(
    [property: AtMost(CallerId.MaxLength)] string ProductId,
    [property: Whole(0, AmountLimits.MaxMinor)] long AmountMinor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(0, AmountLimits.MaxMinor)] long? BaseMinor = null);

/// <summary>What came of an action, as it stands now.</summary>
/// <param name="Code">What a parked action waits for.</param>
/// <param name="Duplicate">It was sent before with the same content (D11).</param>
internal sealed record OutcomeBody(
    CallerId ActionId,
    [property: OneOf("rewarded", "not_rewarded", "reversed", "parked")] string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code,
    ImmutableArray<DecisionBody> Decisions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? Because = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

/// <summary>What one enrollment made of it.</summary>
/// <param name="Tier">Counts from 1; absent in a rule without tiers.</param>
/// <param name="Code">rewarded, or the one reason why not (D20).</param>
/// <param name="Because">The same for a person: each condition with the value that it saw.</param>
internal sealed record DecisionBody(
    string EnrollmentId,
    CallerId RuleId,
    int RuleVersion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Tier,
    DecisionRewardBody? Reward,
    string Code,
    ImmutableArray<string> Because);

/// <param name="AmountMinor">Given or given back: above zero. Taken back: below zero.</param>
internal sealed record DecisionRewardBody(
    string Id,
    string Asset,
    long AmountMinor,
    [property: OneOf(typeof(Rewards.RewardAnswers), nameof(Rewards.RewardAnswers.States))] string State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ExpectedAt = null);

/// <summary>A line of a stream's answer: what came of its action, or why not; the last line is the summary.</summary>
internal sealed record OutcomeLineBody(
    long? Line = null,
    CallerId? ActionId = null,
    [property: OneOf("rewarded", "not_rewarded", "reversed", "parked")] string? Status = null,
    string? Code = null,
    ImmutableArray<DecisionBody>? Decisions = null,
    ImmutableArray<string>? Because = null,
    bool? Duplicate = null,
    Lines.LineError? Error = null,
    SummaryBody? Summary = null);

/// <summary>Every line counts once; a duplicate counts as nothing else.</summary>
internal sealed record SummaryBody(long Lines, long Rewarded, long NotRewarded, long Reversed, long Parked, long Duplicates, long Errors);

/// <summary>An action, what came of it, and what was sent under its id with other content.</summary>
/// <param name="PaidBy">What paid its cash reward, once that was released and money has left.</param>
internal sealed record ActionStoryBody(
    CallerId ActionId,
    CallerId ProgramId,
    [property: OneOf(typeof(ActionParser), nameof(ActionParser.Kinds))] string Type,
    CallerId RefereeId,
    CallerId? ReferrerId,
    long? AmountMinor,
    string Currency,
    DateTimeOffset OccurredAt,
    DateTimeOffset RecordedAt,
    CallerId? RefundOf,
    CallerId? ChargebackOf,
    ImmutableArray<string> ProductIds,
    string? Note,
    JsonElement? Metadata,
    [property: OneOf("rewarded", "not_rewarded", "reversed", "parked")] string Status,
    ImmutableArray<DecisionBody> Decisions,
    ImmutableArray<ConflictBody> Conflicts,
    string? Code = null,
    ImmutableArray<string>? Because = null,
    long? BaseMinor = null,
    ImmutableArray<LineBody>? Lines = null,
    ImmutableDictionary<string, string>? Attributes = null,
    PaidByBody? PaidBy = null);

/// <summary>The payout that took what was payable by then.</summary>
/// <param name="At">When its item last changed.</param>
internal sealed record PaidByBody(CallerId BatchId, CallerId ItemId, DateTimeOffset At);

/// <summary>Other content that was sent under an id that was used: refused, and on record (D11).</summary>
internal sealed record ConflictBody(
    DateTimeOffset At, string Type, long? AmountMinor, string? Currency, DateTimeOffset OccurredAt, CallerId? RefundOf, CallerId? ChargebackOf, string? Note,
    long? BaseMinor = null, ImmutableArray<LineBody>? Lines = null, ImmutableDictionary<string, string>? Attributes = null);
