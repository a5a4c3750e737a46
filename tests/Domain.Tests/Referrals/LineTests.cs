using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>Sales with lines, of which a rule rewards some (X2).</summary>
public class LineTests
{
    private static readonly Draft TwoLines = Sale(null).With(new("a", 30_00), new("b", 70_00)).Named("s");

    [Fact]
    public void X2_only_the_matching_lines_are_rewarded() => Assert.Equal(3_00, new ReferralWorld(Percent(10_00).For("a")).Send(TwoLines).Minor);

    [Fact]
    public void X2_refunds_without_lines_count_on_what_those_with_lines_leave()
    {
        var world = new ReferralWorld(Percent(10_00).For("a"));
        world.Send(TwoLines);

        Assert.Equal(-1_50, world.Send(Refund("s", 50_00)).Minor);
        Assert.Equal(-1_50, world.Send(Refund("s").With(new SoldLine("a", 30_00))).Minor);
        Assert.Equal(0, world.Enrollment().NetMinor);
    }

    // 10.00 of line A, and of the other 30.00 what the rest of A is in the rest of the sale: 10 + 30 × 20 ÷ 90 = 16.67 of its 30.
    [Fact]
    public void X2_other_refunds_are_spread_over_what_is_left_of_each_line()
    {
        var world = new ReferralWorld(Percent(10_00).For("a"));
        world.Send(TwoLines);

        Assert.Equal(-1_00, world.Send(Refund("s").With(new SoldLine("a", 10_00))).Minor);
        Assert.Equal(-67, world.Send(Refund("s", 30_00)).Minor);
    }

    [Fact]
    public void X2_a_refund_of_another_line_takes_nothing()
    {
        var world = new ReferralWorld(Percent(10_00).For("a"));
        world.Send(TwoLines);

        Assert.Equal(0, world.Send(Refund("s").With(new SoldLine("b", 70_00))).Minor);
        Assert.Equal(-1_50, world.Send(Refund("s", 15_00)).Minor);
    }

    // Both rules read one history: what a refund by line takes from a rule of the whole sale is what it says.
    [Fact]
    public void X2_a_rule_of_the_whole_sale_loses_what_was_refunded_wherever()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(TwoLines);

        Assert.Equal(-3_00, world.Send(Refund("s").With(new SoldLine("a", 30_00))).Minor);
        Assert.Equal(-7_00, world.Send(Refund("s")).Minor);
    }

    [Fact]
    public void X2_what_goes_over_a_line_counts_on_the_others()
    {
        var world = new ReferralWorld(Percent(10_00).For("a"), Percent(10_00).For("b"));
        world.Send(TwoLines);
        world.Send(Refund("s").With(new SoldLine("a", 65_00)));

        Assert.Equal([0, 3_50], [world.Enrollment(1).NetMinor, world.Enrollment(2).NetMinor]);
    }

    [Fact]
    public void X2_excluded_products_are_not_rewarded_and_what_has_no_product_is()
    {
        var world = new ReferralWorld(Percent(10_00).Without("a"));

        Assert.Equal(8_00, world.Send(Sale(110_00).With(new("a", 30_00), new("b", 70_00))).Minor);
        Assert.Equal(1_00, world.Send(Sale(40_00).With(new SoldLine("a", 30_00))).Minor);
        Assert.Equal(DecisionCode.Product, world.Send(Sale(null).With(new SoldLine("a", 30_00))).Code);
    }

    [Theory]
    [InlineData("a", DecisionCode.Product)]
    [InlineData("a,b", DecisionCode.Rewarded)]
    [InlineData("", DecisionCode.Rewarded)]
    public void X2_without_lines_an_action_is_excluded_if_all_of_its_products_are(string products, DecisionCode code) =>
        Assert.Equal(code, new ReferralWorld(Percent(10_00).Without("a")).Send(Sale(100_00).Buying(products.Split(',', StringSplitOptions.RemoveEmptyEntries))).Code);

    [Fact]
    public void X2_a_fixed_reward_is_paid_once_if_any_line_matches()
    {
        var world = new ReferralWorld(Fixed(5_00).For("a", "b"));

        Assert.Equal(5_00, world.Send(TwoLines).Minor);
        Assert.Equal(DecisionCode.Product, world.Send(Sale(10_00).With(new SoldLine("c", 5_00))).Code);
    }

    [Fact]
    public void X2_threshold_and_tally_read_the_whole_sale()
    {
        var world = new ReferralWorld(Tiered(SpentShare(100_00, 100_00, 10_00)).For("a").Over(99_99));

        Assert.Equal(3_00, world.Send(TwoLines).Minor);
        Assert.Equal(100_00, world.Tally.ValueMinor);
    }

    [Fact]
    public void X2_bases_of_lines_add_up_to_the_base_of_the_sale()
    {
        var world = new ReferralWorld(Percent(10_00).For("a"), Percent(10_00));
        var sent = world.Send(Sale(null).With(new("a", 30_00, 25_00), new("b", 70_00, 50_00)));

        Assert.Equal([2_50, 7_50], sent.Outcome!.Decisions.Select(decision => decision.Minor));
    }

    // A third of 1.00 is 33.33 pence, of which 1 % is 0.33: rounded once, it never was 0.33 of 33.
    [Theory]
    [InlineData(120_00, 100_00, 30_00, 10_00, 2_50)]
    [InlineData(3_00, 1_00, 1_00, 10_00, 3)]
    [InlineData(6_90, 1_03, 2_30, 10_00, 3)] // 34.33: half a penny below 3.5 stays below
    [InlineData(6, 5, 3, 20_00, 1)] // 2.5 × 20 % is 0.5, and half goes away from zero
    public void X2_a_base_is_spread_over_lines_by_amount_and_rounded_once(long amount, long earning, long line, int basisPoints, long reward) =>
        Assert.Equal(reward, new ReferralWorld(Percent(basisPoints).For("a")).Send(Sale(amount).Earning(earning).With(new SoldLine("a", line))).Minor);

    [Fact]
    public void X2_points_of_lines_are_rounded_down() =>
        Assert.Equal(3, new ReferralWorld(Points(1, 1_00).For("a")).Send(Sale(10_00).With(new("a", 3_99), new("b", 6_01))).Minor);

    [Fact]
    public void X2_the_largest_amounts_do_not_overflow()
    {
        const long Most = 10_000_000_000_000;
        var world = new ReferralWorld(Points(Most, Most).For("a"), Percent(100_00).For("a"));
        var sent = world.Send(Sale(Most).Earning(Most - 1).With(new("a", Most - 3), new("b", 3)).Named("s"));
        Assert.Equal([Most - 4, Most - 4], sent.Outcome!.Decisions.Select(decision => decision.Minor));

        world.Send(Refund("s").With(new SoldLine("b", 3)));
        world.Send(Refund("s"));
        Assert.All(world.State().Enrollments, enrollment => Assert.Equal(0, enrollment.NetMinor));
    }

    [Fact]
    public void X2_on_a_sale_without_lines_those_of_a_refund_are_ignored_and_that_is_explained()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        var refund = world.Send(Refund("s").With(new SoldLine("a", 30_00)));

        Assert.Equal(-3_00, refund.Minor);
        Assert.Contains("It names lines and its sale has none, so it counts on the sale as a whole.", refund.Lines(world.Program));
    }

    [Fact]
    public void X2_a_failed_refund_gives_its_lines_back()
    {
        var world = new ReferralWorld(Percent(10_00).For("a"));
        world.Send(TwoLines);
        world.Send(Refund("s").With(new("b", 35_00), new("a", 30_00)).Named("r"));
        Assert.Equal(0, world.Enrollment().NetMinor);

        Assert.Equal(1_00, world.Send(Failed("r", 10_00)).Minor);
        Assert.Equal(2_00, world.Send(Failed("r")).Minor);
        Assert.Equal(3_00, world.Enrollment().NetMinor);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void X2_whatever_is_refunded_never_more_is_taken_than_was_given_and_all_of_it_in_the_end(int seed)
    {
        var random = new Random(seed);
        var world = new ReferralWorld(Percent(33_33).For("a"), Percent(12_34).Without("a"), Percent(10_00), Points(3, 7).For("b", "c"));
        SoldLine[] lines = [new("a", random.Next(50_00)), new("b", random.Next(50_00)), new("c", random.Next(3)), new("a", random.Next(9))];
        var amount = lines.Sum(line => line.AmountMinor) + random.Next(20) + 1;
        var given = world.Send(Sale(amount).Earning(random.NextInt64(amount)).With(lines).Named("s")).Outcome!.Decisions.Select(decision => decision.Minor).ToList();
        for (var i = 0; i < 8; i++)
        {
            var part = random.NextInt64(1, amount + 1);
            world.Send(random.Next(2) == 0 ? Refund("s", part) : Refund("s", part).With(new SoldLine("abcd"[random.Next(4)].ToString(), random.NextInt64(part))));
            for (var n = 0; n < given.Count; n++) Assert.InRange(world.Enrollment(n + 1).NetMinor, 0, given[n]);
        }

        world.Send(Refund("s", amount));
        Assert.All(world.State().Enrollments, enrollment => Assert.Equal(0, enrollment.NetMinor));
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 50)];
}
