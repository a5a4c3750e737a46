using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Where a referral stands. The numbers are in snapshots and rows and never change.</summary>
public enum ReferralStatus
{
    /// <summary>Nobody is known to have referred this referee: its actions wait (D10).</summary>
    None = 0,

    /// <summary>Attributed, not approved: its actions wait (D9).</summary>
    Pending = 1,
    Approved = 2,

    /// <summary>Nothing accrues any more; what is pending stays (D9).</summary>
    Cancelled = 3,
}

/// <summary>
/// The link between a referee and a referrer in one program, with all its enrollments: the state of an enrollment grain and the fold
/// of its stream. Bounded: an older action is loaded by id when something concerns it.
/// </summary>
/// <param name="Seq">The last row of the stream that is folded in.</param>
/// <param name="LastAt">The time of that row; a grain's time never runs backwards.</param>
/// <param name="Revision">The program's revision when the referral was attributed: it pins the rule versions (D17).</param>
/// <param name="Counted">Whether a sale of this referee is in the referrer's tally (D6).</param>
/// <param name="Holds">Pending rewards.</param>
/// <param name="Parked">Actions that wait, in arrival order.</param>
public sealed record Referral(
    int Seq,
    DateTimeOffset LastAt,
    ReferralStatus Status,
    StreamId Referrer,
    DateTimeOffset AttributedAt,
    DateTimeOffset ApprovedAt,
    int Revision,
    ImmutableArray<string> Tags,
    bool Active,
    long? ConversionValueMinor,
    bool Counted,
    ImmutableArray<Enrollment> Enrollments,
    OpenHolds Holds,
    ParkedActions Parked)
{
    public static readonly Referral None = new(
        0, DateTimeOffset.MinValue, ReferralStatus.None, default, default, default, 0, [], true, null, false, [], OpenHolds.None, ParkedActions.None)
    {
        Chain = [],
    };

    /// <summary>When the sweeper must wake this grain: the earliest date at which something ends by itself, or null. Kept by the fold.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Rewards of schedules that are not due yet, in the order of their keys; null where there are none.</summary>
    public ImmutableArray<ScheduledReward>? Scheduled { get; init; }

    /// <summary>The referee's customer at Stripe, if it was named (H15).</summary>
    public string? StripeCustomerId { get; init; }

    /// <summary>Whether a reward may wait for somebody to look at the customer in a turn that begins now; a row that is due may turn into one.</summary>
    public bool AsksForCustomer(DateTimeOffset now)
    {
        if (DueAt is null || DueAt > now) return false;
        return Scheduled is not null || DueBy(now).Exists(static hold => hold.ChecksCustomer);
    }

    /// <summary>What happened to it for the first time, in that order (S8); null where a program that did not keep it has left this state.</summary>
    public ImmutableArray<ChainStep>? Chain { get; init; }

    /// <summary>The last row that gave rewards; 0 while none did.</summary>
    public int LastGiving { get; init; }

    /// <summary>What its page tells of it. Of what is pending there may be any number, and lists of their own: that is left out.</summary>
    public Referral AsShown() => this with { Holds = OpenHolds.None, Scheduled = null, DueAt = null, Parked = Parked.AsShown() };

    public ChainStep? Step(ChainStepKind kind)
    {
        foreach (var step in Chain ?? [])
            if (step.Kind == kind) return step;
        return null;
    }

    /// <summary>Whether a sale above zero has counted: what comes after it is not the referee's first (S5).</summary>
    public bool Sold { get; init; }

    /// <summary>Off the first invoice, as it was offered when the referral was attributed (S7).</summary>
    public Discount? NewCustomer { get; init; }

    /// <summary>The payment that has it; null while it is free (S4).</summary>
    public CheckoutDiscount? Checkout { get; init; }

    /// <summary>The streams of other ids that name this referral, in the order in which they were added; null where there are none (X8).</summary>
    public ImmutableArray<StreamId>? Aliases { get; init; }

    /// <summary>The referral that this id names: everything else is there (X8). Null for a referee's first id.</summary>
    public StreamId? AliasOf { get; init; }

    /// <summary>Why it is flagged for review, if it is.</summary>
    public SelfReferral SelfReferral { get; init; }

    /// <summary>The sale at whose checkout the code was entered: it is not before approval (D9).</summary>
    public CallerId? RedeemedWith { get; init; }

    /// <summary>Whether the referee has paid anything, before the approval or after it: an invoice after that is not its first (S4).</summary>
    public bool Bought { get; init; }

    /// <summary>Referrers in whose tallies a sale of this referee is from before it was re-assigned; null where it never was (D6, D16).</summary>
    public ImmutableArray<StreamId>? CountedBefore { get; init; }

    /// <summary>Likewise of its approval: given back to one of them it is no other referral than it was (D6, D16).</summary>
    public ImmutableArray<StreamId>? ApprovedBefore { get; init; }

    /// <summary>Referrers from whom it was taken while it was flagged, so that nobody has looked at why; null where there were none (X9, D16).</summary>
    public ImmutableArray<StreamId>? FlaggedBefore { get; init; }

    /// <summary>What became of that (X9).</summary>
    public FlagState Flag { get; init; }

    /// <summary>Whether what its referrer earns by it is pending, whatever the holds say (X9).</summary>
    public bool IsFlagged => Flag.Stops();

    /// <summary>Whether that goes for a referrer's rewards: a flag is of whose the referral is, not of whose it was (D16).</summary>
    public bool HoldsBack(StreamId referrer) => IsFlagged && referrer == Referrer;

    /// <summary>Whether what comes back to a referrer has to wait for a person, who has not looked at why its rewards were held back (D16).</summary>
    public bool IsUnseen(StreamId referrer) => !HoldsBack(referrer) && FlaggedBefore?.Contains(referrer) == true;

    /// <summary>Pending rewards that time releases by a moment, in their order.</summary>
    public List<OpenHold> DueBy(DateTimeOffset moment)
    {
        var due = Holds.DueBy(moment);
        if (IsFlagged) due.RemoveAll(hold => HoldsBack(hold.Referrer));
        return due;
    }

    /// <summary>
    /// Whether terms are as new as what it was attributed and enrolled by: a rule may be joined on a version that is younger than the
    /// referral, and terms come through a cache.
    /// </summary>
    public bool IsCoveredBy(ProgramTerms terms)
    {
        if (terms.Revision < Revision) return false;
        foreach (var enrollment in Enrollments)
            if (enrollment.Rule > terms.Rules.Length || enrollment.Version > terms.Rule(enrollment.Rule).Versions.Length) return false;
        return true;
    }

    /// <summary>
    /// Whether a sale is of the time before the referral (V7): before its approval, where that lies in the past (D17), and not what waited for the
    /// approval once the referee was referred (D9).
    /// </summary>
    public bool Precedes(ReferralAction sale) => sale.OccurredAt < (AttributedAt < ApprovedAt ? AttributedAt : ApprovedAt) && sale.Id != RedeemedWith;

    public ScheduledReward? ScheduledReward(long reward)
    {
        foreach (var scheduled in Scheduled ?? [])
            if (scheduled.Reward == reward) return scheduled;
        return null;
    }

    /// <summary>How a reward waits; null for one that does not.</summary>
    public RewardStatus? Waits(long reward) => Holds.Find(reward) is not { } hold ? null : hold.Group > 0 ? RewardStatus.Grouped : RewardStatus.Pending;

    public Enrollment? Enrollment(int number) => number > 0 && number <= Enrollments.Length ? Enrollments[number - 1] : null;
}

/// <summary>A reward that is not due yet: in no balance, and to be released early or cancelled by hand (H11, D13).</summary>
/// <param name="Reward"><see cref="RewardId.Key"/>.</param>
/// <param name="Minor">0 while all of the sale is undone.</param>
/// <param name="Sale">The row of the sale that it is a share of; 0 for none (H12).</param>
public readonly record struct ScheduledReward(long Reward, int Enrollment, StreamId Referrer, Money.Asset Asset, DateTimeOffset At, long Minor, int Sale = 0);

/// <summary>
/// A referral under one rule: its own caps, adjustments and switches (R10). The version of the terms is pinned (S7).
/// </summary>
/// <param name="Number">Counts from 1 inside the referral.</param>
/// <param name="NetMinor">Earned less taken back: what the amount cap bounds (D5).</param>
/// <param name="Count">Rewards issued: what the count cap bounds (D5).</param>
/// <param name="AdjustedBy">The row that adjusted it last, 0 if none: an optimistic lock and a pointer for explanations.</param>
/// <param name="Deleted">Ended for good; its history stays (R10).</param>
public sealed record Enrollment(
    int Number,
    int Rule,
    int Version,
    long NetMinor = 0,
    int Count = 0,
    bool Disabled = false,
    bool Deleted = false,
    int AdjustedBy = 0,
    Adjustment? Adjustment = null);
