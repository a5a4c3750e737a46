using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Discounts;

/// <summary>The referee's discount on its first invoice.</summary>
public sealed class CheckoutTests
{
    public static TheoryData<bool> Tiered => [false, true];

    [Theory]
    [MemberData(nameof(Tiered))]
    public async Task S4_a_quote_is_the_discount_of_the_first_invoice_and_is_repeated_as_it_was(bool tiered)
    {
        await using var shop = await Offering(new(BasisPoints: 15_00), tiered);
        var quoted = await Quote(shop, "pay1", 99_99);
        Assert.Equal((15_00, DiscountState.Quoted, true), (quoted.Payment!.DiscountMinor, quoted.Payment.State, quoted.Changed));
        var again = await Quote(shop, "pay1", 99_99);
        Assert.Equal((15_00, false), (again.Payment!.DiscountMinor, again.Changed));
        Assert.Equal("payment_conflict", (await Quote(shop, "pay1", 99_98)).Refusal!.Code);

        // One discount in all, whatever becomes of it.
        Assert.Equal(NoDiscount.AlreadyUsed, (await Quote(shop, "pay2", 50_00)).Why);
        Assert.Equal(DiscountState.Confirmed, (await Confirm(shop, "pay1")).Payment!.State);
        Assert.False((await Confirm(shop, "pay1")).Changed);
        Assert.Equal("discount_confirmed", (await Release(shop, "pay1")).Refusal!.Code);
        Assert.Equal(NoDiscount.AlreadyUsed, (await Quote(shop, "pay2", 50_00)).Why);
        Assert.Equal(DiscountState.Confirmed, Kept(shop, "pay1").State);
    }

    [Fact]
    public async Task S4_what_a_failed_charge_gives_back_is_there_for_the_next_payment()
    {
        await using var shop = await Offering(new(AmountMinor: 20_00));
        await Quote(shop, "pay1", 50_00);
        Assert.True((await Release(shop, "pay1")).Changed);
        Assert.False((await Release(shop, "pay1")).Changed);
        Assert.Equal("discount_released", (await Confirm(shop, "pay1")).Refusal!.Code);
        Assert.Equal(12_00, (await Quote(shop, "pay2", 12_00)).Payment!.DiscountMinor);

        // The first payment is tried again, too late.
        Assert.Equal(NoDiscount.AlreadyUsed, (await Quote(shop, "pay1", 50_00)).Why);
        await Release(shop, "pay2");
        Assert.Equal((20_00, DiscountState.Quoted), ((await Quote(shop, "pay1", 50_00)).Payment!.DiscountMinor, Kept(shop, "pay1").State));
    }

    [Theory]
    [MemberData(nameof(Tiered))]
    public async Task S4_a_quote_that_nobody_confirms_is_free_again_after_24_hours(bool tiered)
    {
        await using var shop = await Offering(new(AmountMinor: 20_00), tiered);
        await Quote(shop, "pay1", 50_00);
        Assert.Equal(shop.Now.AddHours(24), shop.Database.DueAt(shop.Referral().Id));
        shop.Time.Advance(TimeSpan.FromHours(24));
        await shop.Tell(new SettleDue(shop.Now));
        Assert.Equal((null, DiscountState.Released), (shop.Database.DueAt(shop.Referral().Id), Kept(shop, "pay1").State));
        Assert.Equal("discount_released", (await Confirm(shop, "pay1")).Refusal!.Code);
        Assert.Equal(20_00, (await Quote(shop, "pay2", 50_00)).Payment!.DiscountMinor);
    }

    [Fact]
    public async Task S4_a_confirmed_one_is_never_due()
    {
        await using var shop = await Offering(new(AmountMinor: 20_00));
        await Quote(shop, "pay1", 50_00);
        await Confirm(shop, "pay1");
        Assert.Null(shop.Database.DueAt(shop.Referral().Id));
        shop.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(DiscountState.Confirmed, (await Quote(shop, "pay1", 50_00)).Payment!.State);
    }

    [Fact]
    public async Task S4_it_is_for_the_first_invoice_of_who_was_referred()
    {
        await using var shop = await Offering(new(AmountMinor: 20_00));
        Assert.Equal(NoDiscount.ReferralMissing, (await Quote(shop, "pay1", 50_00, "nobody")).Why);
        await shop.Sell("trial", 0);
        Assert.Equal(20_00, (await Quote(shop, "pay1", 50_00)).Payment!.DiscountMinor);
        await Release(shop, "pay1");
        await shop.Sell("a1", 50_00);
        Assert.Equal(NoDiscount.NotFirst, (await Quote(shop, "pay1", 50_00)).Why);
        await shop.Refer(Shop.Ben, approve: false);
        await shop.Sell("b1", 50_00, Shop.Ben);
        Assert.Equal(NoDiscount.NotFirst, (await Quote(shop, "pay2", 50_00, Shop.Ben)).Why);
        shop.Time.Advance(TimeSpan.FromHours(1));
        await shop.Tell(new ApproveReferral(null), Shop.Ben); // By which that was before the approval, and an invoice all the same.
        Assert.Equal(NoDiscount.NotFirst, (await Quote(shop, "pay2", 50_00, Shop.Ben)).Why);
        await shop.Refer("carl");
        await shop.Tell(new CancelReferral(null, "admin", false), "carl");
        Assert.Equal(NoDiscount.ReferralCancelled, (await Quote(shop, "pay3", 50_00, "carl")).Why);
        Assert.Equal("discount_not_found", (await Confirm(shop, "pay9")).Refusal!.Code);
    }

    [Fact]
    public async Task S7_the_discount_is_the_one_that_was_in_force_when_the_referral_was_attributed()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await Offer(shop, new(AmountMinor: 20_00));
        await shop.Refer(Shop.Ben);
        await Offer(shop, new(AmountMinor: 5_00));
        await shop.Refer("carl");
        Assert.Equal(NoDiscount.NotOffered, (await Quote(shop, "pay1", 50_00)).Why);
        Assert.Equal(20_00, (await Quote(shop, "pay2", 50_00, Shop.Ben)).Payment!.DiscountMinor);
        Assert.Equal(5_00, (await Quote(shop, "pay3", 50_00, "carl")).Payment!.DiscountMinor);
    }

    [Fact]
    public async Task Two_referees_that_name_one_payment_at_the_same_time_are_not_both_given_it()
    {
        await using var shop = await Offering(new(AmountMinor: 20_00));
        await shop.Refer(Shop.Ben);
        shop.Node.Journal.Hold();
        var first = Quote(shop, "pay1", 50_00);
        await shop.Node.Journal.Queued(1);
        var second = Quote(shop, "pay1", 50_00, Shop.Ben);
        await shop.Node.Journal.Queued(2);
        shop.Node.Journal.Release();
        Assert.Equal((20_00, "payment_conflict"), ((await first).Payment!.DiscountMinor, (await second).Refusal!.Code));
        Assert.Contains(shop.Node.Journal.History, entry => entry.Outcome == AppendOutcome.FactMoved);
    }

    [Fact]
    public async Task An_activation_that_has_fallen_behind_confirms_what_another_has_quoted()
    {
        await using var shop = await Offering(new(AmountMinor: 20_00));
        var other = shop.Started();
        await shop.Tell(new SettleDue(), node: other);
        await Quote(shop, "pay1", 50_00);
        var confirm = await shop.Ask(GrainAddress.Referral(shop.Tenant, Shop.Program, new(Shop.Anna)), new ConfirmCheckout(new("pay1")), other);
        Assert.Equal(DiscountState.Confirmed, confirm.Outcome.Payment!.State);
        Assert.Equal("discount_confirmed", (await Release(shop, "pay1")).Refusal!.Code);
    }

    // A silo that stood still for a moment must not refuse what is free again to the customer who has just been told so.
    [Fact]
    public async Task An_activation_that_has_fallen_behind_quotes_what_another_has_given_back()
    {
        await using var shop = await Offering(new(AmountMinor: 20_00));
        var other = shop.Started();
        await Quote(shop, "pay1", 50_00);
        await shop.Ask(GrainAddress.Referral(shop.Tenant, Shop.Program, new(Shop.Anna)), new ReleaseCheckout(new("pay1"), "admin"), other);
        var quoted = await Quote(shop, "pay2", 50_00);
        Assert.Equal((NoDiscount.None, (long?)20_00), (quoted.Why, quoted.Payment?.DiscountMinor));
    }

    private static async Task<Shop> Offering(Discount discount, bool tiered = false)
    {
        var shop = await Shop.Empty(tiered ? Rules.Tiered(Rules.Spent(0, null, pays: 1)) : Rules.Percent(10_00));
        await Offer(shop, discount);
        await shop.Refer(Shop.Anna);
        return shop;
    }

    private static Task<ProgramReply> Offer(Shop shop, Discount discount) =>
        shop.Ask(GrainAddress.Program(shop.Tenant, Shop.Program), new ChangeProgram(null, null, discount, false, null, false, "admin"));

    private static Task<DiscountOutcome> Quote(Shop shop, string payment, long minor, string referee = Shop.Anna) => Ask(shop, new QuoteCheckout(new(payment), minor), referee);

    private static Task<DiscountOutcome> Confirm(Shop shop, string payment) => Ask(shop, new ConfirmCheckout(new(payment)), Shop.Anna);

    private static Task<DiscountOutcome> Release(Shop shop, string payment) => Ask(shop, new ReleaseCheckout(new(payment), "admin"), Shop.Anna);

    private static async Task<DiscountOutcome> Ask(Shop shop, ICommand<CheckoutReply> command, string referee) =>
        (await shop.Ask(GrainAddress.Referral(shop.Tenant, Shop.Program, new(referee)), command)).Outcome;

    private static DiscountedPayment Kept(Shop shop, string payment) => shop.Database.Discount(shop.Tenant, DiscountSide.Referee, new(payment))!;
}
