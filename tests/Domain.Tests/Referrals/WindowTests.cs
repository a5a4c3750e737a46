using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>When an action has to have occurred.</summary>
public class WindowTests
{
    [Theory]
    [InlineData(-1, DecisionCode.BeforeApproval)]
    [InlineData(0, DecisionCode.Rewarded)]
    public void V7_what_occurred_before_approval_earns_nothing(int seconds, DecisionCode code) =>
        Assert.Equal(code, new ReferralWorld(Fixed(5_00)).Send(Sale(1).At(Start.AddSeconds(seconds))).Code);

    [Theory]
    [InlineData(0, DecisionCode.Rewarded)]
    [InlineData(30 * 86_400 - 1, DecisionCode.Rewarded)]
    [InlineData(30 * 86_400, DecisionCode.WindowClosed)]
    public void D4_days_after_approval_are_half_open(int seconds, DecisionCode code)
    {
        var world = new ReferralWorld(Fixed(5_00).Within(30)) { Now = Start.AddDays(100) };

        Assert.Equal(code, world.Send(Sale(1).At(Start.AddSeconds(seconds))).Code);
    }

    [Theory]
    [InlineData(9, 24 * 60 - 1, DecisionCode.OutsideEventRange)]
    [InlineData(10, 0, DecisionCode.Rewarded)]
    [InlineData(19, 24 * 60 - 1, DecisionCode.Rewarded)]
    [InlineData(20, 0, DecisionCode.OutsideEventRange)]
    public void R6_an_event_range_holds_its_first_instant_and_not_its_last(int day, int minutes, DecisionCode code)
    {
        var world = new ReferralWorld(Fixed(5_00).Between(Start.AddDays(10), Start.AddDays(20))) { Now = Start.AddDays(100) };

        Assert.Equal(code, world.Send(Sale(1).At(Start.AddDays(day).AddMinutes(minutes))).Code);
    }

    [Theory]
    [InlineData(12, DecisionCode.Rewarded)]
    [InlineData(17, DecisionCode.WindowClosed)]
    [InlineData(5, DecisionCode.OutsideEventRange)]
    public void R6_both_windows_hold_where_both_are_set(int day, DecisionCode code)
    {
        var world = new ReferralWorld(Fixed(5_00).Within(15).Between(Start.AddDays(10), Start.AddDays(20))) { Now = Start.AddDays(100) };

        Assert.Equal(code, world.Send(Sale(1).At(Start.AddDays(day))).Code);
    }

    [Theory]
    [InlineData(true, 50)]
    [InlineData(false, 5)]
    public void R6_either_end_of_the_range_may_be_open(bool openEnd, int day)
    {
        var rule = Fixed(5_00).Between(openEnd ? Start.AddDays(10) : null, openEnd ? null : Start.AddDays(10));
        var world = new ReferralWorld(rule) { Now = Start.AddDays(100) };

        Assert.Equal(DecisionCode.Rewarded, world.Send(Sale(1).At(Start.AddDays(day))).Code);
        Assert.Equal(DecisionCode.OutsideEventRange, world.Send(Sale(1).At(Start.AddDays(openEnd ? 9 : 11))).Code);
    }

    [Fact]
    public void D3_the_window_looks_at_when_it_occurred_and_the_cap_at_when_it_arrived()
    {
        var world = new ReferralWorld(Fixed(5_00).Within(30).Times(1)) { Now = Start.AddDays(100) };
        var later = world.Send(Sale(1).At(Start.AddDays(20)));
        var earlier = world.Send(Sale(1).At(Start.AddDays(10)));

        Assert.Equal([DecisionCode.Rewarded, DecisionCode.CountCap], [later.Code, earlier.Code]);
    }

    [Fact]
    public void D4_a_window_is_compared_as_instants_whatever_the_offset()
    {
        var world = new ReferralWorld(Fixed(5_00).Within(30)) { Now = Start.AddDays(100) };
        var inKolkata = Start.AddDays(30).ToOffset(TimeSpan.FromMinutes(330));

        Assert.Equal(DecisionCode.WindowClosed, world.Send(Sale(1).At(inKolkata)).Code);
        Assert.Equal(DecisionCode.Rewarded, world.Send(Sale(1).At(inKolkata.AddSeconds(-1))).Code);
    }

    [Fact]
    public void D17_an_approval_in_the_past_only_anchors_windows()
    {
        var world = Empty(Fixed(5_00).Within(30)).Refer(Anna, approvedAt: Start.AddDays(-20));
        world.Now = Start.AddDays(20);

        Assert.Equal(DecisionCode.Rewarded, world.Send(Sale(1).At(Start.AddDays(-20))).Code);
        Assert.Equal(DecisionCode.BeforeApproval, world.Send(Sale(1).At(Start.AddDays(-21))).Code);
        Assert.Equal(DecisionCode.WindowClosed, world.Send(Sale(1).At(Start.AddDays(10))).Code);
    }
}
