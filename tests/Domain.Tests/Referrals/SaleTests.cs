using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>What a sale is worth: percentages, fixed amounts, points.</summary>
public class SaleTests
{
    [Fact]
    public void V3_V4_every_later_order_is_rewarded_its_share_without_a_code()
    {
        var world = new ReferralWorld(Percent(10_00));

        Assert.Equal([10_00, 20_00, 30_00], new long[] { 100_00, 200_00, 300_00 }.Select(amount => world.Send(Sale(amount)).Minor));
        Assert.All(Enumerable.Range(1, 3), i => Assert.Equal(ActionStatus.Rewarded, world.Outcome(new($"a{i}")).Status));
    }

    [Fact]
    public void D20_a_sale_that_no_enrollment_decides_says_so()
    {
        var without = ReferralWorld.Empty().Refer(ReferralWorld.Anna);
        var sold = without.Send(Sale(100_00)).Outcome!;
        Assert.Equal((ActionStatus.NotRewarded, DecisionCode.NotEnrolled), (sold.Status, sold.Reason));

        var ended = new ReferralWorld(Percent(10_00));
        ended.Turn(ReferralWorld.Anna, turn => ReferralCommands.Delete(turn, 1, "why", "ada"));
        Assert.Equal(DecisionCode.NotEnrolled, ended.Send(Sale(100_00)).Outcome!.Reason);
    }

    [Theory]
    [InlineData(49_00, 30_00, 14_70)]
    [InlineData(100_00, 30_00, 30_00)]
    [InlineData(99, 30_00, 30)]            // 29.7
    [InlineData(45, 10_00, 5)]             // 4.5
    [InlineData(44, 10_00, 4)]
    [InlineData(100_00, 1, 1)]             // a hundredth of a percent
    [InlineData(100_00, 150_00, 150_00)]
    public void R2_a_percentage_is_of_what_was_spent(long amount, int basisPoints, long reward)
    {
        var sent = new ReferralWorld(Percent(basisPoints)).Send(Sale(amount));

        Assert.Equal(reward, sent.Minor);
        Assert.Equal(Gbp, sent.Only.Asset);
    }

    [Theory]
    [InlineData(1L)]
    [InlineData(1_000_000L)]
    [InlineData(0L)]
    [InlineData(null)]
    public void R2_the_amount_does_not_matter_to_a_fixed_reward(long? amount) =>
        Assert.Equal(5_00, new ReferralWorld(Fixed(5_00)).Send(Sale(amount)).Minor);

    [Theory]
    [InlineData(99, 0)]
    [InlineData(1_00, 1)]
    [InlineData(1_99, 1)]
    [InlineData(139_12, 139)]
    public void V5_points_are_whole_and_rounded_down(long amount, long points)
    {
        var sent = new ReferralWorld(Points(1, 1_00)).Send(Sale(amount));

        Assert.Equal(points, sent.Minor);
        Assert.Equal(points == 0 ? DecisionCode.ZeroReward : DecisionCode.Rewarded, sent.Code);
    }

    [Fact]
    public void V5_points_are_given_in_their_ratio() =>
        Assert.Equal(41, new ReferralWorld(Points(3, 10_00)).Send(Sale(139_12)).Minor);

    [Theory]
    [InlineData("JPY", 139, 14)]           // 13.9 yen: no decimals
    [InlineData("KWD", 1_005, 101)]        // 1.005 dinars: 100.5 fils
    [InlineData("GBP", 1_05, 11)]
    public void D1_a_reward_is_rounded_to_its_currency_s_minor_unit(string currency, long amount, long reward)
    {
        var world = ReferralWorld.InCurrency(currency, Percent(10_00).Giving("cash", Asset.Cash(currency))).Refer(ReferralWorld.Anna);
        var sent = world.Send(Sale(amount));

        Assert.Equal(reward, sent.Minor);
        Assert.Equal(currency, sent.Only.Asset!.Value.Name);
    }

    [Fact]
    public void D5_zero_is_a_decision_and_no_reward()
    {
        var world = new ReferralWorld(Percent(10_00).Times(1));
        var zero = world.Send(Sale(0));

        Assert.Equal((ActionStatus.NotRewarded, DecisionCode.ZeroReward), (zero.Status, zero.Code));
        Assert.Null(zero.Only.Reward);
        Assert.Equal(0, world.Enrollment().Count);
        Assert.Empty(world.Postings());
        Assert.Equal(10_00, world.Send(Sale(100_00)).Minor);
    }

    [Fact]
    public void H8_a_missing_amount_makes_a_percentage_zero_with_that_reason()
    {
        var world = new ReferralWorld(Percent(10_00), Points(1, 1_00), Fixed(5_00));
        var sent = world.Send(Sale(null));

        Assert.Equal([DecisionCode.AmountMissing, DecisionCode.AmountMissing, DecisionCode.Rewarded], sent.Codes);
        Assert.Equal(5_00, sent.Minor);
    }

    [Fact]
    public void H8_a_custom_item_is_an_asset_like_any_other()
    {
        var world = new ReferralWorld(Fixed(1).Giving("custom", new("item:mug")), Fixed(2).Giving("free_service", new("service:month")));
        var sent = world.Send(Sale(100_00));

        Assert.Equal(["item:mug", "service:month"], sent.Outcome!.Decisions.Select(decision => decision.Asset!.Value.Name));
        Assert.Equal([1, 2], sent.Outcome.Decisions.Select(decision => decision.Minor));
    }

    [Theory]
    [InlineData(300_00L, 1L, 30_00L)]
    [InlineData(300_00L, null, 30_00L)]    // the action's own amount is not needed
    public void H8_a_percentage_may_be_of_the_referral_s_conversion_value(long? conversion, long? amount, long reward)
    {
        var world = ReferralWorld.Empty(Percent(10_00).OfConversion()).Refer(ReferralWorld.Anna, conversionValue: conversion);

        Assert.Equal(reward, world.Send(Sale(amount)).Minor);
    }

    [Fact]
    public void H8_a_missing_conversion_value_makes_the_percentage_zero()
    {
        var world = ReferralWorld.Empty(Percent(10_00).OfConversion()).Refer(ReferralWorld.Anna);

        Assert.Equal(DecisionCode.AmountMissing, world.Send(Sale(100_00)).Code);
    }

    [Fact]
    public void R3_approval_alone_rewards_nothing()
    {
        var world = new ReferralWorld(Fixed(5_00));

        Assert.Empty(world.Postings());
        Assert.All(world.Journal.All, e => Assert.True(e is ReferralAttributed or ReferralApproved));
    }

    [Fact]
    public void R1_one_action_is_decided_once_for_every_enrollment()
    {
        var world = new ReferralWorld(Percent(10_00), Fixed(5_00), Points(1, 1_00).Over(1_000_00));
        var sent = world.Send(Sale(100_00));

        Assert.Equal([10_00, 5_00, 0], sent.Outcome!.Decisions.Select(decision => decision.Minor));
        Assert.Equal([1, 2, 3], sent.Outcome.Decisions.Select(decision => decision.Enrollment));
        Assert.Single(world.Journal.All.OfType<SaleDecided>());
    }

    [Fact]
    public void D2_an_action_in_another_currency_is_not_rewarded()
    {
        var world = new ReferralWorld(Percent(10_00), Fixed(5_00));

        Assert.Equal([DecisionCode.CurrencyMismatch, DecisionCode.CurrencyMismatch], world.Send(Sale(100_00).In("USD")).Codes);
        Assert.Equal(15_00, world.Send(Sale(100_00).In("GBP")).Minor);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void D3_more_than_five_minutes_in_the_future_is_refused(int minutes, bool taken)
    {
        var world = new ReferralWorld(Percent(10_00));
        var sent = world.Send(Sale(100_00).At(world.Now.AddMinutes(minutes)));

        if (taken) Assert.Equal(10_00, sent.Minor);
        else Assert.Equal((RefusalKind.Senseless, "occurred_in_future", Field.OccurredAt), (sent.Refusal.Kind, sent.Refusal.Code, sent.Refusal.Field));
    }

    [Fact]
    public void V6_providers_percentages_and_mechanics_are_data()
    {
        var world = new ReferralWorld(
            Percent(12_50),
            Percent(5_00).Giving("credit", Asset.Credit("GBP")).For("gold"),
            Tiered(SpentShare(0, 99_99, 1_00), SpentShare(100_00, null, 2_00)));

        Assert.Equal([12_50, 5_00, 2_00], world.Send(Sale(100_00).Buying("gold")).Outcome!.Decisions.Select(decision => decision.Minor));
    }
}
