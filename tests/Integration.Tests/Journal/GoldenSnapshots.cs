using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>A state that is kept as a snapshot, with stories whose snapshots are golden.</summary>
public interface IGoldenKind
{
    string Name { get; }

    /// <summary>Of its fold: a snapshot of another one is not read, and all is replayed.</summary>
    short Version { get; }

    IEnumerable<string> Stories { get; }

    JsonTypeInfo Json { get; }

    /// <summary>The snapshot that is written now in the middle of a story.</summary>
    Snapshot Write(string story);

    /// <summary>Of the whole story, told from its beginning; and from a snapshot on, which is read as a silo reads it.</summary>
    (string FromTheBeginning, string FromTheSnapshot) Tell(string story, Snapshot kept);
}

/// <summary>One story of each kind, or as many as it takes to have every field in a snapshot.</summary>
public static class GoldenSnapshots
{
    private static readonly DateTimeOffset At = new(2026, 1, 31, 12, 30, 15, 123, 456, TimeSpan.Zero);
    private static readonly StreamId Stream = new(7);
    private static readonly StreamId Referrer = new(42);
    private static readonly Asset Gbp = Asset.Cash("GBP");
    private static readonly PayoutOrder Order = new("item_1", new(8), Referrer, new(14_70, Gbp), "acct_1");

    public static IReadOnlyList<IGoldenKind> Kinds { get; } =
    [
        new Kind<Referral, ReferralEvent>("Referral", ReferralFold.Version, Referral.None, ReferralFold.Evolve, static state => state.Seq, JournalJson.Default.Referral, OfReferrals),
        new Kind<Referrer, ReferrerEvent>("Referrer", Domain.Referrers.Referrer.FoldVersion, Domain.Referrers.Referrer.None, Domain.Referrers.Referrer.Evolve, static state => state.Seq, JournalJson.Default.Referrer, OfReferrers),
        new Kind<ReferralProgram, ProgramEvent>(
            "ReferralProgram", ReferralProgram.FoldVersion, ReferralProgram.None, static (state, at, e) => ReferralProgram.Evolve(state, at, Stream, e), static state => state.Seq,
            JournalJson.Default.ReferralProgram, OfPrograms),
        new Kind<PayoutItem, PayoutItemEvent>("PayoutItem", PayoutItem.FoldVersion, PayoutItem.None, PayoutItem.Evolve, static state => state.Seq, JournalJson.Default.PayoutItem, OfItems),
        new Kind<PayoutBatch, PayoutBatchEvent>("PayoutBatch", PayoutBatch.FoldVersion, PayoutBatch.None, PayoutBatch.Evolve, static state => state.Seq, JournalJson.Default.PayoutBatch, OfBatches),
        new Kind<PayoutAccount, PayoutAccountEvent>(
            "PayoutAccount", PayoutAccount.FoldVersion, PayoutAccount.None, PayoutAccount.Evolve, static state => state.Seq, JournalJson.Default.PayoutAccount, OfAccounts),
        new Kind<PayoutPlan, PayoutPlanEvent>("PayoutPlan", PayoutPlan.FoldVersion, PayoutPlan.None, PayoutPlan.Evolve, static state => state.Seq, JournalJson.Default.PayoutPlan, OfPlans),
    ];

    private static Dictionary<string, (int Kept, ReferralEvent[] Events)> OfReferrals => new()
    {
        ["whole"] = (14,
        [
            new ReferralAttributed(
                Referrer, Revision: 4, ["vip"], ConversionValueMinor: 300_00, SelfReferral.SameEmail, StripeCustomerId: "cus_1", NewCustomer: new(BasisPoints: 15_00, AmountMinor: 5_00),
                OnReview: true, Action: new("inv_1")),
            new ReferralFlagResolved(Confirmed: false, "his own card", "admin"),
            new ReferralApproved(At.AddDays(-3), [new(1, 3), new(2, 1)]),
            new SaleDecided(Action(ActionKind.Sale, "s1"), Referrer, [Held(1, 1_00), new(2, 2, 1, DecisionCode.CountCap)], Counts: true, Replays: 0),
            new ScheduleStarted(Referrer, Held(2, 30_00) with { Held = false }, [new(At.AddMonths(1), 10_00), new(At.AddMonths(2), 20_00)], Sale: 4),
            new EnrollmentAdjusted(2, new(new(12, 95_00, CapMode.Drop, 365, At, At.AddDays(90)), Hold: new(HoldMode.Days, 14, FromOccurred: true)), "goodwill", "admin"),
            new EnrollmentSwitched(2, Enabled: false, "appeal", "admin"),
            new RuleJoined(Enrollment: 3, Rule: 5, Version: 2, "admin"),
            new EnrollmentDeleted(3, "fraud", "admin"),
            new ReferralChanged(["vip", "press"], Active: false),
            new CheckoutQuoted(new("in_1"), 99_99, 15_00, At.AddDays(1)),
            new ActionParked(Action(ActionKind.Refund, "r2", of: "s2"), DecisionCode.SaleMissing),
            new ReferralReassigned(Referrer, new(43), IsApproved: true, "mistyped", "admin", SelfReferral.SameId),
            new AliasAdded(new(8), "admin"),
            new CheckoutConfirmed(new("in_1")),
            new SaleDecided(Action(ActionKind.Sale, "s2"), new(43), [Held(1, 2_00)], Counts: true, Replays: 0),
            new SaleReversed(Action(ActionKind.Chargeback, "c1", of: "s1"), Sale: 4, AppliedMinor: 5_00, [new(new RewardId(4, 0).Key, 1, Referrer, Gbp, 50, Pending: true, At.AddDays(30), ReleasesItself: true)], Replays: 0),
            new ReferralCancelled("left", "admin"),
        ]),
        ["alias"] = (2,
        [
            new ActionParked(Action(ActionKind.Refund, "r2", of: "s2"), DecisionCode.ReferralMissing),
            new BecameAlias(new(9)),
        ]),
        ["flagged"] = (3,
        [
            new ReferralAttributed(Referrer, Revision: 4, [], ConversionValueMinor: null, SelfReferral.SameEmail, OnReview: true),
            new ReferralApproved(At.AddDays(-3), [new(1, 3)]),
            new ReferralReassigned(Referrer, new(43), IsApproved: true, "mistyped", "admin"),
            new ReferralReassigned(new(43), Referrer, IsApproved: true, "not mistyped", "admin", SelfReferral.SameEmail),
            new ReferralFlagResolved(Confirmed: false, "his own card", "admin"),
        ]),
        ["confirmed"] = (6,
        [
            new ReferralAttributed(Referrer, Revision: 4, [], ConversionValueMinor: null, NewCustomer: new(AmountMinor: 5_00)),
            new ReferralApproved(At.AddDays(-3), [new(1, 3)]),
            new SaleDecided(Action(ActionKind.Sale, "s1"), Referrer, [new(1, 1, 1, DecisionCode.CountCap)], Counts: true, Replays: 0),
            new EnrollmentAdjusted(1, Everything, "goodwill", "admin"),
            new CheckoutQuoted(new("in_1"), 99_99, 5_00, At.AddDays(1)),
            new CheckoutConfirmed(new("in_1")),
            new CheckoutReleased(new("in_1"), "admin"),
        ]),
    };

    private static Dictionary<string, (int Kept, ReferrerEvent[] Events)> OfReferrers => new()
    {
        ["whole"] = (5,
        [
            new ReferrerCreated(["vip"]),
            new RuleGranted(new(new(7), 2), "admin"),
            new TallyStarted(new(7), 400_00, 3, Approved: 4),
            new TallyMoved(new(7), 10_00, 1, [new(1, 2)], Approved: 1, [new(2, 1, 300_00, Rounds: 2)], [new(2, 24_312, 15_00)], [new(3, Gbp, 2, 5_00, 25_00)]),
            new ReferrerTagged(["vip", "press"]),
            new TallyMoved(new(7), 0, 0, [], Groups: [new(3, Gbp, 2, 15_00, 25_00)]),
            new GroupReleased(new(7), 3, Gbp, 2, 15_00, "admin"),
            new ReferrerClosed("left", "admin"),
        ]),
        ["closed"] = (2, [new ReferrerCreated([]), new ReferrerClosed("left", "admin", Forfeits: true), new BalanceForfeited(Gbp, 12_00, "admin")]),
    };

    private static Dictionary<string, (int Kept, ProgramEvent[] Events)> OfPrograms => new()
    {
        ["whole"] = (6, [.. OfTheProgram, new RuleSwitched(1, Enabled: true, "admin"), new BudgetMoved([new(1, 24_312, 20_00)])]),
    };

    private static IEnumerable<ProgramEvent> OfTheProgram =>
    [
        new ProgramCreated(new("spring"), "Spring", "GBP", "Europe/London"),
        (ProgramEvent)GoldenEvents.Added["terms"] is RulePublished steps ? steps with { Rule = 1, Version = 1 } : throw new InvalidOperationException(),
        GoldenEvents.All.OfType<RulePublished>().Single() with { Rule = 1, Version = 2, State = new(Enabled: false, At, At.AddYears(1), new(BudgetPer.Program, 500_00)) },
        new RulePublished(
            2, new("points"), 1, new("Points", Trigger.Interval, Everything.Reward!, Limits.None, Conditions, [], Everything.Hold!, Schedule: new(1, 3), EveryN: 3), new(Enabled: true)),
        new ProgramChanged("Spring", Disabled: true, new(BasisPoints: 15_00), new(new(AmountMinor: 60_00), EveryPayment: true, ByHand: true), "admin", "https://spring.example/?c={code}"),
        new BudgetMoved([new(1, 24_312, 15_00)]),
    ];

    private static Dictionary<string, (int Kept, PayoutItemEvent[] Events)> OfItems => new()
    {
        ["looked_up"] = (7,
        [
            new PayoutReserved(Order),
            new IntentWritten(new(2, "amount=1470", "ab", "rg1_ab", "2026-10-28.endive")),
            new SendBegan(2, 3, At.AddMinutes(4)),
            new SendBegan(2, 4, At.AddMinutes(5)),
            new SendUnsettled(2, 4, Unsettled.Broken, At.AddMinutes(6), "why"),
            new LookupOpened(2, LookupReason.SavedError),
            new LookupEmpty(2, Counts: true, At.AddMinutes(20)),
            new TransferMade(2, "tr_1", ByLookup: true),
        ]),
        ["reversed"] = (8,
        [
            new PayoutReserved(Order),
            new IntentWritten(new(1, "amount=1470", "ab", "rg1_ab", "2026-10-28.endive")),
            new SendBegan(1, 1, At.AddMinutes(4)),
            new TransferMade(1, "tr_1", ByLookup: false),
            new ReversalAsked("back-17", 5_00, "a test order", "key_7"),
            new ReversalStep("back-17", new TransferRejected(1, "balance_insufficient")),
            new TransferReversed(4_70),
            new ReversalAsked("back-18", 1_00, "a test order", "key_7"),
            new TransferReversed(1_00),
        ]),
        ["resolved"] = (3,
        [
            new PayoutReserved(Order),
            new PayoutToReview(ReviewReason.Several, "2 transfers"),
            new ReviewResolved(ReviewAnswer.SendAgain, "made by hand", "key_7", null),
            new IntentWritten(new(4, "amount=1470", "ab", "rg1_ab", "2026-10-28.endive")),
        ]),
        ["given_up"] = (2, [new PayoutReserved(Order), new PayoutReleased("fraud suspected", "ada"), new PayoutReserved(Order)]),
        ["in_review"] = (2, [new PayoutReserved(Order), new PayoutToReview(ReviewReason.Several, "2 transfers"), new ReviewResolved(ReviewAnswer.PaidBy, "made by hand", "key_7", "tr_1")]),
        ["outside"] = (2, [new PayoutReserved(Order with { Destination = PayoutOrder.Outside }), new PaidOutside("SEPA 2026-11-28", "admin"), new PayoutToReview(ReviewReason.Differs, "tr_1")]),
    };

    private static Dictionary<string, (int Kept, PayoutBatchEvent[] Events)> OfBatches => new()
    {
        ["whole"] = (7,
        [
            new BatchDrawn("schedule", NeedsSecondPerson: true, Terms, IsScheduled: true),
            new CandidatesListed([Order, Order with { Item = "item_2" }]),
            new BatchListed(),
            new BatchFrozen("ab", [new("item_2", "balance_short")]),
            new BatchApproved("admin"),
            new SendingBegan(),
            new SendingPaused(ForFunds: true, "1 items await funds"),
            new SendingResumed("admin"),
            new SendingBegan(),
            new BatchSettled(),
        ]),
        ["credit"] = (1, [new BatchDrawn("ada", NeedsSecondPerson: false, CreditTerms), new BatchCancelling("ada"), new BatchCancelled()]),
    };

    private static Dictionary<string, (int Kept, PayoutAccountEvent[] Events)> OfAccounts => new()
    {
        ["whole"] = (6,
        [
            new AccountLinked("acct_1", "admin"), new AccountSeen(Capability.Active, PaysOut: true), new AccountLinked("acct_2", "admin"), new AccountSeen(Capability.Pending, PaysOut: true),
            new CustomerLinked("cus_1", "admin"), new CustomerLinked("cus_2", "admin"),
            new AccountSeen(Capability.Active, PaysOut: true),
        ]),
    };

    private static Dictionary<string, (int Kept, PayoutPlanEvent[] Events)> OfPlans => new()
    {
        ["whole"] = (2, [new PayoutTermsSet(Terms, "admin"), new PayoutDateCame(new("po_scheduled_1"), At.AddMonths(1)), new PayoutDateCame(null, At.AddMonths(2))]),
        ["credit"] = (1, [new PayoutTermsSet(CreditTerms, "admin"), new PayoutDateCame(null, At.AddMonths(2))]),
    };

    private static Conditions Conditions => GoldenEvents.All.OfType<EnrollmentAdjusted>().Single().Adjustment.Conditions! with
    {
        ReferrerNamed = new(["gold"], ["staff"]),
        RefereeNamed = new([], ["x"]),
        ExcludedProductIds = ["gift"],
        Attributes = [new("country", ["FR", "DE"])],
    };

    private static Adjustment Everything => new(
        Conditions: Conditions, Reward: new("points", new("points"), RewardType.PerAmount, 5_00, 1_000, 2, 1_00, RewardBase.ConversionValue), Hold: new(HoldMode.Group, 14, FromOccurred: true, AmountMinor: 25_00));

    private static PayoutTerms CreditTerms => Terms with { Outside = false, CreditByStripe = true };

    private static PayoutTerms Terms => new([new("GBP", 25_00)], new(PayoutEvery.Month, 31), "Europe/London", SecondPerson: true, AutoApprove: true, Outside: true);

    private static RuleDecision Held(int enrollment, long minor) => new(
        enrollment, enrollment, 1, DecisionCode.Rewarded, Gbp, minor, Held: true, ReleasesItself: true, At.AddDays(30), Further: new(Budget: new(24_312, 10_00, 15_00), Group: 2),
        ChecksCustomer: true);

    private static ReferralAction Action(ActionKind kind, string id, string? of = null) => new(
        new(id), new(new UInt128(0x0123456789abcdef, 0xfedcba9876543210)), kind, 10_00, "GBP", At, of is null ? null : new CallerId(of),
        ["prod-1"], "by hand", """{"order":"7|8"}""")
    {
        Detail = of is null ? null : new(8_00, [new("prod-1", 6_00, 5_00)], [new("country", "FR")]),
    };

    private sealed record Kind<TState, TEvent>(
        string Name, short Version, TState None, Func<TState, DateTimeOffset, TEvent, TState> Evolve, Func<TState, int> SeqOf, JsonTypeInfo<TState> Of,
        Dictionary<string, (int Kept, TEvent[] Events)> All) : IGoldenKind
        where TState : class
    {
        public IEnumerable<string> Stories => All.Keys;

        public JsonTypeInfo Json => Of;

        public Snapshot Write(string story)
        {
            var state = Fold(None, All[story].Events.Take(All[story].Kept), 0);
            return new(Stream, SeqOf(state), Version, JsonSerializer.SerializeToElement(state, Of));
        }

        public (string FromTheBeginning, string FromTheSnapshot) Tell(string story, Snapshot kept)
        {
            var (at, events) = All[story];
            var read = kept.State.Deserialize(Of)!;
            Assert.Equal(kept.Seq, SeqOf(read));
            return (Text(Fold(None, events, 0)), Text(Fold(read, events.Skip(at), at)));
        }

        private TState Fold(TState state, IEnumerable<TEvent> events, int from) =>
            events.Select((e, i) => (Event: e, Minutes: from + i)).Aggregate(state, (before, one) => Evolve(before, At.AddMinutes(one.Minutes), one.Event));

        // As it is kept, for what is not kept is no state.
        private string Text(TState state) => JsonSerializer.Serialize(state, Of);
    }
}
