using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Gateway.Activity;

/// <summary>Something that happened on a referral (S9, R9).</summary>
/// <param name="Type">A stable word for what happened.</param>
/// <param name="Text">The same in a sentence.</param>
/// <param name="Changes">What it gave to or took from enrollments; of one enrollment's page only its own.</param>
internal sealed record ActivityAnswer(
    string Id,
    DateTimeOffset At,
    string Type,
    CallerId ProgramId,
    CallerId RefereeId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? ActionId,
    string Text,
    ImmutableArray<ActivityChange> Changes);

/// <param name="AmountMinor">Below zero for what was taken back.</param>
/// <param name="Code">The decision, or what was done to the reward.</param>
internal sealed record ActivityChange(
    string EnrollmentId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RewardId,
    string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Asset,
    long AmountMinor);
