using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.World;

/// <summary>One event of every kind that a referral's stream may hold, in an order in which they can be folded.</summary>
public static class Samples
{
    public static readonly StreamId Referrer = new(2);

    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static IReadOnlyList<ReferralEvent> Events { get; } =
    [
        new ReferralAttributed(Referrer, 3, ["vip"], 300_00),
        new ReferralFlagResolved(Confirmed: false, "a cousin", "ada"),
        new ActionParked(Action("early", ActionKind.Sale), DecisionCode.ReferralPending),
        new ReferralApproved(At, [new(1, 1), new(2, 1)]),
        // Rows 5 and 6: two rewards are two postings.
        new SaleDecided(
            Action("early", ActionKind.Sale), Referrer,
            [Given(1, Gbp, 10_00, held: true), Given(2, Asset.Points, 100, held: false), new(2, 2, 1, DecisionCode.Product)],
            Counts: true, Replays: 3),
        new SaleReversed(Action("c", ActionKind.Chargeback, "early"), 3, 40_00, [Change(5, 0, 1, Gbp, 4_00, pending: true)], 0),
        new ReversalUndone(
            Action("w", ActionKind.ChargebackWon, "c"), 3, new("c"), [Change(5, 0, 1, Gbp, 4_00, pending: true) with { ReleaseAt = At.AddDays(30) }], 0),
        new EnrollmentAdjusted(1, new(new(MaxCount: 3), Percent(1).Over(5).Conditions, Fixed(5).Reward, new(HoldMode.Days, 3)), "why", "ada"),
        new EnrollmentSwitched(2, Enabled: false, "why", "ada"),
        new EnrollmentDeleted(2, "why", "ada"),
        new ReferralChanged(["staff"], false),
        new RewardsReleased([Change(5, 0, 1, Gbp, 10_00, pending: true)], "rev"),
        // Row 14.
        new SaleDecided(Action("s", ActionKind.Sale), Referrer, [Given(1, Gbp, 5_00, held: true)], Counts: false, Replays: 0),
        new RewardCancelled(14, Change(14, 0, 1, Gbp, 5_00, pending: true), "mistake", "rev"),
        new CheckoutQuoted(new("in_1"), 99_00, 15_00, At.AddDays(1)),
        new CheckoutReleased(new("in_1"), null),
        new CheckoutQuoted(new("in_2"), 99_00, 15_00, At.AddDays(2)),
        new CheckoutConfirmed(new("in_2")),
        new RuleJoined(3, 3, 1, "ada"),
        new ReferralReassigned(Referrer, new(3), IsApproved: true, "mistyped", "ada"),
        // Row 16: nothing is held any more, and so nothing waits longer.
        new GroupSettled([]),
        new HoldsPostponed([], At.AddHours(6)),
        new RewardsGranted(Referrer, [Given(1, Gbp, 7_00, held: false), new(2, 2, 1, DecisionCode.Gathered, Further: new(Gathered: 1, GatheredMinor: 3_00))]),
        new ScheduleStarted(Referrer, Given(1, Gbp, 5_00, held: false), [new(At, 5_00), new(At.AddMonths(1), 5_00), new(At.AddMonths(2), 5_00)]),
        new ScheduleUnlocked(21, [Change(21, 0, 1, Gbp, 5_00, pending: false), Change(21, 1, 1, Gbp, 5_00, pending: false)], null),
        new ScheduleEnded(21, 1, [new RewardId(21, 2).Key], DecisionCode.ReferralCancelled, "fraud", "ada"),
        new RoundReversed(5, Referrer, 2, 3, 40_00, [Change(5, 0, 1, Gbp, 1_00, pending: false)], [Change(5, 1, 1, Gbp, 2_00, pending: false)]),
        new ReferralCancelled("fraud", "ada"),
        new AliasAdded(new(8), "ada", SelfReferral.SameId),
        new ActionParked(Action("late", ActionKind.Refund, "none"), DecisionCode.SaleMissing, From: new(8)),
        new BecameAlias(new(9)),
    ];

    public static ReferralAction Action(string id, ActionKind kind, string? about = null) => new(
        new(id), new(UInt128.MaxValue - 5), kind, 100_00, "USD", At, about is null ? null : new CallerId(about), ["gold"], "note", """{"a":1}""");

    public static RuleDecision Given(int enrollment, Asset asset, long minor, bool held) => new(
        enrollment, enrollment, 1, DecisionCode.Rewarded, asset, minor, held, ReleasesItself: held, held ? At.AddDays(30) : null,
        Tier: 2, ValueMinor: minor, NetBefore: 1, CountBefore: 2, AdjustedBy: 3, Tally: 4, Product: "gold", Tags: new(1, 0), BaseMinor: 300_00);

    public static RewardChange Change(int seq, int number, int enrollment, Asset asset, long minor, bool pending) =>
        new(new RewardId(seq, number).Key, enrollment, Referrer, asset, minor, pending, null, pending);
}
