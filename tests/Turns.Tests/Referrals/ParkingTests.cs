using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

public sealed class ParkingTests
{
    private const int MaxPerTenant = 1_000_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task D10_actions_without_a_referral_take_effect_in_arrival_order_when_it_comes(bool tiered)
    {
        await using var shop = await Shop.Empty(tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)).Times(2) : Rules.Percent(10_00).Times(2));
        foreach (var (id, minor) in new[] { ("a1", 10_00), ("a2", 20_00), ("a3", 30_00) })
            Assert.Equal(DecisionCode.ReferralMissing, (await shop.Sell(id, minor)).Outcome!.Reason);
        await shop.Refer(Shop.Anna, approvedAt: Shop.Start);
        Assert.Equal(["a1", "a2", "a3"], shop.Events().OfType<SaleDecided>().Select(sale => sale.Action.Id.Value));
        Assert.Equal(3_00, shop.Balance().Earned);

        var repeat = await shop.Sell("a2", 20_00);
        Assert.Equal((true, ActionStatus.Rewarded, 2_00), (repeat.Duplicate, repeat.Outcome!.Status, repeat.Outcome.Decisions[0].Minor));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task D10_a_tenant_whose_quota_of_waiting_actions_is_used_up_waits_for_room(bool tiered)
    {
        await using var shop = await Shop.Empty(tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00));
        await shop.Refer(Shop.Ben);
        shop.Database.Park(shop.Tenant, MaxPerTenant - 1);
        Assert.Equal(DecisionCode.ReferralMissing, (await shop.Sell("a1", 10_00)).Outcome!.Reason);

        Assert.Equal((RefusalKind.OverQuota, "parking_full"), Told((await shop.Sell("a2", 10_00)).Refusal));
        Assert.Equal((RefusalKind.OverQuota, "parking_full"), Told((await shop.Send(Sent.Refund("r1", "b1", shop.Now), Shop.Ben)).Refusal));
        Assert.Equal(ActionStatus.Rewarded, (await shop.Sell("b1", 10_00, Shop.Ben)).Outcome!.Status);
        Assert.Equal(ActionStatus.Reversed, (await shop.Send(Sent.Refund("r1", "b1", shop.Now), Shop.Ben)).Outcome!.Status);

        await shop.Refer(Shop.Anna, approvedAt: Shop.Start);
        Assert.Equal(MaxPerTenant - 1, shop.Database.Parked(shop.Tenant));
        Assert.Null((await shop.Sell("a2", 10_00)).Outcome!.Reason);

        static (RefusalKind, string) Told(Refusal? refusal) => (refusal!.Kind, refusal.Code);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public async Task D9_actions_of_a_pending_referral_replay_on_approval_whenever_that_is(bool tiered, bool inThePast)
    {
        await using var shop = await Shop.Empty(tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00));
        var before = Sent.Sale("a0", 20_00, shop.Now);
        shop.Time.Advance(TimeSpan.FromHours(1));
        await shop.Refer(Shop.Anna, approve: false);
        Assert.Equal(DecisionCode.ReferralPending, (await shop.Sell("a1", 10_00)).Outcome!.Reason);
        shop.Time.Advance(TimeSpan.FromHours(1));
        await shop.Tell(new ApproveReferral(inThePast ? Shop.Start : null));
        Assert.Equal(1_00, shop.Balance().Earned);
        Assert.Equal(inThePast ? DecisionCode.Rewarded : DecisionCode.BeforeApproval, (await shop.Send(before)).Outcome!.Decisions[0].Code); // V7
        Assert.Empty((await shop.State()).Parked);
    }

    [Fact]
    public async Task D10_a_refund_before_its_sale_is_applied_when_the_sale_comes()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var refund = Sent.Refund("r1", "a1", shop.Now, 5_00);
        Assert.Equal(DecisionCode.SaleMissing, (await shop.Send(refund)).Outcome!.Reason);
        await shop.Sell("a1", 10_00);
        Assert.Equal((1_00, 50), (shop.Balance().Earned, shop.Balance().ClawedBack));
        var repeat = await shop.Send(refund);
        Assert.Equal((true, ActionStatus.Reversed, -50), (repeat.Duplicate, repeat.Outcome!.Status, repeat.Outcome.Decisions[0].Minor));
    }

    [Fact]
    public async Task D10_a_refund_and_its_sale_wait_together_for_the_referral()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        await shop.Send(Sent.Refund("r1", "a1", shop.Now));
        await shop.Sell("a1", 10_00);
        shop.Restart();
        await shop.Refer(Shop.Anna, approvedAt: Shop.Start);
        Assert.Equal((1_00, 1_00), (shop.Balance().Earned, shop.Balance().ClawedBack));
        Assert.Empty((await shop.State()).Parked);
    }

    [Fact]
    public async Task D10_a_repeat_of_what_waits_is_a_repeat_that_waits()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        await shop.Sell("a1", 10_00);
        var repeat = await shop.Sell("a1", 10_00);
        Assert.Equal((true, ActionStatus.Parked), (repeat.Duplicate, repeat.Outcome!.Status));
        Assert.Single((await shop.State()).Parked);
    }

    [Fact]
    public async Task D10_what_waits_is_not_looked_up_until_what_it_waits_for_comes()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Send(new RecordActions([.. Enumerable.Range(0, ActionDecider.MaxParked).Select(i => Sent.Refund($"r{i}", $"a{i}", shop.Now, 5_00))]));
        shop.Restart();
        var before = shop.Node.Loader.LookedUp;
        await shop.Sell("b1", 10_00);
        await shop.Sell("a7", 10_00);
        await shop.Sell("b2", 10_00);

        Assert.Equal(before, shop.Node.Loader.LookedUp);
        Assert.Equal((3_00, 50), (shop.Balance().Earned, shop.Balance().ClawedBack));
        Assert.Equal(ActionDecider.MaxParked - 1, (await shop.State()).Parked.Count);
    }

    [Fact]
    public async Task D10_a_failed_refund_waits_for_its_refund_and_that_for_its_sale()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var failed = Sent.Failed("f1", "r1", shop.Now);
        Assert.Equal(DecisionCode.SaleMissing, (await shop.Send(failed)).Outcome!.Reason);
        await shop.Send(Sent.Refund("r1", "a1", shop.Now, 4_00));
        shop.Restart();
        await shop.Sell("a1", 10_00);
        Assert.Equal((1_00, 0), (shop.Balance().Earned, shop.Balance().ClawedBack));
        var repeat = await shop.Send(failed);
        Assert.Equal((true, ActionStatus.Rewarded, 40), (repeat.Duplicate, repeat.Outcome!.Status, repeat.Outcome.Decisions[0].Minor));
    }

    [Fact]
    public async Task D8_a_won_chargeback_finds_its_chargeback_and_its_sale()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Sell("a1", 10_00);
        await shop.Send(Sent.Chargeback("c1", "a1", shop.Now));
        Assert.Equal(0, shop.Balance().Net);
        shop.Restart();
        var won = await shop.Send(Sent.Won("w1", "c1", shop.Now));
        Assert.Equal((ActionStatus.Rewarded, 1_00), (won.Outcome!.Status, won.Outcome.Decisions[0].Minor));
        Assert.Equal(1_00, shop.Balance().Net);
        shop.Restart();
        Assert.True((await shop.Send(Sent.Won("w1", "c1", shop.Now))).Duplicate);
    }

    [Fact]
    public async Task D8_a_refund_in_another_program_than_its_sales_is_refused()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Ask(GrainAddress.Program(shop.Tenant, new("other")), new CreateProgram("Other", "GBP", "Europe/London"));
        var there = GrainAddress.Referral(shop.Tenant, new("other"), new(Shop.Anna));
        await shop.Ask(there, new AttributeReferral(new(Shop.Rita), null, null, true, null));
        await shop.Sell("a1", 10_00);

        var refused = Assert.Single((await shop.Ask(there, new RecordActions([Sent.Refund("r1", "a1", shop.Now)]))).Replies).Refusal!;
        Assert.Equal((RefusalKind.Senseless, "other_referral", Field.RefundOf), (refused.Kind, refused.Code, refused.Field));
        Assert.Equal(1_00, shop.Balance().Net);
        await shop.Send(Sent.Refund("r1", "a1", shop.Now));
        Assert.Equal(0, shop.Balance().Net);
    }

    [Fact]
    public async Task D8_a_refund_of_another_referees_sale_is_refused()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Refer(Shop.Ben);
        await shop.Sell("a1", 10_00);
        var refused = await shop.Send(Sent.Refund("r1", "a1", shop.Now), Shop.Ben);
        Assert.Equal(("other_referral", Field.RefundOf), (refused.Refusal!.Code, refused.Refusal.Field));
    }
}
