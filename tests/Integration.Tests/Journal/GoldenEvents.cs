using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>One event of each type with every field filled in: what the golden rows were written from.</summary>
public static class GoldenEvents
{
    private static readonly DateTimeOffset At = new(2026, 1, 31, 12, 30, 15, 123, 456, TimeSpan.Zero);
    private static readonly StreamId Referrer = new(42);
    private static readonly Asset Gbp = Asset.Cash("GBP");

    private static readonly RewardChange Change = new(3L << 16 | 1, 2, Referrer, Gbp, 1_00, Pending: true, At.AddDays(30), ReleasesItself: true);

    private static readonly RuleDecision Rewarded = new(
        2, 1, 3, DecisionCode.Rewarded, Gbp, 1_00, Held: true, ReleasesItself: true, At.AddDays(30), Tier: 2, ValueMinor: 1_50, NetBefore: 94_00,
        CountBefore: 9, AdjustedBy: 7, Tally: 400_00, Product: "prod-1", Tags: new(1, 2), BaseMinor: 300_00);

    private static readonly RewardTerms Terms = new("cash", Gbp, RewardType.Percent, BasisPoints: 1_000, Of: RewardBase.ConversionValue);

    private static readonly Limits Limits = new(12, 95_00, CapMode.Drop, 365, At, At.AddDays(90));

    private static readonly Conditions Conditions = new(50_00, ["prod-1", "prod-2"], TagCondition.Any, TagCondition.None);

    public static IReadOnlyList<object> All =>
    [
        new SaleDecided(Action(ActionKind.Sale, "sale"), Referrer, [Rewarded, new(3, 2, 1, DecisionCode.CountCap)], Counts: true, Replays: 0),
        new ActionParked(Action(ActionKind.Refund, "refund", of: "sale"), DecisionCode.SaleMissing),
        new SaleReversed(Action(ActionKind.Chargeback, "dispute", of: "sale"), Sale: 3, AppliedMinor: 5_00, [Change], Replays: 6),
        new ReversalUndone(Action(ActionKind.ChargebackWon, "won", of: "dispute"), Sale: 3, new("dispute"), [Change], Replays: 8),
        new RewardsReleased([Change, Change with { Reward = 4L << 16 }], "admin"),
        new RewardCancelled(Sale: 3, Change, "fraud", "admin"),
        new ReferralAttributed(Referrer, Revision: 4, ["vip"], ConversionValueMinor: 300_00),
        new ReferralApproved(At, [new(1, 3), new(2, 1)]),
        new ReferralCancelled("left", "admin"),
        new ReferralChanged(["vip", "press"], Active: false),
        new EnrollmentAdjusted(2, new(Limits, Conditions, Terms, new(HoldMode.Days, 14, FromOccurred: true)), "goodwill", "admin"),
        new EnrollmentSwitched(2, Enabled: true, "appeal", "admin"),
        new EnrollmentDeleted(2, "fraud", "admin"),
        new RuleJoined(Enrollment: 3, Rule: 2, Version: 4, "admin"),
        new RewardsGranted(Referrer, [Rewarded, new(3, 2, 1, DecisionCode.Gathered, Further: new(Gathered: 2, GatheredMinor: 6_00))]),
        new ScheduleStarted(Referrer, Rewarded, [new(At, 10_00), new(At.AddMonths(1), 5_00)]),
        new ScheduleUnlocked(9, [Change, Change with { Pending = false, ReleaseAt = null, ReleasesItself = false }], "admin"),
        new ReferralReassigned(Referrer, new(43), IsApproved: true, "mistyped", "admin", SelfReferral.SameId),
        new ReferralFlagResolved(Confirmed: true, "his own card", "admin"),
        new AliasAdded(new(44), "admin", SelfReferral.SameEmail),
        new BecameAlias(new(45)),
        new GroupSettled([3L << 16 | 1, 4L << 16]),
        new HoldsPostponed([3L << 16 | 1], At.AddHours(6)),
        new RoundReversed(3, Referrer, 2, 5, 100_00, [Change], [Change with { Reward = 4L << 16 }]),
        new ScheduleEnded(9, 2, [9L << 16 | 1], DecisionCode.ReferralCancelled, "left", "admin"),
        new CheckoutQuoted(new("in_1"), 99_99, 15_00, At.AddDays(1)),
        new CheckoutConfirmed(new("in_1")),
        new CheckoutReleased(new("in_1"), "admin"),
        new ReferrerCreated(["vip"]),
        new ReferrerTagged(["vip", "press"]),
        new ReferrerClosed("left", "admin"),
        new RuleGranted(new(new(7), 2), "admin"),
        new RuleRevoked(new(new(7), 2), "admin"),
        new TallyStarted(new(7), 400_00, 3),
        new TallyMoved(new(7), 10_00, 1, [new(1, 2)]),
        new ReferrerProfileChanged(),
        new BalanceForfeited(Gbp, 12_00, "admin"),
        new ReferrerFlagResolved(FlagKind.ManyAttributions, Confirmed: true, "a farm", "admin"),
        new GroupReleased(new(7), 2, Gbp, 3, 25_00, "admin"),
        new EntryBooked(new("bonus-7"), Gbp, -25_00, AlreadyPaid: true, "launch bonus", "admin"),
        new AssetSpent(new("order-88"), Gbp, 5_00, "key_3"),
        new PaymentQuoted(new("in_1"), new(7), 100_00, 100_00, [new(new(8), 60_00), new(new(9), 40_00)], Uses: true, NoDiscount.NoReferralLeft),
        new PaymentConfirmed(new("in_1")),
        new PaymentReleased(new("in_1"), "admin"),
        new ReferralChosen(new(8), ReferralChoice.Declined, "a jacket", "admin"),
        new ProgramCreated(new("spring"), "Spring", "GBP", "Europe/London"),
        new ProgramChanged("Spring", Disabled: true, new(BasisPoints: 15_00), new(new(AmountMinor: 60_00), EveryPayment: true, ByHand: true), "admin"),
        new RulePublished(
            1, new("tiers"), 3,
            new(
                "Tiers", Trigger.TierReached, Terms, Limits, Conditions, [new(TierBy.Count, 1, 5, 500, 0), new(TierBy.Value, 6, null, 0, 10_00)],
                new(HoldMode.Manual, 7), GrantedOnly: true),
            new(Enabled: true, At, At.AddYears(1))),
        new RuleSwitched(1, Enabled: true, "admin"),
        new BudgetMoved([new(2, 24_312, 15_00), new(3, 24_313, 0)]),
        new PayoutReserved(new("item_1", new(7), Referrer, new(14_70, Gbp), "acct_1")),
        new IntentWritten(new(2, "amount=1470", "ab", "rg1_ab", "2026-10-28.endive")),
        new SendBegan(2, 3, At),
        new SendUnsettled(2, 3, Unsettled.Broken, At, "why"),
        new LookupOpened(2, LookupReason.SavedError),
        new LookupEmpty(2, Counts: true, At),
        new FundsRanShort(2),
        new TransferMade(2, "tr_1", ByLookup: true),
        new TransferConfirmed("txn_1"),
        new TransferReversed(4_70),
        new TransferRejected(2, "account_closed"),
        new PayoutReleased("account_closed", "admin"),
        new PayoutToReview(ReviewReason.Several, "2 transfers"),
        new ReviewResolved(ReviewAnswer.PaidBy, "made by hand", "key_7", "tr_1"),
        new ReversalAsked("back-17", 5_00, "a test order", "key_7"),
        new ReversalStep("back-17", new SendUnsettled(1, 2, Unsettled.Broken, At, "why")),
        new BatchDrawn("ada", NeedsSecondPerson: true),
        new CandidatesListed([new("item_1", new(7), Referrer, new(14_70, Gbp), "acct_1")]),
        new BatchListed(),
        new BatchFrozen("ab", [new("item_2", "balance_short")]),
        new BatchApproved("admin"),
        new BatchApprovalRevoked("destination_changed"),
        new SendingBegan(),
        new SendingPaused(ForFunds: true, "1 items await funds"),
        new SendingResumed("admin"),
        new BatchSettled(),
        new BatchCancelling("admin"),
        new BatchCancelled(),
        new PaidOutside("SEPA 2026-11-28", "admin"),
        new OrdersDropped([new("item_2", "account_changed")], "0011aabb"),
        new RetryBegan("admin"),
        new RetryEnded(),
        new AccountLinked("acct_1", "admin"),
        new AccountSeen(Capability.Active, PaysOut: true),
        new CustomerLinked("cus_1", "admin"),
        new CustomerGone("cus_1"),
        new PayoutTermsSet(PayoutTermsOfGbp, "admin"),
        new PayoutDateCame(new("po_scheduled_1"), At),
    ];

    private static PayoutTerms PayoutTermsOfGbp => new([new("GBP", 25_00)], new(PayoutEvery.Month, 31), "Europe/London", SecondPerson: true);

    private static readonly ActionDetail Detail = new(8_00, [new("prod-1", 6_00, 5_00), new("prod-2", 4_00, 3_00)], [new("country", "FR"), new("kind", "new")]);

    /// <summary>Events with what was added since, by the name that their golden rows carry.</summary>
    public static IReadOnlyDictionary<string, object> Added { get; } = new Dictionary<string, object>
    {
        ["self_referral"] = new ReferralAttributed(Referrer, Revision: 4, ["vip"], ConversionValueMinor: 300_00, SelfReferral.SameEmail),
        ["detail"] = new SaleDecided(
            Action(ActionKind.Sale, "sale") with { Detail = Detail }, Referrer,
            [
                Rewarded with { Tags = new(1, 2, "gold", "new"), Further = new(Step: 2, Lines: new(6_00, ["prod-1"], 5_00)) },
                new(3, 2, 1, DecisionCode.OtherRuleDecided, Further: new(DecidedBy: 2)),
            ],
            Counts: true, Replays: 0),
        ["lines"] = new SaleReversed(Action(ActionKind.Refund, "refund", of: "sale") with { Detail = new(Lines: [new("prod-1", 2_00)]) }, Sale: 3, AppliedMinor: 5_00, [Change], Replays: 0),
        ["terms"] = new RulePublished(
            2, new("steps"), 1,
            new(
                "Steps", Trigger.FirstAction, Terms, Limits,
                Conditions with { ReferrerNamed = new(["gold"], ["staff"]), RefereeNamed = new([], ["x"]), ExcludedProductIds = ["gift"], Attributes = [new("country", ["FR", "DE"])] },
                [], new(HoldMode.Days, 7), Steps: [new(3, null, BasisPoints: 40_00), new(null, null, AmountMinor: 5_00), new(null, 12, 1)], Exclusive: new("rate", 3)),
            new(Enabled: true)),
        ["approved"] = new TallyMoved(new(7), 0, 0, [], Approved: 1, [new(2, 1, 300_00)]),
        ["approvals"] = new TallyStarted(new(7), 400_00, 3, Approved: 4),
        ["at_checkout"] = new ReferralAttributed(Referrer, Revision: 4, [], null, Action: new("inv_1")),
        ["on_review"] = new ReferralAttributed(Referrer, Revision: 4, [], null, SelfReferral.SameId, OnReview: true),
        ["share"] = new ProgramCreated(new("spring"), "Spring", "GBP", "Europe/London", ShareUrl: "https://spring.example/?c={code}"),
        ["shared"] = new ProgramChanged("Spring", Disabled: false, null, null, "admin", "https://spring.example/?c={code}"),
        ["books"] = new TallyMoved(new(7), 0, 0, [], Spent: [new(2, 24_312, 15_00)], Groups: [new(3, Gbp, 2, 5_00, 25_00)]),
        ["together"] = new SaleDecided(
            Action(ActionKind.Sale, "sale"), Referrer, [Rewarded with { Further = new(Budget: new(24_312, 10_00, 15_00), Group: 2) }, new(3, 2, 1, DecisionCode.ProgramBudget)],
            Counts: true, Replays: 0),
        ["took_back"] = new SaleReversed(Action(ActionKind.Refund, "refund", of: "sale"), Sale: 3, AppliedMinor: 5_00, [Change with { Group = 2, Month = 24_312 }], Replays: 0),
        ["budget"] = new RulePublished(
            5, new("budget"), 1, new("Budget", Trigger.RecurringAction, Terms, Limits.None, Conditions.None, [], new(HoldMode.Group, AmountMinor: 25_00)),
            new(Enabled: true, Budget: new(BudgetPer.Program, 500_00))),
        ["schedule"] = new RulePublished(
            3, new("monthly"), 1, new("Monthly", Trigger.Interval, Terms, Limits.None, Conditions.None, [], Hold.None, Schedule: new(1, 3), EveryN: 0), new(Enabled: true)),
        ["every_n"] = new RulePublished(
            4, new("three"), 1, new("Three", Trigger.EveryNReferrals, Terms, Limits.None, Conditions.None, [], Hold.None, EveryN: 3), new(Enabled: true)),
        ["customer"] = new ReferralAttributed(Referrer, Revision: 4, ["vip"], ConversionValueMinor: null, StripeCustomerId: "cus_1"),
        ["looks"] = new ScheduleUnlocked(9, [Change with { ChecksCustomer = true }], null),
        ["held"] = new SaleDecided(Action(ActionKind.Sale, "sale"), Referrer, [Rewarded with { ChecksCustomer = true }], Counts: true, Replays: 0),
        ["new_customer"] = new ReferralAttributed(Referrer, Revision: 4, [], null, NewCustomer: new(BasisPoints: 15_00)),
        ["discounts"] = new ProgramCreated(new("spring"), "Spring", "GBP", "Europe/London", new(AmountMinor: 15_00), new(new(BasisPoints: 60_00))),
        ["by_hand"] = new RewardsReleased([Change], "admin", Sale: 3),
        ["credit"] = new PayoutTermsSet(PayoutTermsOfGbp with { CreditByStripe = true }, "admin"),
        ["drawn"] = new BatchDrawn("schedule", NeedsSecondPerson: true, PayoutTermsOfGbp, IsScheduled: true),
        ["forfeits"] = new ReferrerClosed("left", "admin", Forfeits: true),
        ["dropped"] = new PayoutReleased("account_changed", null, IsDropped: true),
        ["stays_approved"] = new OrdersDropped([new("item_2", "account_changed")], "0011aabb", StaysApproved: true),
        ["moved"] = new ActionParked(Action(ActionKind.Refund, "refund", of: "sale"), DecisionCode.SaleMissing, From: new(44)),
        ["partial"] = new ReversalUndone(Action(ActionKind.RefundFailed, "failed", of: "refund"), Sale: 3, new("refund"), [Change], Replays: 8, AppliedMinor: 2_50),
    };

    /// <summary>The row that an event is written as now.</summary>
    public static EventRow Write(object e)
    {
        if (e is ReferrerEvent referrer) return EventCodec.Encode(referrer, Referrer, At);
        if (e is not ReferralEvent referral) return EventCodec.Encode(e, At);
        var rows = ImmutableArray.CreateBuilder<EventRow>();
        EventCodec.Encode(new(9, At, referral), new(7), rows);
        Assert.Equal(Movements.RowsOf(referral), rows.Count);
        return rows[0];
    }

    private static ReferralAction Action(ActionKind kind, string id, string? of = null) => new(
        new(id), new(new UInt128(0x0123456789abcdef, 0xfedcba9876543210)), kind, 10_00, "GBP", At, of is null ? null : new CallerId(of),
        ["prod-1"], "by hand", """{"order":"7|8"}""");
}
