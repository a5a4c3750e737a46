using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>Rates that change with the n-th reward or with months since approval (X3).</summary>
public class StepTests
{
    [Fact]
    public void X3_the_rate_changes_with_the_nth_reward()
    {
        var world = new ReferralWorld(Percent(0).Stepping(UntilCount(3, 40_00), UntilCount(null, 20_00)));

        Assert.Equal([40_00, 40_00, 40_00, 20_00, 20_00], Enumerable.Range(1, 5).Select(_ => world.Send(Sale(100_00)).Minor));
    }

    [Fact]
    public void X3_what_is_no_reward_is_not_counted_and_a_reversal_never_moves_a_step_back()
    {
        var world = new ReferralWorld(Percent(0).Stepping(UntilCount(2, 40_00), UntilCount(null, 20_00)));
        world.Send(Sale(0));
        Assert.Equal(40_00, world.Send(Sale(100_00).Named("s")).Minor);
        world.Send(Refund("s"));

        Assert.Equal([40_00, 20_00], [world.Send(Sale(100_00)).Minor, world.Send(Sale(100_00)).Minor]);
    }

    // Approved at midnight in London, in winter: three months later the clocks have gone forward.
    [Theory]
    [InlineData("2026-03-31T22:59:59Z", 40_00)]
    [InlineData("2026-03-31T23:00:00Z", 20_00)]
    [InlineData("2026-12-31T23:59:59Z", 20_00)]
    [InlineData("2027-01-01T00:00:00Z", 10_00)]
    public void X3_D15_the_rate_changes_with_the_months_since_approval_in_the_programs_zone(string occurredAt, long reward)
    {
        var world = new ReferralWorld(Percent(0).Stepping(UntilMonths(3, 40_00), UntilMonths(12, 20_00), UntilMonths(null, 10_00))) { Now = Start.AddYears(2) };

        Assert.Equal(reward, world.Send(Sale(100_00).At(DateTimeOffset.Parse(occurredAt))).Minor);
    }

    [Fact]
    public void X3_a_step_may_be_an_amount()
    {
        var world = new ReferralWorld(Fixed(1_00).Stepping(new(1, null, AmountMinor: 50_00), new(2, null), new(null, null, BasisPoints: 10_00)));

        Assert.Equal([50_00, 1_00, 3_00], Enumerable.Range(1, 3).Select(_ => world.Send(Sale(30_00)).Minor));
    }

    [Fact]
    public void D20_the_step_is_explained()
    {
        var world = new ReferralWorld(Percent(0).Stepping(UntilCount(1, 40_00), UntilCount(null, 20_00)));

        Assert.Contains("Step 1 of 2, up to reward 1: this is reward 1.", world.Send(Sale(100_00)).Lines(world.Program));
        var second = world.Send(Sale(100_00)).Lines(world.Program);
        Assert.Contains("Step 2 of 2, which has no end.", second);
        Assert.Contains("20.00 % of 100.00 GBP is 20.00 GBP, which needs no rounding.", second);
    }
}
