using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Discounts;

/// <summary>Discounts on a referrer's own payments.</summary>
public sealed class PaymentTests
{
    private static readonly PaymentDiscount Sixty = new(new(AmountMinor: 60_00));

    [Fact]
    public async Task G7_three_referrals_of_60_make_three_months_of_100_cost_0_40_and_100()
    {
        await using var shop = await Gym(Sixty, "anna", "ben", "carl");
        Assert.Equal((0, "anna 6000, ben 4000"), await Pay(shop, "jan"));
        Assert.Equal((40_00, "carl 6000"), await Pay(shop, "feb"));
        Assert.Equal((100_00, ""), await Pay(shop, "mar"));
        Assert.Equal(NoDiscount.NoReferralLeft, (await Quote(shop, "mar")).Why);
    }

    [Fact]
    public async Task G7_with_the_second_referee_cancelled_it_is_0_from_the_first_and_the_third_and_then_100()
    {
        await using var shop = await Gym(Sixty, "anna", "ben", "carl");
        await shop.Tell(new CancelReferral(null, "admin", false), "ben");
        Assert.Equal((0, "anna 6000, carl 4000"), await Pay(shop, "jan"));
        Assert.Equal((100_00, ""), await Pay(shop, "feb"));
    }

    [Fact]
    public async Task G6_a_referral_counts_only_while_its_referee_is_active()
    {
        await using var shop = await Gym(Sixty, "anna", "ben");
        await shop.Tell(new ChangeReferral(null, Active: false), "anna");
        Assert.Equal((40_00, "ben 6000"), await Pay(shop, "jan"));

        // It was not used up: back at the gym, it counts again.
        await shop.Tell(new ChangeReferral(null, Active: true), "anna");
        Assert.Equal((40_00, "anna 6000"), await Pay(shop, "feb"));
    }

    [Fact]
    public async Task X9_a_flagged_referral_pays_for_nothing_until_somebody_has_looked()
    {
        await using var shop = await Gym(Sixty, Shop.Rita);
        Assert.Equal((100_00, ""), await Pay(shop, "jan"));
        await shop.Tell(new ResolveFlag(Confirmed: false, "a namesake", "ada"), Shop.Rita);
        Assert.Equal((40_00, "rita 6000"), await Pay(shop, "feb"));
    }

    [Fact]
    public async Task G4_referrals_are_used_in_the_order_of_their_dates_and_pending_ones_are_none()
    {
        await using var shop = await Gym(Sixty);
        await shop.Refer("first", approve: false);
        shop.Time.Advance(TimeSpan.FromDays(1));
        await shop.Refer("second");
        Assert.Equal((40_00, "second 6000"), Shown(shop, await Quote(shop, "jan")));
        await Release(shop, "jan");
        await shop.Tell(new ApproveReferral(null), "first");
        Assert.Equal((0, "first 6000, second 4000"), await Pay(shop, "jan"));
    }

    [Fact]
    public async Task D19_a_retry_is_answered_the_same_and_a_failed_charge_gives_back_what_it_used()
    {
        await using var shop = await Gym(Sixty, "anna");
        var quoted = await Quote(shop, "jan");
        await shop.Refer("ben");
        Assert.Equal((40_00, "anna 6000"), Shown(shop, quoted));
        var again = await Quote(shop, "jan");
        Assert.Equal((40_00, "anna 6000", false), (Shown(shop, again).ToPay, Shown(shop, again).Used, again.Changed));
        Assert.Equal("payment_conflict", (await Quote(shop, "jan", 99_00)).Refusal!.Code);

        Assert.Equal(DiscountState.Released, (await Release(shop, "jan")).Payment!.State);
        Assert.False((await Release(shop, "jan")).Changed);
        Assert.Equal("discount_released", (await Confirm(shop, "jan")).Refusal!.Code);
        Assert.Equal((0, "anna 6000, ben 4000"), await Pay(shop, "feb"));
        Assert.Equal("discount_confirmed", (await Release(shop, "feb")).Refusal!.Code);
        Assert.False((await Confirm(shop, "feb")).Changed);
        Assert.Equal("discount_not_found", (await Confirm(shop, "never")).Refusal!.Code);
    }

    [Fact]
    public async Task D19_a_percentage_is_of_the_original_payment()
    {
        await using var shop = await Gym(new(new(BasisPoints: 40_00)), "anna", "ben", "carl", "dora");
        Assert.Equal((0, "anna 4000, ben 4000, carl 2000"), await Pay(shop, "jan"));
        Assert.Equal((60_00, "dora 4000"), await Pay(shop, "feb"));
    }

    [Fact]
    public async Task G1_off_every_payment_uses_nothing_up()
    {
        await using var shop = await Gym(new(new(AmountMinor: 30_00), EveryPayment: true), "anna", "ben");
        Assert.Equal((40_00, "anna 3000, ben 3000"), await Pay(shop, "jan"));
        await shop.Tell(new CancelReferral(null, "admin", false), "ben");
        Assert.Equal((70_00, "anna 3000"), await Pay(shop, "feb"));
        Assert.Empty(shop.Database.Uses);
    }

    [Fact]
    public async Task G2_by_hand_only_what_a_person_lets_count_is_used_and_what_is_declined_never_is()
    {
        await using var shop = await Gym(Sixty with { ByHand = true }, "anna", "ben");
        Assert.Equal((100_00, ""), await Pay(shop, "jan"));
        Assert.True((await Choose(shop, "ben", ReferralChoice.Applies)).Changed);
        Assert.False((await Choose(shop, "ben", ReferralChoice.Applies)).Changed);
        Assert.True((await Choose(shop, "anna", ReferralChoice.Declined)).Changed);
        Assert.False((await Choose(shop, "anna", ReferralChoice.Declined)).Changed);
        Assert.Equal("referral_declined", (await Choose(shop, "anna", ReferralChoice.Applies)).Refusal!.Code);
        Assert.Equal((40_00, "ben 6000"), Shown(shop, await Quote(shop, "feb")));
        Assert.Equal("referral_used", (await Choose(shop, "ben", ReferralChoice.Declined)).Refusal!.Code);

        // Given back, it still counts.
        await Release(shop, "feb");
        Assert.Equal((40_00, "ben 6000"), await Pay(shop, "mar"));
        await Set(shop, Sixty);
        Assert.Equal((100_00, ""), await Pay(shop, "apr"));
        Assert.Equal("referral_not_found", (await Choose(shop, "nobody", ReferralChoice.Applies)).Refusal!.Code);
    }

    [Fact]
    public async Task What_gives_nothing_says_why()
    {
        await using var shop = await Gym(null, "anna");
        Assert.Equal(NoDiscount.NotOffered, (await Quote(shop, "jan")).Why);
        Assert.Equal("referrer_not_found", (await Ask(shop, new QuotePayment(Shop.Program, new("x"), 1), "nobody")).Refusal!.Code);
        Assert.Equal("program_not_found", (await Ask(shop, new QuotePayment(new("nowhere"), new("x"), 1))).Refusal!.Code);
        await Set(shop, Sixty);
        await shop.Close(Shop.Rita);
        Assert.Equal(NoDiscount.ReferrerClosed, (await Quote(shop, "feb")).Why);
    }

    [Fact]
    public async Task Commands_that_have_gathered_are_decided_in_order_and_use_no_referral_twice()
    {
        await using var shop = await Gym(Sixty, "anna", "ben");
        var commands = new ICommand<PaymentReply>[]
        {
            new QuotePayment(Shop.Program, new("jan"), 60_00),
            new QuotePayment(Shop.Program, new("feb"), 60_00),
            new ConfirmPayment(new("jan")),
            new ReleasePayment(new("feb"), "admin"),
            new QuotePayment(Shop.Program, new("mar"), 60_00),
        };
        var envelopes = commands.Select(command => new Envelope<PaymentReply>(command)).ToList();
        await new ReferrerTurns(GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), shop.Node.World).Turn(envelopes);
        var replies = await Task.WhenAll(envelopes.Select(envelope => envelope.Replied));
        Assert.Equal(["anna 6000", "ben 6000", "anna 6000", "ben 6000", "ben 6000"], replies.Select(reply => Shown(shop, reply.Outcome).Used));
    }

    [Fact]
    public async Task Two_activations_that_quote_at_the_same_time_use_a_referral_once()
    {
        await using var shop = await Gym(Sixty, "anna");
        var other = shop.Started();
        await shop.Ask(GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), new ConfirmPayment(new("x")), other);
        shop.Node.Journal.Hold();
        other.Journal.Hold();
        var first = Quote(shop, "jan");
        var second = shop.Ask(GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), new QuotePayment(Shop.Program, new("feb"), 100_00), other);
        await Task.WhenAll(shop.Node.Journal.Queued(1), other.Journal.Queued(1));
        shop.Node.Journal.Release();
        await first;
        other.Journal.Release();
        Assert.Equal(("anna 6000", ""), (Shown(shop, await first).Used, Shown(shop, (await second).Outcome).Used));
    }

    [Theory]
    [InlineData(false, false, "feb 4000: anna 6000", ReferralChoice.Applies)]
    [InlineData(false, true, "feb 10000: ", ReferralChoice.Declined)]
    [InlineData(true, false, "feb 4000: anna 6000", ReferralChoice.None)]
    [InlineData(true, true, "feb 10000: ", ReferralChoice.None)]
    public async Task D16_a_referral_that_is_given_to_another_while_the_one_before_uses_or_declines_it_is_used_once(
        bool quotes, bool earlierFirst, string expected, ReferralChoice left)
    {
        await using var shop = await Gym(quotes ? Sixty : Sixty with { ByHand = true }, "anna");
        await shop.Introduce("bob");
        var (other, rita, bob) = (shop.Started(), GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), GrainAddress.Referrer(shop.Tenant, new("bob")));
        if (!quotes) await Choose(shop, "anna", ReferralChoice.Applies);

        // Both read that it waits: the one before as its own, which it is until then.
        shop.Node.Journal.Hold();
        var earlier = quotes
            ? Quote(shop, "jan") as Task
            : Choose(shop, "anna", ReferralChoice.Declined);
        await shop.Node.Journal.Queued(1);
        await shop.Tell(new ReassignReferral(new("bob"), null, "admin"), "anna", other);
        other.Journal.Hold();
        var later = shop.Ask(bob, new QuotePayment(Shop.Program, new("feb"), 100_00), other);
        await other.Journal.Queued(1);
        foreach (var (journal, done) in (IEnumerable<(MemoryJournal, Task)>)(earlierFirst ? [(shop.Node.Journal, earlier), (other.Journal, later)] : [(other.Journal, later), (shop.Node.Journal, earlier)]))
        {
            journal.Release();
            await done;
        }

        var (toPay, used) = Shown(shop, (await later).Outcome);
        Assert.Equal(expected, $"feb {toPay}: {used}");
        var anna = shop.Database.Uses[shop.Referral("anna").Id];
        Assert.Equal((left, earlierFirst ? quotes ? "jan" : null : "feb"), (anna.Choice ?? ReferralChoice.None, anna.Payment?.Value));

        // What is not his gives nothing back.
        if (quotes) await shop.Ask(rita, new ReleasePayment(new("jan"), "admin"));
        Assert.Equal(earlierFirst ? null : "feb", shop.Database.Uses[shop.Referral("anna").Id].Payment?.Value);
    }

    private static async Task<Shop> Gym(PaymentDiscount? discount, params string[] referees)
    {
        var shop = await Shop.Empty(Rules.Percent(10_00));
        if (discount is not null) await Set(shop, discount);
        foreach (var referee in referees) await shop.Refer(referee);
        return shop;
    }

    private static Task<ProgramReply> Set(Shop shop, PaymentDiscount discount) =>
        shop.Ask(GrainAddress.Program(shop.Tenant, Shop.Program), new ChangeProgram(null, null, null, false, discount, false, "admin"));

    // Quoted and charged.
    private static async Task<(long ToPay, string Used)> Pay(Shop shop, string payment)
    {
        var quoted = await Quote(shop, payment);
        Assert.Null((await Confirm(shop, payment)).Refusal);
        return Shown(shop, quoted);
    }

    private static (long ToPay, string Used) Shown(Shop shop, DiscountOutcome outcome) => (
        outcome.Payment!.AmountMinor - outcome.Payment.DiscountMinor,
        string.Join(", ", outcome.Payment.Applied.Select(one => $"{shop.Database.Stream(one.Referral).Key.Second} {one.Minor}")));

    private static Task<DiscountOutcome> Quote(Shop shop, string payment, long minor = 100_00) => Ask(shop, new QuotePayment(Shop.Program, new(payment), minor));

    private static Task<DiscountOutcome> Confirm(Shop shop, string payment) => Ask(shop, new ConfirmPayment(new(payment)));

    private static Task<DiscountOutcome> Release(Shop shop, string payment) => Ask(shop, new ReleasePayment(new(payment), "admin"));

    private static Task<ReferrerReply> Choose(Shop shop, string referee, ReferralChoice choice) =>
        shop.Ask(GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), new ChooseReferral(Shop.Program, new(referee), choice, null, "admin"));

    private static async Task<DiscountOutcome> Ask(Shop shop, ICommand<PaymentReply> command, string referrer = Shop.Rita) =>
        (await shop.Ask(GrainAddress.Referrer(shop.Tenant, new(referrer)), command)).Outcome;
}
