using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Programs;

/// <summary>A rule as it is sent and shown. What is left out takes the default that the description names.</summary>
/// <param name="Id">Made up when it is left out; the id of a rule that exists makes a new version of it (S7).</param>
/// <param name="Eligibility">everyone, or granted: nobody until granted per referrer (H1).</param>
/// <param name="AcknowledgeWarnings">Tiers that overlap or leave gaps are meant (H3).</param>
/// <param name="N">Of every_n_referrals.</param>
/// <param name="EveryMonths">Of interval: months between two rewards, in the program's time zone.</param>
/// <param name="Times">Of interval: how many rewards.</param>
/// <param name="Steps">The value changes with the n-th reward, or with months since approval; not with tiers.</param>
/// <param name="Exclusive">Of the rules in a group, the first in order of priority whose conditions are met decides.</param>
/// <param name="Budget">What the rule gives at most in a month; left out, it stays as it is.</param>
[Example("""
    {"id":"classic10","name":"10% of each sale","trigger":"recurring_action",
     "reward":{"kind":"cash","type":"percent","basis_points":1000,"of":"transaction"},
     "limits":{"max_count":12,"max_amount_minor":10000,"cap_mode":"clamp","days_after_approved":365,"event_from":"2026-01-01","event_to":"2030-12-31"},
     "conditions":{"min_amount_exclusive_minor":0,"product_ids":["pro"],"referrer_tags":"ALL","referee_tags":"ALL"},
     "hold":{"mode":"days","days":30,"from":"unlocked"},"eligibility":"everyone","active":{"from":"2026-01-01","to":"2030-12-31"},"enabled":true}
    """)]
internal sealed record RuleBody(
    [property: OneOf(typeof(RuleWords), nameof(RuleWords.Triggers))] string Trigger,
    RewardBody Reward,
    CallerId? Id = null,
    [property: AtMost(Text.MaxName)] string? Name = null,
    LimitsBody? Limits = null,
    ConditionsBody? Conditions = null,
    [property: AtMost(RewardParser.MaxTiers)] ImmutableArray<TierBody>? Tiers = null,
    HoldBody? Hold = null,
    [property: OneOf(typeof(RuleWords), nameof(RuleWords.Eligibilities))] string? Eligibility = null,
    ActiveBody? Active = null,
    bool? Enabled = null,
    bool? AcknowledgeWarnings = null,
    [property: Whole(RuleParser.MinN, RuleParser.MaxN)] int? N = null,
    [property: Whole(1, StepParser.MaxMonths)] int? EveryMonths = null,
    [property: Whole(1, RuleParser.MaxTimes)] int? Times = null,
    [property: AtMost(StepParser.MaxSteps)] ImmutableArray<StepBody>? Steps = null,
    ExclusiveBody? Exclusive = null,
    BudgetBody? Budget = null);

/// <param name="Type">May be left out where the tiers say it.</param>
/// <param name="Of">Which amount a percentage is of (H6).</param>
/// <param name="Item">What a free_service, coupon or custom reward is.</param>
internal sealed record RewardBody(
    [property: OneOf(typeof(RewardParser), nameof(RewardParser.Kinds))] string Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), OneOf(typeof(RuleWords), nameof(RuleWords.Types))] string? Type = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(1, AmountLimits.MaxBasisPoints)] int? BasisPoints = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(1, AmountLimits.MaxMinor)] long? AmountMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(1, AmountLimits.MaxMinor)] long? Points = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(1, AmountLimits.MaxMinor)] long? PerMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), OneOf(typeof(RuleWords), nameof(RuleWords.Bases))] string? Of = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? Item = null);

/// <summary>Per enrollment; null means no limit (R4–R6).</summary>
/// <param name="CapMode">clamp pays the remainder, drop pays nothing (D5).</param>
/// <param name="EventFrom">A date in the program's time zone, or an instant.</param>
/// <param name="EventTo">Likewise; a date is included as a whole.</param>
internal sealed record LimitsBody(
    [property: Whole(1, int.MaxValue)] int? MaxCount = null,
    [property: Whole(1, AmountLimits.MaxBoundMinor)] long? MaxAmountMinor = null,
    [property: OneOf(typeof(RuleWords), nameof(RuleWords.CapModes))] string? CapMode = null,
    [property: Whole(1, RuleParser.MaxDays)] int? DaysAfterApproved = null,
    [property: Form(FormAttribute.DateOrInstant)] string? EventFrom = null,
    [property: Form(FormAttribute.DateOrInstant)] string? EventTo = null);

/// <param name="MinAmountExclusiveMinor">The amount must exceed it (H6).</param>
/// <param name="ProductIds">One of these must be among the action's; empty means any (H7).</param>
/// <param name="ReferrerTags">ALL is tagged and untagged, ANY at least one tag, NONE untagged only (H5); or tags by name.</param>
/// <param name="RefereeTags">Likewise of the referee.</param>
/// <param name="ExcludedProductIds">Are not rewarded.</param>
/// <param name="Attributes">Under each of at most 20 keys one of these values must be among the action's attributes.</param>
internal sealed record ConditionsBody(
    [property: Whole(0, AmountLimits.MaxBoundMinor)] long? MinAmountExclusiveMinor = null,
    [property: AtMost(RuleParser.MaxProducts, Each = CallerId.MaxLength)] ImmutableArray<string>? ProductIds = null,
    TagsBody? ReferrerTags = null,
    TagsBody? RefereeTags = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), AtMost(RuleParser.MaxProducts, Each = CallerId.MaxLength)] ImmutableArray<string>? ExcludedProductIds = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableDictionary<string, ImmutableArray<string>>? Attributes = null);

/// <summary>A condition on tags: a word, or tags by name.</summary>
/// <param name="Word">ALL, ANY or NONE.</param>
[JsonConverter(typeof(TagsBodyJson)), WordOr(typeof(RuleWords), nameof(RuleWords.Tags), "any_of", "none_of")]
internal sealed record TagsBody(string? Word, NamedTagsBody? Named = null);

/// <param name="AnyOf">At least one of these.</param>
/// <param name="NoneOf">None of these.</param>
internal sealed record NamedTagsBody(
    [property: AtMost(Tags.MaxTags, Each = Tags.MaxLength)] ImmutableArray<string>? AnyOf = null,
    [property: AtMost(Tags.MaxTags, Each = Tags.MaxLength)] ImmutableArray<string>? NoneOf = null);

internal sealed class TagsBodyJson : JsonConverter<TagsBody>
{
    public override TagsBody Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return new(reader.GetString());
        if (reader.TokenType != JsonTokenType.StartObject) throw Bad();
        try
        {
            return new(null, JsonSerializer.Deserialize(ref reader, GatewayJson.Default.NamedTagsBody));
        }
        catch (JsonException)
        {
            throw Bad();
        }
    }

    public override void Write(Utf8JsonWriter writer, TagsBody value, JsonSerializerOptions options)
    {
        if (value.Named is { } named) JsonSerializer.Serialize(writer, named, GatewayJson.Default.NamedTagsBody);
        else writer.WriteStringValue(value.Word);
    }

    private static BadValueException Bad() =>
        new(param => Problem.InvalidField(param, "Expected is one of ALL, ANY, NONE, or an object with arrays any_of and none_of."));
}

/// <summary>A value for a while (X3). One kind of end in a rule; the last step has none.</summary>
/// <param name="UntilCount">The last reward of an enrollment that it is for.</param>
/// <param name="UntilMonths">Months after approval, in the program's time zone.</param>
internal sealed record StepBody(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(1, int.MaxValue)] int? UntilCount = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(1, StepParser.MaxMonths)] int? UntilMonths = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(1, AmountLimits.MaxBasisPoints)] int? BasisPoints = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(1, AmountLimits.MaxMinor)] long? AmountMinor = null);

/// <summary>Bounds what the rule gives net, in all its versions, in the calendar month of the sale's occurred_at, in the program's zone (X5).</summary>
/// <param name="Per">Whether each referrer has it for itself, or all share it. It stays as it is; the amount can be changed.</param>
/// <param name="AmountMinor">Of the asset that the rule gives. What does not fit is cut or dropped, as limits.cap_mode says.</param>
internal sealed record BudgetBody(
    [property: OneOf(typeof(RuleWords), nameof(RuleWords.Owners))] string Per,
    [property: Whole(0, AmountLimits.MaxBoundMinor)] long AmountMinor,
    [property: OneOf("month")] string? Every = null);

/// <param name="Priority">The lowest goes first; no two rules of a group have the same.</param>
internal sealed record ExclusiveBody([property: AtMost(RuleParser.MaxGroup)] string Group, [property: Whole(0, RuleParser.MaxPriority)] int Priority);

/// <summary>A range of the referrer's tally, both ends included (H2, H3).</summary>
/// <param name="By">value goes with min_minor and max_minor, count with min and max.</param>
internal sealed record TierBody(
    [property: OneOf(typeof(RuleWords), nameof(RuleWords.Measures))] string By,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(0, AmountLimits.MaxBoundMinor)] long? MinMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(0, AmountLimits.MaxBoundMinor)] long? MaxMinor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(0, AmountLimits.MaxBoundMinor)] long? Min = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(0, AmountLimits.MaxBoundMinor)] long? Max = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(1, AmountLimits.MaxBasisPoints)] int? BasisPoints = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(1, AmountLimits.MaxMinor)] long? AmountMinor = null);

/// <param name="From">From when its days count (D14).</param>
/// <param name="AmountMinor">Of group: the sum of a referrer's rewards of the rule at which all of them are payable (H14).</param>
internal sealed record HoldBody(
    [property: OneOf(typeof(RuleWords), nameof(RuleWords.Holds))] string Mode,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(0, RuleParser.MaxDays)] int? Days = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), OneOf(typeof(RuleWords), nameof(RuleWords.HoldStarts))] string? From = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Whole(1, AmountLimits.MaxBoundMinor)] long? AmountMinor = null);

/// <summary>When a rule is active: dates in the program's time zone or instants; outside it rewards nothing (R8).</summary>
internal sealed record ActiveBody(
    [property: Form(FormAttribute.DateOrInstant)] string? From = null,
    [property: Form(FormAttribute.DateOrInstant)] string? To = null);

/// <summary>A rule as it stands, in the words in which it was sent.</summary>
/// <param name="Version">The version that new referrals get.</param>
/// <param name="Warnings">When it is published: what of it may not be meant.</param>
internal sealed record RuleAnswer(
    CallerId Id,
    CallerId ProgramId,
    int Version,
    string Name,
    [property: OneOf(typeof(RuleWords), nameof(RuleWords.Triggers))] string Trigger,
    RewardBody Reward,
    LimitsBody Limits,
    ConditionsBody Conditions,
    ImmutableArray<TierBody> Tiers,
    HoldBody Hold,
    [property: OneOf(typeof(RuleWords), nameof(RuleWords.Eligibilities))] string Eligibility,
    ActiveBody Active,
    bool Enabled,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? N = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? EveryMonths = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Times = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<StepBody>? Steps = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ExclusiveBody? Exclusive = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] BudgetBody? Budget = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? Warnings = null);

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
