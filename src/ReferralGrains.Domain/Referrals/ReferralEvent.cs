using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// What happened to a referral: the rows of an enrollment grain's stream. Written once, read for ever, so a property may be added
/// but never renamed. The frequent ones have short names, because a marketplace writes millions of them.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(ReferralAttributed), "attributed")]
[JsonDerivedType(typeof(ReferralFlagResolved), "flag_resolved")]
[JsonDerivedType(typeof(ReferralReassigned), "reassigned")]
[JsonDerivedType(typeof(ReferralApproved), "approved")]
[JsonDerivedType(typeof(ReferralCancelled), "cancelled")]
[JsonDerivedType(typeof(ReferralChanged), "changed")]
[JsonDerivedType(typeof(SaleDecided), "sale")]
[JsonDerivedType(typeof(ActionParked), "parked")]
[JsonDerivedType(typeof(SaleReversed), "reversed")]
[JsonDerivedType(typeof(ReversalUndone), "undone")]
[JsonDerivedType(typeof(RewardsReleased), "released")]
[JsonDerivedType(typeof(GroupSettled), "group_settled")]
[JsonDerivedType(typeof(HoldsPostponed), "postponed")]
[JsonDerivedType(typeof(RewardCancelled), "reward_cancelled")]
[JsonDerivedType(typeof(RewardsGranted), "granted")]
[JsonDerivedType(typeof(RoundReversed), "round_reversed")]
[JsonDerivedType(typeof(ScheduleStarted), "scheduled")]
[JsonDerivedType(typeof(ScheduleUnlocked), "unlocked")]
[JsonDerivedType(typeof(ScheduleEnded), "schedule_ended")]
[JsonDerivedType(typeof(RuleJoined), "joined")]
[JsonDerivedType(typeof(EnrollmentAdjusted), "adjusted")]
[JsonDerivedType(typeof(EnrollmentSwitched), "switched")]
[JsonDerivedType(typeof(EnrollmentDeleted), "deleted")]
[JsonDerivedType(typeof(AliasAdded), "alias_added")]
[JsonDerivedType(typeof(BecameAlias), "became_alias")]
[JsonDerivedType(typeof(CheckoutQuoted), "checkout_quoted")]
[JsonDerivedType(typeof(CheckoutConfirmed), "checkout_confirmed")]
[JsonDerivedType(typeof(CheckoutReleased), "checkout_released")]
public abstract record ReferralEvent
{
    private protected ReferralEvent()
    {
    }
}

/// <summary>A referee was linked to the referrer for good (V2). The program's revision pins the terms (S7).</summary>
/// <param name="SelfReferral">Why it was flagged (D16).</param>
/// <param name="Action">The sale at whose checkout the code was entered (D9).</param>
/// <param name="OnReview">Its rewards are pending until somebody has looked (X9).</param>
/// <param name="StripeCustomerId">The referee's, for holds that look at it (H15).</param>
/// <param name="NewCustomer">What the program took off a first invoice then (S7).</param>
public sealed record ReferralAttributed(
    StreamId Referrer, int Revision, ImmutableArray<string> Tags, long? ConversionValueMinor, SelfReferral SelfReferral = SelfReferral.None,
    string? StripeCustomerId = null, Discount? NewCustomer = null, bool OnReview = false,
    CallerId? Action = null) : ReferralEvent;

/// <summary>An admin gave the referral to another referrer: what comes is credited to that one, what was stays as it is (D16).</summary>
/// <param name="IsApproved">Whether it counts as an approval of the new one (D6).</param>
/// <param name="SelfReferral">Why it looks like the new one's own.</param>
public sealed record ReferralReassigned(
    StreamId From, StreamId Referrer, bool IsApproved, string? Reason, string By, SelfReferral SelfReferral = SelfReferral.None) : ReferralEvent;

/// <summary>Another id of the referee names this referral from now on (X8).</summary>
/// <param name="Alias">The stream of that id, in which <see cref="BecameAlias"/> says the same: both stand in one append.</param>
/// <param name="SelfReferral">Why that id looks like the referrer's own (D16).</param>
public sealed record AliasAdded(StreamId Alias, string By, SelfReferral SelfReferral = SelfReferral.None) : ReferralEvent;

/// <summary>In the stream of the other id: it names a referral, for good, and what waited under it is there now (X8).</summary>
public sealed record BecameAlias(StreamId Referral) : ReferralEvent;

/// <summary>Somebody looked at a flagged referral (X9).</summary>
public sealed record ReferralFlagResolved(bool Confirmed, string? Reason, string By) : ReferralEvent;

/// <summary>The referral was approved and enrolled in every rule that was enabled then (R1, D17).</summary>
public sealed record ReferralApproved(DateTimeOffset ApprovedAt, ImmutableArray<EnrolledRule> Enrolled) : ReferralEvent;

/// <summary>A rule by its number in the program, and the version whose terms are pinned (D17).</summary>
public sealed record EnrolledRule(int Rule, int Version);

/// <summary>An approved referral was enrolled in a rule that it had no enrollment under, by command (D17).</summary>
public sealed record RuleJoined(int Enrollment, int Rule, int Version, string By) : ReferralEvent;

/// <summary>Accrual stopped (D9).</summary>
public sealed record ReferralCancelled(string? Reason, string? By) : ReferralEvent;

/// <summary>The referee's tags or its activity changed (H5, G6). What is null stayed.</summary>
public sealed record ReferralChanged(ImmutableArray<string>? Tags, bool? Active) : ReferralEvent;

/// <summary>A sale was decided, once for all enrollments of the referral.</summary>
/// <param name="Referrer">Who was credited, and bears what is taken back (D8).</param>
/// <param name="Counts">Whether it is in the referrer's tally (D6).</param>
/// <param name="Replays">The row at which it was parked, 0 if it was decided on arrival (D10).</param>
public sealed record SaleDecided(
    [property: JsonPropertyName("a")] ReferralAction Action,
    [property: JsonPropertyName("r")] StreamId Referrer,
    [property: JsonPropertyName("d")] ImmutableArray<RuleDecision> Decisions,
    [property: JsonPropertyName("n")] bool Counts,
    [property: JsonPropertyName("q")] int Replays) : ReferralEvent
{
    /// <summary>Whether it is an invoice that was paid: a trial of nothing is none, nor is what does not count (S5, S11).</summary>
    [JsonIgnore]
    public bool IsPaid => Counts && Action.AmountMinor > 0;
}

/// <summary>An action waits for its referral, its approval or its sale (D9, D10).</summary>
/// <param name="From">
/// The alias under which it waited before, and whose stream carries its id for ever; null where this row does (X8). What comes of the action
/// is about this row.
/// </param>
public sealed record ActionParked(
    [property: JsonPropertyName("a")] ReferralAction Action,
    [property: JsonPropertyName("w")] DecisionCode Waits,
    [property: JsonPropertyName("f")] StreamId? From = null) : ReferralEvent;

/// <summary>A refund or a chargeback took back a share of the recorded rewards of one sale (D8).</summary>
/// <param name="Sale">The row at which the sale was first seen.</param>
/// <param name="AppliedMinor">
/// How much of the sale it is about: as sent, or the rest. With others it may be more than the sale; only their sum is clamped.
/// </param>
/// <param name="Rows">Rows of the sale's schedules that are not due yet, and what they are less by (H12).</param>
/// <param name="Rounds">What is undone of rewards that the sale earned together with others, which are not here (H9).</param>
public sealed record SaleReversed(
    [property: JsonPropertyName("a")] ReferralAction Action,
    [property: JsonPropertyName("s")] int Sale,
    [property: JsonPropertyName("m")] long AppliedMinor,
    [property: JsonPropertyName("x")] ImmutableArray<RewardChange> Taken,
    [property: JsonPropertyName("q")] int Replays,
    [property: JsonPropertyName("f")] ImmutableArray<RowChange>? Rows = null,
    [property: JsonPropertyName("g")] ImmutableArray<RoundShare>? Rounds = null) : ReferralEvent;

/// <summary>A failed refund or a won chargeback gave back what had been taken, as far as there was room under the cap (D8).</summary>
/// <param name="Undone">The refund or chargeback that it undoes.</param>
/// <param name="AppliedMinor">How much of that, as sent or the rest; null means all of it.</param>
public sealed record ReversalUndone(
    [property: JsonPropertyName("a")] ReferralAction Action,
    [property: JsonPropertyName("s")] int Sale,
    [property: JsonPropertyName("b")] CallerId Undone,
    [property: JsonPropertyName("x")] ImmutableArray<RewardChange> Given,
    [property: JsonPropertyName("q")] int Replays,
    [property: JsonPropertyName("m")] long? AppliedMinor = null,
    [property: JsonPropertyName("f")] ImmutableArray<RowChange>? Rows = null,
    [property: JsonPropertyName("g")] ImmutableArray<RoundShare>? Rounds = null) : ReferralEvent;

/// <summary>A change to one row of a schedule that is not due yet (H12).</summary>
/// <param name="Reward"><see cref="RewardId.Key"/>.</param>
/// <param name="Minor">Above zero.</param>
public readonly record struct RowChange([property: JsonPropertyName("w")] long Reward, [property: JsonPropertyName("m")] long Minor);

/// <summary>How much of what a sale put into the sum of its round is undone (H9).</summary>
/// <param name="Referrer">Who was credited.</param>
/// <param name="Minor">More by this event; below zero for less.</param>
public readonly record struct RoundShare(
    [property: JsonPropertyName("r")] StreamId Referrer,
    [property: JsonPropertyName("u")] int Rule,
    [property: JsonPropertyName("q")] int Round,
    [property: JsonPropertyName("m")] long Minor);

/// <summary>What is undone of the first sales of a round took back, or gave back, a share of the reward that they earned together (H9, D8).</summary>
/// <param name="Sale">The row of the sale that the reward is recorded with.</param>
/// <param name="UndoneMinor">Of the sum of the round, by all of its sales.</param>
public sealed record RoundReversed(
    [property: JsonPropertyName("s")] int Sale,
    [property: JsonPropertyName("r")] StreamId Referrer,
    [property: JsonPropertyName("u")] int Rule,
    [property: JsonPropertyName("q")] int Round,
    [property: JsonPropertyName("m")] long UndoneMinor,
    [property: JsonPropertyName("x")] ImmutableArray<RewardChange> Taken,
    [property: JsonPropertyName("y")] ImmutableArray<RewardChange> Given) : ReferralEvent;

/// <summary>A change to one recorded reward.</summary>
/// <param name="Reward"><see cref="RewardId.Key"/>.</param>
/// <param name="Minor">Above zero.</param>
/// <param name="Pending">Whether the money was, or is again, in its hold window.</param>
/// <param name="ReleaseAt">For money that goes back into its hold window.</param>
/// <param name="Group">The group that the money waited in, or waits in again; 0 for none (H14).</param>
/// <param name="Month">The month of whose budget it is; 0 for none (X5).</param>
/// <param name="EarnedMinor">Of what comes back: what a row had lost before it was due, and which is earned only now (H12, D13).</param>
public sealed record RewardChange(
    [property: JsonPropertyName("w")] long Reward,
    [property: JsonPropertyName("e")] int Enrollment,
    [property: JsonPropertyName("r")] StreamId Referrer,
    [property: JsonPropertyName("s")] Asset Asset,
    [property: JsonPropertyName("m")] long Minor,
    [property: JsonPropertyName("h")] bool Pending,
    [property: JsonPropertyName("u")] DateTimeOffset? ReleaseAt = null,
    [property: JsonPropertyName("z")] bool ReleasesItself = false,
    [property: JsonPropertyName("k")] bool ChecksCustomer = false,
    [property: JsonPropertyName("g")] int Group = 0,
    [property: JsonPropertyName("b")] int Month = 0,
    [property: JsonPropertyName("n")] long EarnedMinor = 0);

/// <summary>Hold windows ended: by themselves, or by hand (H13).</summary>
/// <param name="Sale">The row of the action that earned the one that was released by hand, so that it is found with it; 0 for those of many.</param>
public sealed record RewardsReleased(
    [property: JsonPropertyName("x")] ImmutableArray<RewardChange> Released,
    [property: JsonPropertyName("by")] string? By,
    [property: JsonPropertyName("s")] int Sale = 0) : ReferralEvent;

/// <summary>Rewards of a group that was released: their money is payable since then, and here they wait no more (H14).</summary>
public sealed record GroupSettled([property: JsonPropertyName("w")] ImmutableArray<long> Rewards) : ReferralEvent;

/// <summary>Nobody could say whether the referee's customer is active, so the rewards that wait for it wait longer (H15).</summary>
public sealed record HoldsPostponed(
    [property: JsonPropertyName("w")] ImmutableArray<long> Rewards, [property: JsonPropertyName("u")] DateTimeOffset Until) : ReferralEvent;

/// <summary>A pending reward was cancelled: its remainder was taken back (D12).</summary>
/// <param name="Sale">The row of the action that earned it.</param>
public sealed record RewardCancelled(int Sale, RewardChange Taken, string? Reason, string? By) : ReferralEvent;

/// <summary>What the rules of approvals made of one: rewards that no action earned (H2, H9).</summary>
public sealed record RewardsGranted(
    [property: JsonPropertyName("r")] StreamId Referrer, [property: JsonPropertyName("d")] ImmutableArray<RuleDecision> Decisions) : ReferralEvent;

/// <summary>A schedule of rewards began (H11). Its rows are in no balance before they are due (D13).</summary>
/// <param name="Decision">Of its first row; a refusal has no rows.</param>
/// <param name="Sale">The row of the sale that it is a share of; 0 for none (H12).</param>
public sealed record ScheduleStarted(
    [property: JsonPropertyName("r")] StreamId Referrer,
    [property: JsonPropertyName("d")] RuleDecision Decision,
    [property: JsonPropertyName("x")] ImmutableArray<ScheduleRow> Rows,
    [property: JsonPropertyName("q")] int Sale = 0) : ReferralEvent;

/// <param name="Minor">Caps have been looked at: later refunds free nothing for it (D5).</param>
public readonly record struct ScheduleRow([property: JsonPropertyName("t")] DateTimeOffset At, [property: JsonPropertyName("m")] long Minor);

/// <summary>Rows of one schedule entered the ledger: they were due, or a person released them early (H11, D13).</summary>
/// <param name="Schedule">The row at which it started.</param>
/// <param name="Sale">As the schedule's.</param>
public sealed record ScheduleUnlocked(
    [property: JsonPropertyName("s")] int Schedule,
    [property: JsonPropertyName("x")] ImmutableArray<RewardChange> Unlocked,
    [property: JsonPropertyName("by")] string? By,
    [property: JsonPropertyName("q")] int Sale = 0) : ReferralEvent;

/// <summary>Rows of one schedule will never be due (H11).</summary>
/// <param name="Schedule">The row at which it started.</param>
/// <param name="Code">Why, if nobody said so.</param>
/// <param name="Sale">As the schedule's.</param>
public sealed record ScheduleEnded(
    int Schedule, int Enrollment, ImmutableArray<long> Rewards, DecisionCode Code, string? Reason, string? By, int Sale = 0) : ReferralEvent;

/// <summary>An admin adjusted one enrollment (R10, D17). Holds everything that is adjusted by now, not only the last change.</summary>
public sealed record EnrollmentAdjusted(int Enrollment, Adjustment Adjustment, string Reason, string By) : ReferralEvent;

/// <summary>An admin disabled or enabled one enrollment (R10).</summary>
public sealed record EnrollmentSwitched(int Enrollment, bool Enabled, string Reason, string By) : ReferralEvent;

/// <summary>An admin ended one enrollment; its history stays (R10).</summary>
public sealed record EnrollmentDeleted(int Enrollment, string Reason, string By) : ReferralEvent;
