using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>What an admin changes on one enrollment only.</summary>
public class AdjustmentTests
{
    [Fact]
    public void R10_an_adjustment_changes_one_enrollment_only()
    {
        var world = new ReferralWorld(Percent(10_00), Percent(10_00)).Refer("bert");
        Adjust(world, new(Reward: Percent(20_00).Reward, Limits: new(MaxAmountMinor: 15_00), Conditions: Percent(1).Over(50_00).Conditions));

        Assert.Equal([15_00, 10_00], world.Send(Sale(100_00)).Outcome!.Decisions.Select(decision => decision.Minor));
        Assert.Equal([DecisionCode.BelowThreshold, DecisionCode.Rewarded], world.Send(Sale(50_00)).Codes);
        Assert.Equal([10_00, 10_00], world.Send(Sale(100_00).By("bert")).Outcome!.Decisions.Select(decision => decision.Minor));
    }

    [Fact]
    public void R10_what_an_adjustment_leaves_out_follows_the_pinned_terms()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(15_00).Over(1_00).Held(30));
        Adjust(world, new(Hold: Hold.None));

        Assert.Equal([RewardStatus.Released, RewardStatus.Released], new[] { world.Send(Sale(100_00)).Only.State, world.Send(Sale(100_00)).Only.State });
        Assert.Equal([DecisionCode.BelowThreshold, DecisionCode.AmountCap], [world.Send(Sale(1_00)).Code, world.Send(Sale(1_01)).Code]);
    }

    [Fact]
    public void R10_payout_settings_are_of_later_rewards()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        world.Send(Sale(100_00).Named("s"));
        Adjust(world, new(Hold: new(HoldMode.Manual)));
        var later = world.Send(Sale(100_00));

        Assert.Null(later.Only.ReleaseAt);
        Assert.Equal(Start.AddDays(31), world.Outcome(new("s")).Decisions[0].ReleaseAt);
    }

    [Fact]
    public void R10_a_lower_cap_takes_nothing_back()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00));
        Adjust(world, new(Limits: new(MaxAmountMinor: 5_00)));

        Assert.Equal(DecisionCode.AmountCap, world.Send(Sale(1_00)).Code);
        Assert.Equal(10_00, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D17_an_adjustment_has_an_author_a_reason_and_a_time()
    {
        var world = new ReferralWorld(Percent(10_00));
        Adjust(world, new(Hold: Hold.None));
        var recorded = Assert.Single(world.Journal.Of(world.Stream()), recorded => recorded.Event is EnrollmentAdjusted);

        Assert.Equal(("ada", "a good customer", world.Now), (((EnrollmentAdjusted)recorded.Event).By, ((EnrollmentAdjusted)recorded.Event).Reason, recorded.At));
        Assert.Equal(recorded.Seq, world.Enrollment().AdjustedBy);
        Assert.Equal(recorded.Seq, world.Send(Sale(1_00)).Only.Seen!.AdjustedBy);
    }

    [Fact]
    public void R10_two_who_adjust_at_the_same_time_do_not_overwrite_each_other()
    {
        var world = new ReferralWorld(Percent(10_00));
        Adjust(world, new(Hold: Hold.None));
        var stale = world.Turn(Anna, turn => ReferralCommands.Adjust(turn, 1, 0, new(), "mine", "bob"));

        Assert.Equal((RefusalKind.Conflict, "changed_meanwhile"), Why(stale));
    }

    [Fact]
    public void R14_another_asset_is_for_new_referrals_only()
    {
        var world = new ReferralWorld(Percent(10_00));
        var adjusted = world.Turn(Anna, turn => ReferralCommands.Adjust(turn, 1, 0, new(Reward: Points(1, 1_00).Reward), "points", "ada"));
        Assert.Equal((RefusalKind.Senseless, "other_asset"), Why(adjusted));

        world.Publish(Points(1, 1_00), rule: 1);
        world.Refer("bert");
        Assert.Equal(Gbp, world.Send(Sale(100_00)).Only.Asset);
        Assert.Equal(Asset.Points, world.Send(Sale(100_00).By("bert")).Only.Asset);
    }

    [Fact]
    public void R14_a_changed_type_of_reward_is_for_new_referrals_only_and_all_move_by_joining_another_rule()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Publish(Fixed(7_00), rule: 1);
        world.Refer("bert");
        Assert.Equal([10_00, 7_00], new[] { Anna, "bert" }.Select(referee => world.Send(Sale(100_00).By(referee)).Minor));

        world.Set(new(Enabled: false));
        world.Publish(Points(1, 1_00));
        foreach (var referee in (string[])[Anna, "bert"])
        {
            Assert.Equal([DecisionCode.RuleDisabled], world.Send(Sale(100_00).By(referee)).Codes);
            Assert.IsType<Decision.Accepted>(world.Turn(referee, turn => ReferralCommands.Join(turn, 2, "ada")));
            var sent = world.Send(Sale(100_00).By(referee));
            Assert.Equal([DecisionCode.RuleDisabled, DecisionCode.Rewarded], sent.Codes);
            Assert.Equal((100, Asset.Points), (sent.Minor, sent.Outcome!.Decisions[1].Asset));
        }

        Assert.Equal((17_00, 200), (world.Balance(AccountKind.Payable), world.Balance(AccountKind.Payable, Asset.Points)));
    }

    [Fact]
    public void R10_a_disabled_enrollment_rests_and_can_be_enabled_again()
    {
        var world = new ReferralWorld(Percent(10_00), Fixed(5_00));
        Assert.IsType<Decision.Accepted>(Switch(world, enabled: false));
        Assert.Equal([DecisionCode.EnrollmentDisabled, DecisionCode.Rewarded], world.Send(Sale(100_00)).Codes);

        Assert.IsType<Decision.Unchanged>(Switch(world, enabled: false));
        Assert.IsType<Decision.Accepted>(Switch(world, enabled: true));
        Assert.IsType<Decision.Unchanged>(Switch(world, enabled: true));
        Assert.Equal([DecisionCode.Rewarded, DecisionCode.Rewarded], world.Send(Sale(100_00)).Codes);
    }

    [Fact]
    public void R10_a_deleted_enrollment_is_ended_for_good_and_its_history_stays()
    {
        var world = new ReferralWorld(Percent(10_00), Fixed(5_00));
        world.Send(Sale(100_00).Named("s"));
        Assert.IsType<Decision.Accepted>(Delete(world));
        Assert.IsType<Decision.Unchanged>(Delete(world));

        Assert.Equal(2, world.Send(Sale(100_00)).Only.Enrollment);
        Assert.Equal("enrollment_not_found", Why(Switch(world, enabled: true)).Code);
        Assert.Equal((10_00, 1), (world.Enrollment().NetMinor, world.Enrollment().Count));
        Assert.Equal(-10_00, world.Send(Refund("s")).Outcome!.Decisions[0].Minor);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(-1)]
    public void R10_an_enrollment_that_is_not_there_is_not_found(int number)
    {
        var world = new ReferralWorld(Percent(10_00));

        Assert.Equal(
            (RefusalKind.NotFound, "enrollment_not_found"),
            Why(world.Turn(Anna, turn => ReferralCommands.Delete(turn, number, "gone", "ada"))));
    }

    private static (RefusalKind Kind, string Code) Why(Decision decision) =>
        Assert.IsType<Decision.Refused>(decision).Why is var why ? (why.Kind, why.Code) : default;

    private static void Adjust(ReferralWorld world, Adjustment adjustment) => Assert.IsType<Decision.Accepted>(
        world.Turn(Anna, turn => ReferralCommands.Adjust(turn, 1, world.Enrollment().AdjustedBy, adjustment, "a good customer", "ada")));

    private static Decision Switch(ReferralWorld world, bool enabled) =>
        world.Turn(Anna, turn => ReferralCommands.Switch(turn, 1, enabled, "why", "ada"));

    private static Decision Delete(ReferralWorld world) => world.Turn(Anna, turn => ReferralCommands.Delete(turn, 1, "why", "ada"));
}
