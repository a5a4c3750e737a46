using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>Attribution, approval, and the terms that they pin.</summary>
public class ReferralTests
{
    // What was paid between them waits for the approval, or comes after it: it is the same sale (D3).
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void D6_D9_a_sale_between_attribution_and_approval_is_rewarded_and_counts_whenever_it_arrives(bool before)
    {
        var world = Empty(Tiered(Spent(0, null, 1_00)).Within(30));
        world.Attribute(Anna, null);
        var sale = Sale(10_00).At(Start.AddDays(1)).Named("s");
        world.Now = Start.AddDays(1);
        if (before) Assert.Equal(DecisionCode.ReferralPending, world.Send(sale).Code);
        world.Now = Start.AddDays(2);
        world.Turn(Anna, turn => ReferralCommands.Approve(turn, world.Now));
        if (!before) world.Send(sale);

        Assert.Equal((1_00, 10_00, 1), (world.Outcome(new("s")).Decisions[0].Minor, world.Tally.ValueMinor, world.Tally.Count));
        Assert.Equal(DecisionCode.BeforeApproval, world.Send(Sale(10_00).At(Start.AddTicks(-1))).Code);
    }

    [Fact]
    public void S8_the_first_sale_of_the_chain_is_the_first_above_zero_that_counts()
    {
        var world = new ReferralWorld(Percent(10_00));
        foreach (var none in new[] { Sale(null), Sale(0), Sale(10_00).In("USD"), Sale(10_00).At(Start.AddDays(-1)) }) world.Send(none);
        Assert.Null(world.State().Step(ChainStepKind.FirstSale));

        world.Send(Sale(10_00));
        Assert.Equal(world.State().Seq, world.State().Step(ChainStepKind.FirstSale)!.Value.Seq);
        world.Send(Sale(20_00));
        Assert.Equal(world.State().Seq - 1, world.State().Step(ChainStepKind.FirstSale)!.Value.Seq);
    }

    [Fact]
    public void V2_a_referee_is_linked_to_its_referrer_for_good()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Referrer = world.Referrer with { Stream = new(3), Id = new("rob") };
        var second = Assert.IsType<Decision.Refused>(world.Attribute(Anna, Start));

        Assert.Equal((RefusalKind.Conflict, "already_attributed"), (second.Why.Kind, second.Why.Code));
        Assert.Equal(2, world.State().Referrer.Value);
    }

    [Fact]
    public void V2_the_same_attribution_again_changes_nothing()
    {
        var world = new ReferralWorld(Percent(10_00));

        Assert.IsType<Decision.Unchanged>(world.Attribute(Anna, Start));
        Assert.IsType<Decision.Unchanged>(world.Turn(Anna, turn => ReferralCommands.Approve(turn, Start)));
        Assert.Single(world.State().Enrollments);
    }

    [Fact]
    public void D18_a_closed_referrer_attributes_nobody()
    {
        var world = Empty(Percent(10_00));
        world.Referrer = world.Referrer with { Closed = true };

        Assert.Equal("referrer_closed", Assert.IsType<Decision.Refused>(world.Attribute(Anna, Start)).Why.Code);
        Assert.Equal(ReferralStatus.None, world.State().Status);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void D3_an_approval_more_than_five_minutes_in_the_future_is_refused(int minutes, bool taken)
    {
        var decision = Empty(Percent(10_00)).Attribute(Anna, Start.AddMinutes(minutes));

        if (taken) Assert.IsType<Decision.Accepted>(decision);
        else Assert.Equal("approved_in_future", Assert.IsType<Decision.Refused>(decision).Why.Code);
    }

    [Fact]
    public void R1_approval_enrolls_in_every_rule_that_is_enabled_and_active()
    {
        var world = Empty(Percent(10_00));
        world.Publish(Fixed(1_00));
        world.Publish(Fixed(2_00), state: new(Enabled: false));
        world.Publish(Fixed(3_00), state: new(Enabled: true, From: Start.AddSeconds(1)));
        world.Publish(Fixed(4_00), state: new(Enabled: true, To: Start));
        world.Publish(Fixed(5_00), state: new(Enabled: true, From: Start, To: Start.AddSeconds(1)));
        world.Refer(Anna);

        Assert.Equal([(1, 1), (2, 2), (3, 6)], world.State().Enrollments.Select(enrollment => (enrollment.Number, enrollment.Rule)));
    }

    [Fact]
    public void D17_an_existing_referral_joins_a_new_rule_only_by_command_and_on_its_newest_version()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Publish(Fixed(1_00));
        world.Publish(Fixed(2_00), rule: 2);
        Assert.Single(world.Send(Sale(100_00)).Outcome!.Decisions);

        Assert.IsType<Decision.Accepted>(Join(world, 2));
        Assert.Equal([10_00, 2_00], world.Send(Sale(100_00)).Outcome!.Decisions.Select(decision => decision.Minor));
        Assert.Equal((2, 2), (world.Enrollment(2).Rule, world.Enrollment(2).Version));
        Assert.Equal(2_00, world.Enrollment(2).NetMinor);
    }

    [Fact]
    public void D17_a_referral_joins_once_and_not_again_what_was_deleted()
    {
        var world = new ReferralWorld(Percent(10_00));
        Assert.IsType<Decision.Unchanged>(Join(world, 1));
        world.Turn(Anna, turn => ReferralCommands.Delete(turn, 1, "why", "ada"));

        Assert.IsType<Decision.Unchanged>(Join(world, 1));
        Assert.Single(world.State().Enrollments);
    }

    [Fact]
    public void D17_only_an_approved_referral_joins_and_only_a_rule_in_force()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Publish(Fixed(1_00), state: new(Enabled: false));
        world.Publish(Fixed(1_00), state: new(Enabled: true, To: world.Now));
        Assert.Equal("rule_not_in_force", Assert.IsType<Decision.Refused>(Join(world, 2)).Why.Code);
        Assert.Equal("rule_not_in_force", Assert.IsType<Decision.Refused>(Join(world, 3)).Why.Code);

        world.Attribute("bert", approvedAt: null);
        Assert.Equal("referral_not_approved", Assert.IsType<Decision.Refused>(Join(world, 1, "bert")).Why.Code);
        Assert.Equal("referral_not_found", Assert.IsType<Decision.Refused>(Join(world, 1, "nobody")).Why.Code);
        Assert.Equal("rule_not_found", Assert.IsType<Decision.Refused>(Join(world, 4)).Why.Code);
    }

    [Fact]
    public void D9_pending_rewards_of_a_referral_that_was_cancelled_before_can_still_be_cancelled()
    {
        var world = new ReferralWorld(Percent(10_00).Held(30));
        world.Send(Sale(100_00));
        world.Turn(Anna, turn => ReferralCommands.Cancel(turn, null, "ada", cancelPending: false));
        Assert.Equal(10_00, world.Enrollment().NetMinor);

        Assert.IsType<Decision.Accepted>(world.Turn(Anna, turn => ReferralCommands.Cancel(turn, null, "ada", cancelPending: true)));
        Assert.Equal(0, world.Enrollment().NetMinor);
        Assert.IsType<Decision.Unchanged>(world.Turn(Anna, turn => ReferralCommands.Cancel(turn, null, "ada", cancelPending: true)));
    }

    [Fact]
    public void D17_rules_are_those_enabled_at_approval_not_at_approved_at()
    {
        var world = Empty(Percent(10_00));
        world.Publish(Fixed(1_00), state: new(Enabled: true, To: Start.AddDays(5)));
        world.Now = Start.AddDays(10);
        world.Refer(Anna, approvedAt: Start);

        Assert.Equal([1], world.State().Enrollments.Select(enrollment => enrollment.Rule));
    }

    [Fact]
    public void S7_a_reward_is_locked_at_the_terms_in_force_at_attribution()
    {
        var world = Empty(Percent(10_00));
        world.Attribute(Anna, approvedAt: null);
        world.Publish(Percent(20_00), rule: 1);
        world.Publish(Fixed(1_00));
        world.Turn(Anna, turn => ReferralCommands.Approve(turn, Start));
        world.Refer("bert");

        Assert.Equal((10_00, 1), (world.Send(Sale(100_00)).Outcome!.Decisions[0].Minor, world.State().Enrollments[0].Version));
        Assert.Equal([20_00, 1_00], world.Send(Sale(100_00).By("bert")).Outcome!.Decisions.Select(decision => decision.Minor));
    }

    [Fact]
    public void D17_a_rule_first_published_between_intake_and_approval_counts_in_its_first_version()
    {
        var world = Empty(Percent(10_00));
        world.Attribute(Anna, approvedAt: null);
        world.Publish(Fixed(1_00));
        world.Publish(Fixed(2_00), rule: 2);
        world.Publish(Fixed(3_00), state: new(Enabled: false));
        world.Publish(Fixed(4_00), state: new(Enabled: true, To: world.Now));
        world.Turn(Anna, turn => ReferralCommands.Approve(turn, Start));

        Assert.Equal([(1, 1), (2, 1)], world.State().Enrollments.Select(enrollment => (enrollment.Rule, enrollment.Version)));
        Assert.Equal([10_00, 1_00], world.Send(Sale(100_00)).Outcome!.Decisions.Select(decision => decision.Minor));
    }

    [Fact]
    public void S7_a_rule_change_applies_to_new_referrals()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(10_00));
        world.Publish(Percent(20_00), rule: 1);
        world.Refer("bert");

        Assert.Equal([10_00, 0], [world.Send(Sale(100_00)).Minor, world.Send(Sale(100_00)).Minor]);
        Assert.Equal(20_00, world.Send(Sale(100_00).By("bert")).Minor);
    }

    [Fact]
    public void R8_a_disabled_rule_rewards_nothing_on_every_enrollment_and_then_goes_on()
    {
        var world = new ReferralWorld(Percent(10_00), Fixed(5_00)).Refer("bert");
        world.Set(new(Enabled: false));
        Assert.Equal([DecisionCode.RuleDisabled, DecisionCode.Rewarded], world.Send(Sale(100_00)).Codes);
        Assert.Equal([DecisionCode.RuleDisabled, DecisionCode.Rewarded], world.Send(Sale(100_00).By("bert")).Codes);

        world.Set(new(Enabled: true));
        Assert.Equal([DecisionCode.Rewarded, DecisionCode.Rewarded], world.Send(Sale(100_00)).Codes);
    }

    [Theory]
    [InlineData(-1, DecisionCode.RuleInactive)]
    [InlineData(0, DecisionCode.Rewarded)]
    [InlineData(3_599, DecisionCode.Rewarded)]
    [InlineData(3_600, DecisionCode.RuleInactive)]
    public void R8_outside_its_active_dates_a_rule_rewards_nothing(int seconds, DecisionCode code)
    {
        var world = new ReferralWorld(Percent(10_00));
        var from = Start.AddDays(10);
        world.Set(new(Enabled: true, from, from.AddHours(1)));
        world.Now = from.AddSeconds(seconds);

        Assert.Equal(code, world.Send(Sale(100_00)).Code);
    }

    [Fact]
    public void D17_disabled_and_dates_are_of_the_rule_not_of_the_pinned_version()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Publish(Percent(20_00), rule: 1);
        world.Refer("bert");

        // On every enrollment, whichever version it has; whoever is approved meanwhile is not enrolled later.
        world.Set(new(Enabled: false));
        Assert.Equal([DecisionCode.RuleDisabled, DecisionCode.RuleDisabled], Codes());
        world.Set(new(Enabled: true, To: world.Now));
        Assert.Equal([DecisionCode.RuleInactive, DecisionCode.RuleInactive], Codes());
        world.Refer("carl");
        world.Set(new(Enabled: true));
        Assert.Equal([DecisionCode.Rewarded, DecisionCode.Rewarded], Codes());
        Assert.Equal(DecisionCode.NotEnrolled, world.Send(Sale(100_00).By("carl")).Code);

        DecisionCode[] Codes() => [world.Send(Sale(100_00)).Code, world.Send(Sale(100_00).By("bert")).Code];
    }

    [Fact]
    public void D9_a_cancelled_referral_cannot_be_approved_and_one_that_is_missing_not_found()
    {
        var world = Empty(Percent(10_00));
        world.Attribute(Anna, approvedAt: null);
        world.Turn(Anna, turn => ReferralCommands.Cancel(turn, null, "ada", cancelPending: false));

        Assert.Equal("referral_cancelled", Refused(Anna, turn => ReferralCommands.Approve(turn, Start)).Code);
        Assert.Equal("referral_not_found", Refused("nobody", turn => ReferralCommands.Approve(turn, Start)).Code);
        Assert.Equal("referral_not_found", Refused("nobody", turn => ReferralCommands.Change(turn, [], null)).Code);
        Assert.Equal("referral_not_found", Refused("nobody", turn => ReferralCommands.Cancel(turn, null, "ada", cancelPending: false)).Code);

        Refusal Refused(string referee, Func<ReferralTurn, Decision> command) => Assert.IsType<Decision.Refused>(world.Turn(referee, command)).Why;
    }

    [Fact]
    public void Changing_a_referral_to_what_it_is_changes_nothing()
    {
        var world = Empty(Percent(10_00)).Refer(Anna, null, null, "vip");

        Assert.IsType<Decision.Unchanged>(world.Turn(Anna, turn => ReferralCommands.Change(turn, ["vip"], true)));
        Assert.IsType<Decision.Unchanged>(world.Turn(Anna, turn => ReferralCommands.Change(turn, null, null)));
        Assert.IsType<Decision.Accepted>(world.Turn(Anna, turn => ReferralCommands.Change(turn, null, false)));
        Assert.Equal((false, "vip"), (world.State().Active, Assert.Single(world.State().Tags)));
    }

    private static Decision Join(ReferralWorld world, int rule, string referee = Anna) =>
        world.Turn(referee, turn => ReferralCommands.Join(turn, rule, "ada"));
}
