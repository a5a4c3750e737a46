using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>What a refund takes back of the recorded reward.</summary>
public class RefundTests
{
    [Fact]
    public void D8_refunds_are_cumulative()
    {
        var world = new ReferralWorld(Fixed(333));
        world.Send(Sale(1_000).Named("s"));

        Assert.Equal([-100, -100, -133], [.. new long[] { 300, 300, 400 }.Select(amount => world.Send(Refund("s", amount)).Minor)]);
        Assert.Equal(0, world.Enrollment().NetMinor);
    }

    [Theory]
    [InlineData(1_000, 100, new long[] { 1, 1, 1, 997 }, new long[] { 0, 0, 0, 100 })]
    [InlineData(3, 1, new long[] { 1, 1, 1 }, new long[] { 0, 1, 0 })]         // 0.33, 0.67, 1
    [InlineData(2, 1, new long[] { 1, 1 }, new long[] { 1, 0 })]               // half goes away from zero
    [InlineData(1_000, 333, new long[] { 1_000 }, new long[] { 333 })]
    public void D8_what_is_taken_so_far_is_rounded_not_each_step(long sale, long reward, long[] refunds, long[] taken)
    {
        var world = new ReferralWorld(Fixed(reward));
        world.Send(Sale(sale).Named("s"));

        Assert.Equal(taken, refunds.Select(amount => -world.Send(Refund("s", amount)).Minor));
    }

    [Fact]
    public void D8_without_an_amount_it_is_the_rest()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 30_00));
        var rest = world.Send(Refund("s"));

        Assert.Equal((-7_00, 70_00), (rest.Minor, rest.Only.AppliedMinor));
    }

    [Fact]
    public void D8_what_exceeds_the_sale_is_clamped_and_explained()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 80_00));
        var refund = world.Send(Refund("s", 50_00));

        Assert.Equal((-2_00, 20_00), (refund.Minor, refund.Only.AppliedMinor));
        Assert.Contains("Of 50.00 GBP only 20.00 GBP were left of the sale.", refund.Lines(world.Program));
        Assert.Equal((0, 0), (world.Send(Refund("s", 1)).Minor, world.Enrollment().NetMinor));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(null, 1L)]
    [InlineData(0L, null)]
    [InlineData(0L, 5_00L)]
    public void D8_on_a_sale_without_a_positive_amount_any_refund_takes_all(long? sale, long? refund)
    {
        var world = new ReferralWorld(Fixed(5_00));
        world.Send(Sale(sale).Named("s"));

        Assert.Equal(-5_00, world.Send(Refund("s", refund)).Minor);
        Assert.Equal(0, world.Send(Refund("s", refund)).Minor);
        Assert.Equal(0, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D8_a_refund_takes_its_share_of_every_reward_of_the_sale()
    {
        var world = new ReferralWorld(Percent(10_00), Fixed(333), Points(1, 1_00), Fixed(1_00).Over(500_00));
        world.Send(Sale(100_00).Named("s"));
        var refund = world.Send(Refund("s", 30_00));

        Assert.Equal([-3_00, -1_00, -30, 0], refund.Outcome!.Decisions.Select(decision => decision.Minor));
        Assert.Equal(
            [DecisionCode.TakenBack, DecisionCode.TakenBack, DecisionCode.TakenBack, DecisionCode.NothingToTakeBack], refund.Codes);
    }

    [Fact]
    public void D8_a_reward_is_taken_from_as_recorded_also_after_the_rule_has_changed()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Turn(Anna, turn => ReferralCommands.Adjust(turn, 1, 0, new(Reward: Percent(90_00).Reward), "more", "ada"));
        world.Set(new(Enabled: false));

        Assert.Equal(-5_00, world.Send(Refund("s", 50_00)).Minor);
    }

    [Fact]
    public void D8_a_clamped_reward_is_shared_as_it_was_given()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(4_00));
        world.Send(Sale(100_00).Named("s"));

        Assert.Equal(-2_00, world.Send(Refund("s", 50_00)).Minor);
    }

    [Fact]
    public void D8_in_hold_pending_shrinks_and_the_rest_is_released()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 40_00));

        Assert.Equal((6_00, 0), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
        world.Advance(TimeSpan.FromDays(30));
        Assert.Equal((0, 6_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void D8_after_release_it_is_a_negative_line_on_what_is_payable()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        world.Send(Sale(100_00).Named("s"));
        world.Advance(TimeSpan.FromDays(30));
        world.Send(Refund("s", 40_00));

        var taken = world.Postings().Last();
        Assert.Equal((AccountKind.Payable, AccountKind.Clawbacks, 4_00), (taken.From.Kind, taken.To.Kind, taken.Amount.Minor));
        Assert.Equal((0, 6_00), (world.Balance(AccountKind.Pending), world.Balance(AccountKind.Payable)));
    }

    [Fact]
    public void D8_a_fully_refunded_pending_reward_is_reversed_and_never_released()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s"));

        Assert.Equal(RewardStatus.Reversed, world.Outcome(new("s")).Decisions[0].State);
        Assert.Empty(world.State().Holds);
        Assert.Null(world.State().DueAt);
    }

    [Theory]
    [InlineData("bert", null, "other_referral", Field.RefundOf)]
    [InlineData(Anna, "USD", "other_currency", Field.Currency)]
    public void D8_another_referee_or_currency_than_the_sale_s_is_refused(string referee, string? currency, string code, Field field)
    {
        var world = new ReferralWorld(Percent(10_00)).Refer("bert");
        world.Send(Sale(100_00).Named("s"));
        var sent = world.Send(Refund("s").By(referee) with { Currency = currency, Id = "r" });

        Assert.Equal((RefusalKind.Senseless, code, field), (sent.Refusal.Kind, sent.Refusal.Code, sent.Refusal.Field));
        Assert.Equal(10_00, world.Enrollment().NetMinor);
        Assert.Equal(-10_00, world.Send(Refund("s").Named("r")).Minor);
    }

    [Theory]
    [InlineData(null, "GBP")]
    [InlineData("GBP", null)]
    [InlineData("USD", "USD")]
    [InlineData("USD", null)]
    public void D8_a_currency_that_is_left_out_is_the_sale_s(string? sale, string? refund)
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s") with { Currency = sale });

        Assert.Equal(ActionStatus.Reversed, world.Send(Refund("s") with { Currency = refund }).Status);
    }

    [Fact]
    public void D8_a_refund_of_a_refund_is_refused()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s").Named("r"));

        Assert.Equal("not_a_sale", world.Send(Refund("r")).Refusal.Code);
    }

    [Fact]
    public void D8_the_referrer_who_was_credited_bears_it()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("ritas"));
        var tom = world.Referrer with { Stream = new(3), Id = new("tom") };
        Assert.IsType<Decision.Accepted>(world.Turn(Anna, turn => ReferralCommands.Reassign(turn, tom, null, "ada", SelfReferral.None)));
        world.Referrer = tom;
        world.Send(Sale(50_00).Named("toms"));
        Assert.Equal((10_00, 5_00), (Payable(2), Payable(3)));

        world.Send(Refund("ritas"));
        Assert.Equal((0, 5_00), (Payable(2), Payable(3)));
        world.Send(Refund("toms", 10_00));
        Assert.Equal((0, 4_00), (Payable(2), Payable(3)));

        long Payable(long owner) => world.Postings().Sum(posting =>
            (posting.To == new Account(new(owner), AccountKind.Payable) ? posting.Amount.Minor : 0) - (posting.From == new Account(new(owner), AccountKind.Payable) ? posting.Amount.Minor : 0));
    }

    [Fact]
    public void D8_a_refund_of_a_sale_that_earned_nothing_reverses_nothing()
    {
        var world = new ReferralWorld(Percent(10_00).Over(500_00));
        world.Send(Sale(100_00).Named("s"));
        var refund = world.Send(Refund("s"));

        Assert.Equal((ActionStatus.Reversed, DecisionCode.NothingToTakeBack), (refund.Status, refund.Code));
        Assert.Null(refund.Only.Reward);
        Assert.Empty(world.Postings());
    }

    // A sale of a thousand rewards once took the cube of them: each decision looked at the record of all.
    [Fact]
    public void A_refund_costs_what_its_sale_has_rewards()
    {
        long Cost(int tiers)
        {
            var world = new ReferralWorld([.. Enumerable.Range(0, 10).Select(_ => Tiered([.. Enumerable.Range(0, tiers).Select(_ => Spent(0, null, 100))]).Held(30))]);
            world.Send(Sale(1_000_00).Named("s"));
            world.Send(Refund("s", 10_00));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var refund = world.Send(Refund("s", 10_00));
            Assert.Equal(10 * tiers, refund.Outcome!.Decisions.Length);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.InRange(Cost(tiers: 100), 1, 15 * Cost(tiers: 10));
    }
}
