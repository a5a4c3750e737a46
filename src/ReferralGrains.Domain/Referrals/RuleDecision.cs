using System.Text.Json.Serialization;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// What one enrollment made of one sale: the reward or one refusal, and every value that was seen, so that the explanation can be
/// rendered when somebody asks (D20).
/// </summary>
/// <param name="Minor">The reward; 0 when there is none.</param>
/// <param name="ReleaseAt">End of its hold window.</param>
/// <param name="Held">Pending; otherwise it was payable at once.</param>
/// <param name="ReleasesItself">False for a manual hold.</param>
/// <param name="Tier">Counts from 1; 0 in a rule without tiers.</param>
/// <param name="ValueMinor">The rule's value before the cap.</param>
/// <param name="NetBefore">Of the enrollment, before this decision: what the amount cap looked at.</param>
/// <param name="CountBefore">Likewise for the count cap.</param>
/// <param name="AdjustedBy">The row whose adjustment was in force, 0 if none.</param>
/// <param name="Tally">The referrer's tally after the action, in the measure of the rule's tiers.</param>
/// <param name="Product">The product that met the condition.</param>
/// <param name="Tags">Tags of the referrer and of the referee, where a condition looked at them.</param>
public sealed record RuleDecision(
    [property: JsonPropertyName("e")] int Enrollment,
    [property: JsonPropertyName("u")] int Rule,
    [property: JsonPropertyName("v")] int Version,
    [property: JsonPropertyName("c")] DecisionCode Code,
    [property: JsonPropertyName("s")] Asset? Asset = null,
    [property: JsonPropertyName("m")] long Minor = 0,
    [property: JsonPropertyName("h")] bool Held = false,
    [property: JsonPropertyName("z")] bool ReleasesItself = false,
    [property: JsonPropertyName("l")] DateTimeOffset? ReleaseAt = null,
    [property: JsonPropertyName("i")] int Tier = 0,
    [property: JsonPropertyName("g")] long ValueMinor = 0,
    [property: JsonPropertyName("b")] long NetBefore = 0,
    [property: JsonPropertyName("n")] int CountBefore = 0,
    [property: JsonPropertyName("j")] int AdjustedBy = 0,
    [property: JsonPropertyName("t")] long? Tally = null,
    [property: JsonPropertyName("p")] string? Product = null,
    [property: JsonPropertyName("y")] SeenTags? Tags = null,
    [property: JsonPropertyName("o")] long? BaseMinor = null);

/// <summary>How many tags each side had when a condition looked.</summary>
public sealed record SeenTags([property: JsonPropertyName("r")] int Referrer, [property: JsonPropertyName("e")] int Referee);
