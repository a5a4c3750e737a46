using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Explanations;

public class BecauseRewardTests
{
    [Fact]
    public void D20_a_reward_is_explained_line_by_line()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(100_00).Within(365).Held(30));
        world.Send(Sale(50_00));

        Assert.Equal(
            [
                "Rule rule1, version 1.",
                "Conditions met: it occurred at 2026-01-02 00:00:00Z, within 365 days of approval at 2026-01-01 00:00:00Z.",
                "10.00 % of 139.12 GBP is 13.91 GBP, rounded half away from zero.",
                "Net 5.00 GBP before, 18.91 GBP after, of at most 100.00 GBP.",
                "Held for 30 days from when it was unlocked, until 2026-02-01 00:00:00Z.",
            ],
            world.Send(Sale(139_12)).Lines(world.Program));
    }

    [Fact]
    public void D20_each_condition_is_shown_with_the_value_that_it_saw()
    {
        var world = Empty(
            Tiered(Spent(0, 99_99, 1_00), Spent(100_00, 200_00, 2_00)).Over(50_00).For("gold").Granted()
                .WhereReferrer(TagCondition.Any).WhereReferee(TagCondition.None).Between(Start, Start.AddDays(9)));
        world.Referrer = world.Referrer with { Tags = ["vip"], Granted = [new(world.Program.Stream, 1)] };
        var lines = world.Refer(Anna).Send(Sale(150_00).Buying("gold")).Lines(world.Program);

        Assert.Equal(
            "Conditions met: it occurred at 2026-01-01 00:00:00Z, within the event dates from 2026-01-01 00:00:00Z until before 2026-01-10 00:00:00Z; "
            + "the referrer was granted this rule; the referrer has 1 tag, at least one being needed; the referee has no tags, none being allowed; "
            + "the amount 150.00 GBP exceeds 50.00 GBP; product gold is one that the rule rewards; "
            + "the referrer's tally 150.00 GBP is in tier 2, 100.00 GBP to 200.00 GBP.",
            lines[1]);
        Assert.Equal(["A fixed 2.00 GBP, whatever the amount is.", "Payable at once."], lines.Skip(2));
    }

    [Fact]
    public void D20_a_rule_without_conditions_or_caps_takes_three_lines()
    {
        var world = new ReferralWorld(Percent(12_34));

        Assert.Equal(
            ["Rule rule1, version 1.", "12.34 % of 100.00 GBP is 12.34 GBP, which needs no rounding.", "Payable at once."],
            world.Send(Sale(100_00)).Lines(world.Program));
    }

    [Fact]
    public void D20_points_are_explained_as_rounded_down()
    {
        var world = new ReferralWorld(Points(3, 10_00));

        Assert.Contains("3 points for each 10.00 GBP of 139.12 GBP is 41 points, rounded down.", world.Send(Sale(139_12)).Lines(world.Program));
    }

    [Fact]
    public void D20_a_count_cap_and_a_clamped_amount_are_shown_before_and_after()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(15_00).Times(3));
        world.Send(Sale(100_00));

        Assert.Contains(
            "Reward 2 of at most 3. Net 10.00 GBP before, 15.00 GBP after, of at most 15.00 GBP: clamped to the 5.00 GBP that were left.",
            world.Send(Sale(100_00)).Lines(world.Program));
    }

    [Fact]
    public void D20_a_tier_by_count_speaks_of_referrals()
    {
        var world = new ReferralWorld(Tiered(Referees(1, null, 5_00)));

        Assert.Contains("the referrer's tally 1 referral is in tier 1, 1 referral and more", world.Send(Sale(1)).Lines(world.Program)[1], StringComparison.Ordinal);
    }

    [Fact]
    public void D20_a_rate_of_a_tier_is_the_tier_s()
    {
        var world = new ReferralWorld(Tiered(SpentShare(0, null, 7_50)));

        Assert.Contains("7.50 % of 100.00 GBP is 7.50 GBP, which needs no rounding.", world.Send(Sale(100_00)).Lines(world.Program));
    }

    [Fact]
    public void D20_a_conversion_value_is_called_so()
    {
        var world = Empty(Percent(10_00).OfConversion().Over(50_00)).Refer(Anna, conversionValue: 300_00);
        var lines = world.Send(Sale(1)).Lines(world.Program);

        Assert.Equal(
            ["Conditions met: the conversion value 300.00 GBP exceeds 50.00 GBP.", "10.00 % of 300.00 GBP is 30.00 GBP, which needs no rounding."],
            lines.Skip(1).Take(2));
    }

    [Theory]
    [InlineData(HoldMode.None, 0, false, "Payable at once.")]
    [InlineData(HoldMode.Days, 5, false, "Held for 5 days from when it was unlocked, until 2026-01-16 00:00:00Z.")]
    [InlineData(HoldMode.Days, 5, true, "Payable at once: its 5 days from when the action occurred were over at 2026-01-07 00:00:00Z.")]
    [InlineData(HoldMode.Days, 20, true, "Held for 20 days from when the action occurred, until 2026-01-22 00:00:00Z.")]
    [InlineData(HoldMode.Manual, 0, false, "Held until somebody releases it.")]
    [InlineData(HoldMode.Manual, 5, false, "Held until somebody releases it, expected after 5 days at 2026-01-16 00:00:00Z.")]
    public void D20_the_hold_says_until_when(HoldMode mode, int days, bool fromOccurred, string line)
    {
        var world = new ReferralWorld(Fixed(5_00) with { Hold = new(mode, days, fromOccurred) }) { Now = Start.AddDays(10) };

        Assert.Equal(line, world.Send(Sale(1).At(Start.AddDays(1))).Lines(world.Program)[^1]);
    }

    [Fact]
    public void D20_an_adjusted_enrollment_is_explained_by_its_own_terms()
    {
        var world = new ReferralWorld(Percent(10_00));
        Adjust(world, new(Reward: Percent(20_00).Reward));
        world.Send(Sale(100_00).Named("s"));
        Assert.Equal(
            ["Rule rule1, version 1, adjusted for this enrollment only.", "20.00 % of 100.00 GBP is 20.00 GBP, which needs no rounding."],
            world.Send(Sale(100_00).Named("s")).Lines(world.Program).Take(2));

        Adjust(world, new(Reward: Percent(30_00).Reward));
        Assert.Equal(
            [
                "Rule rule1, version 1, with an adjustment of this enrollment that has been replaced since.",
                "It gave 20.00 GBP, before the cap 20.00 GBP.",
            ],
            world.Send(Sale(100_00).Named("s")).Lines(world.Program));
    }

    [Fact]
    public void D20_an_old_decision_keeps_the_version_and_terms_that_it_was_made_under()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Publish(Percent(50_00), rule: 1);
        Adjust(world, new(Reward: Percent(30_00).Reward));

        Assert.Equal(
            ["Rule rule1, version 1.", "10.00 % of 100.00 GBP is 10.00 GBP, which needs no rounding."],
            world.Send(Sale(100_00).Named("s")).Lines(world.Program).Take(2));
    }

    private static void Adjust(ReferralWorld world, Adjustment adjustment) => Assert.IsType<Decision.Accepted>(
        world.Turn(Anna, turn => ReferralCommands.Adjust(turn, 1, world.Enrollment().AdjustedBy, adjustment, "why", "ada")));
}
