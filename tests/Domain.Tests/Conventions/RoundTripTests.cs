using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Domain.Tests.World;

namespace ReferralGrains.Domain.Tests.Conventions;

/// <summary>What the journal and the wire keep comes back as it was. Records hold arrays, so equal means equal as JSON.</summary>
public class RoundTripTests
{
    private static readonly RuleState State = new(Enabled: true, ReferralWorld.Start, ReferralWorld.Start.AddDays(1));

    public static TheoryData<ReferralEvent> ReferralEvents => [.. Samples.Events];

    public static TheoryData<ProgramEvent> ProgramEvents =>
    [
        new ProgramCreated(new("p"), "Program", "GBP", "Europe/London"),
        new ProgramChanged("Program", Disabled: true, new(BasisPoints: 15_00), new(new(AmountMinor: 60_00), EveryPayment: true), "ada"),
        new RulePublished(1, new("r"), 2, Rules.TierReached(Rules.Spent(0, null, 5), Rules.Referees(1, 2, 3)).Held(3).For("gold").Granted(), State),
        new RuleSwitched(1, Enabled: false, "ada"),
        new BudgetMoved([new(1, 24_312, 5_00)]),
    ];

    public static TheoryData<ReferrerEvent> ReferrerEvents =>
    [
        new ReferrerCreated(["vip"]),
        new ReferrerTagged([]),
        new ReferrerClosed("gone", "ada"),
        new ReferrerProfileChanged(),
        new RuleGranted(new(new(1), 2), "ada"),
        new RuleRevoked(new(new(1), 2), "ada"),
        new TallyStarted(new(1), 100, 2),
        new TallyMoved(new(1), 100, 2, [new(1, 2)]),
        new PaymentQuoted(new("p1"), new(1), 100_00, 100_00, [new(new(11), 60_00), new(new(12), 40_00)], Uses: true),
        new PaymentConfirmed(new("p1")),
        new PaymentReleased(new("p1"), "ada"),
        new ReferralChosen(new(11), ReferralChoice.Declined, "a jacket", "ada"),
        new BalanceForfeited(new("GBP"), 5, "ada"),
        new ReferrerFlagResolved(Domain.Flags.FlagKind.SharedEmail, Confirmed: false, null, "ada"),
        new GroupReleased(new(7), 1, new("GBP"), 2, 5_00, "ada"),
        new EntryBooked(new("e"), new("GBP"), -5, true, "why", "ada"),
        new AssetSpent(new("s"), new("points"), 5, "ada"),
    ];

    public static TheoryData<PayoutItemEvent> PayoutItemEvents =>
    [
        new PayoutReserved(new("item_1", new(7), new(9), new(1_470, Asset.Cash("USD")), "acct_1")),
        new IntentWritten(new(1, "amount=1470", "ab", "rg1_ab", "2026-10-28.endive")),
        new SendBegan(1, 2, ReferralWorld.Start),
        new SendUnsettled(1, 2, Unsettled.Broken, ReferralWorld.Start, "why"),
        new LookupOpened(1, LookupReason.SavedError),
        new LookupEmpty(1, Counts: false, ReferralWorld.Start),
        new LookupEmpty(1, Counts: true, AgainAt: null),
        new FundsRanShort(1),
        new TransferMade(1, "tr_1", ByLookup: true),
        new TransferConfirmed("txn_1"),
        new TransferReversed(470),
        new TransferRejected(1, "account_closed"),
        new PayoutReleased("account_closed", "ada"),
        new PayoutToReview(ReviewReason.Several, "2 transfers"),
        new PaidOutside("SEPA 17", "ada"),
        new ReviewResolved(ReviewAnswer.SendAgain, "never paid", "ada", null),
        new ReversalAsked("back", 470, "a test order", "ada"),
        new ReversalStep("back", new IntentWritten(new(1, "amount=470", "ab", "rg1_ab", "2026-10-28.endive"))),
    ];

    public static TheoryData<PayoutBatchEvent> PayoutBatchEvents =>
    [
        new BatchDrawn("ada", NeedsSecondPerson: true, new([new("GBP", 25_00)], new(PayoutEvery.Month, 31), "Europe/London", Outside: true)),
        new CandidatesListed([new("item_1", new(7), new(9), new(1_470, Asset.Cash("USD")), "acct_1"), new("item_2", new(7), new(9), new(1, Asset.Cash("EUR")), "acct_1")]),
        new BatchListed(),
        new BatchFrozen("ab", [new("item_2", "balance_short")]),
        new BatchApproved("grace"),
        new BatchApprovalRevoked("destination_changed"),
        new BatchApproved("grace"),
        new SendingBegan(),
        new SendingPaused(ForFunds: true, "1 items await funds"),
        new SendingResumed("ada"),
        new SendingBegan(),
        new OrdersDropped([new("item_1", "account_changed")], "cd"),
        new BatchSettled(),
        new RetryBegan("ada"),
        new RetryEnded(),
        new BatchCancelling("ada"),
        new BatchCancelled(),
    ];

    [Theory]
    [MemberData(nameof(ReferralEvents))]
    public void An_event_of_a_referral(ReferralEvent e) => AssertSame(e);

    [Theory]
    [MemberData(nameof(ProgramEvents))]
    public void An_event_of_a_program(ProgramEvent e) => AssertSame(e);

    [Theory]
    [MemberData(nameof(ReferrerEvents))]
    public void An_event_of_a_referrer(ReferrerEvent e) => AssertSame(e);

    [Theory]
    [MemberData(nameof(PayoutItemEvents))]
    public void An_event_of_a_payout_item(PayoutItemEvent e) => AssertSame(e);

    [Theory]
    [MemberData(nameof(PayoutBatchEvents))]
    public void An_event_of_a_payout_batch(PayoutBatchEvent e) => AssertSame(e);

    [Fact]
    public void A_payout_batch_at_every_point_of_its_history()
    {
        var state = PayoutBatch.None;
        foreach (var row in PayoutBatchEvents)
        {
            AssertSame(state);
            state = PayoutBatch.Evolve(state, ReferralWorld.Start, row.Data);
        }

        AssertSame(state);
    }

    [Fact]
    public void A_payout_item_at_every_point_of_its_history()
    {
        var state = PayoutItem.None;
        foreach (var row in PayoutItemEvents)
        {
            AssertSame(state);
            state = PayoutItem.Evolve(state, ReferralWorld.Start, row.Data);
        }

        AssertSame(state);
    }

    public static TheoryData<PayoutAccountEvent> PayoutAccountEvents => [new AccountLinked("acct_1", "ada"), new AccountSeen(Capability.Pending, PaysOut: true), new CustomerLinked("cus_1", "ada"), new CustomerGone("cus_1")];

    public static TheoryData<PayoutPlanEvent> PayoutPlanEvents =>
    [
        new PayoutTermsSet(new([new("GBP", 25_00)], new(PayoutEvery.Week, 7), "Europe/London", SecondPerson: true), "ada"),
        new PayoutDateCame(new("po_scheduled_1"), ReferralWorld.Start),
    ];

    [Fact]
    public void A_payout_account_and_a_plan()
    {
        var account = PayoutAccount.None;
        foreach (var row in PayoutAccountEvents) AssertSame(account = PayoutAccount.Evolve(account, ReferralWorld.Start, row.Data));
        var plan = PayoutPlan.None;
        foreach (var row in PayoutPlanEvents) AssertSame(plan = PayoutPlan.Evolve(plan, ReferralWorld.Start, row.Data));
    }

    [Fact]
    public void Every_event_has_a_sample()
    {
        AssertWhole(typeof(ProgramEvent), ProgramEvents.Count);
        AssertWhole(typeof(ReferrerEvent), ReferrerEvents.Count);
        AssertWhole(typeof(PayoutBatchEvent), PayoutBatchEvents.Select(row => row.Data.GetType()).Distinct().Count());
        AssertWhole(typeof(PayoutAccountEvent), PayoutAccountEvents.Count);
        AssertWhole(typeof(PayoutPlanEvent), PayoutPlanEvents.Count);
        AssertWhole(typeof(PayoutItemEvent), PayoutItemEvents.Select(row => row.Data.GetType()).Distinct().Count());
    }

    [Fact]
    public void A_referral_at_every_point_of_its_history()
    {
        var state = Referral.None;
        foreach (var e in Samples.Events)
        {
            AssertSame(state);
            state = ReferralFold.Evolve(state, ReferralWorld.Start, e);
        }

        AssertSame(state);
    }

    [Fact]
    public void A_referrer_and_a_program()
    {
        var referrer = Referrer.None;
        foreach (var row in ReferrerEvents) referrer = Referrer.Evolve(referrer, ReferralWorld.Start, row.Data);
        AssertSame(referrer);

        var program = ReferralProgram.None;
        program = ReferralProgram.Evolve(program, ReferralWorld.Start, new(1), new ProgramCreated(new("p"), "Program", "GBP", "Europe/London"));
        program = ReferralProgram.Evolve(program, ReferralWorld.Start, new(1), new RulePublished(1, new("r"), 1, Rules.Percent(10_00), State));
        AssertSame(program);
        Assert.Equal(new StreamId(1), JsonSerializer.Deserialize<ReferralProgram>(JsonSerializer.Serialize(program))!.Terms!.Stream);
    }

    [Fact]
    public void Values_are_written_as_bare_as_they_are()
    {
        Assert.Equal("\"a:b\"", JsonSerializer.Serialize(new CallerId("a:b")));
        Assert.Equal("\"credit:GBP\"", JsonSerializer.Serialize(Asset.Credit("GBP")));
        Assert.Equal("7", JsonSerializer.Serialize(new StreamId(7)));
        Assert.Equal("\"0000000000000000000000000000000f\"", JsonSerializer.Serialize(new ContentHash(15)));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 65_535)]
    [InlineData(int.MaxValue, 3)]
    public void A_reward_has_one_number_that_ascends(int seq, int number)
    {
        Assert.Equal(new RewardId(seq, number), RewardId.FromKey(new RewardId(seq, number).Key));
        Assert.True(new RewardId(seq, number).Key > new RewardId(seq - 1, 65_535).Key);
    }

    private static void AssertSame<T>(T value)
        where T : notnull
    {
        var json = JsonSerializer.Serialize(value);
        var read = JsonSerializer.Deserialize<T>(json)!;
        Assert.Equal(value.GetType(), read.GetType());
        Assert.Equal(json, JsonSerializer.Serialize(read));
    }

    private static void AssertWhole(Type family, int samples) =>
        Assert.Equal(family.Assembly.GetTypes().Count(type => type.IsSubclassOf(family)), samples);
}
