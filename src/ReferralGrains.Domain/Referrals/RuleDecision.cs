using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// What one enrollment made of one sale: the reward or one refusal, and every value that was seen, so that the explanation can be
/// rendered when somebody asks (D20).
/// </summary>
/// <param name="Minor">The reward; 0 when there is none.</param>
/// <param name="ReleaseAt">End of its hold window.</param>
/// <param name="Held">Pending; otherwise it was payable at once.</param>
/// <param name="ReleasesItself">False for a manual hold.</param>
/// <param name="ChecksCustomer">The end of its hold window releases it only if the referee's customer is active then (H15).</param>
/// <param name="Tier">Counts from 1; 0 in a rule without tiers.</param>
/// <param name="ValueMinor">The rule's value before the cap.</param>
/// <param name="NetBefore">Of the enrollment, before this decision: what the amount cap looked at.</param>
/// <param name="CountBefore">Likewise for the count cap.</param>
/// <param name="AdjustedBy">The row whose adjustment was in force, 0 if none.</param>
/// <param name="Tally">The referrer's tally after the action, in the measure of the rule's tiers.</param>
/// <param name="Product">The product that met the condition.</param>
/// <param name="Tags">Tags of the referrer and of the referee, where a condition looked at them.</param>
/// <param name="BaseMinor">The referral's conversion value, where the rule is of it (H6).</param>
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
    [property: JsonPropertyName("o")] long? BaseMinor = null,
    [property: JsonPropertyName("w")] FurtherSeen? Further = null,
    [property: JsonPropertyName("k")] bool ChecksCustomer = false);

/// <summary>How many tags each side had when a condition looked, and the one that a condition by name met or forbids (X4).</summary>
public sealed record SeenTags(
    [property: JsonPropertyName("r")] int Referrer,
    [property: JsonPropertyName("e")] int Referee,
    [property: JsonPropertyName("rn")] string? ReferrerNamed = null,
    [property: JsonPropertyName("en")] string? RefereeNamed = null);

/// <summary>What only some rules look at; null for all others.</summary>
/// <param name="Step">Counts from 1; 0 in a rule without steps (X3).</param>
/// <param name="Lines">The lines that the rule rewards, where that is not the whole sale (X2).</param>
/// <param name="DecidedBy">The enrollment that decided for the exclusive group (X4).</param>
/// <param name="Gathered">Approvals, or first sales, since the last reward for N of them, this one included (H9).</param>
/// <param name="GatheredMinor">The sum of their values.</param>
/// <param name="Budget">What a budget said (X5).</param>
/// <param name="Group">The group of its referrer in which the reward waits (H14).</param>
/// <param name="Round">Of first sales that are paid together, counted from 1 for its referrer and rule; 0 for all others (H9).</param>
/// <param name="OwnMinor">What this sale has put into the sum of its round.</param>
public sealed record FurtherSeen(
    [property: JsonPropertyName("s")] int Step = 0,
    [property: JsonPropertyName("l")] SeenLines? Lines = null,
    [property: JsonPropertyName("d")] int DecidedBy = 0,
    [property: JsonPropertyName("n")] int Gathered = 0,
    [property: JsonPropertyName("g")] long GatheredMinor = 0,
    [property: JsonPropertyName("b")] SeenBudget? Budget = null,
    [property: JsonPropertyName("r")] int Group = 0,
    [property: JsonPropertyName("q")] int Round = 0,
    [property: JsonPropertyName("o")] long OwnMinor = 0);

/// <summary>A budget as a decision saw it (X5).</summary>
/// <param name="Month">The sale's, see <see cref="ProgramZone.MonthOf"/>.</param>
/// <param name="UsedMinor">In that month, before this decision.</param>
/// <param name="AmountMinor">The budget then.</param>
public sealed record SeenBudget(
    [property: JsonPropertyName("t")] int Month, [property: JsonPropertyName("u")] long UsedMinor, [property: JsonPropertyName("m")] long AmountMinor);

/// <summary>The part of a sale that a rule rewards: what a refund by line is measured against (X2).</summary>
/// <param name="Minor">Of the sale's amount.</param>
/// <param name="Products">The products that match.</param>
/// <param name="BaseMinor">The bases of the matching lines; null where the sale's base is spread by amount.</param>
public sealed record SeenLines(
    [property: JsonPropertyName("m")] long Minor,
    [property: JsonPropertyName("p")] ImmutableArray<string> Products,
    [property: JsonPropertyName("b")] long? BaseMinor = null);
