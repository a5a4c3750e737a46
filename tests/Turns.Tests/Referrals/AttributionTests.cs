using System.Text;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

public sealed class AttributionTests
{
    [Fact]
    public async Task D20_sales_of_a_referral_that_was_cancelled_before_it_was_ever_approved_say_so()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        await shop.Refer(Shop.Ben, approve: false);
        Assert.Equal(DecisionCode.ReferralPending, (await shop.Sell("b1", 50_00, Shop.Ben)).Outcome!.Reason);
        await shop.Tell(new CancelReferral(null, "ada", false), Shop.Ben);
        foreach (var sale in (string[])["b1", "b2"]) Assert.Equal(DecisionCode.ReferralCancelled, (await shop.Sell(sale, 50_00, Shop.Ben)).Outcome!.Reason);
    }

    [Fact]
    public async Task An_approved_referral_that_is_pending_already_is_other_content()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        await shop.Refer(Shop.Anna, approve: false);
        var again = await shop.Refer(Shop.Anna);
        Assert.Equal(("conflict", Field.Status), (again.Refusal?.Code, again.Refusal?.Field));

        await shop.Tell(new ApproveReferral(null));
        Assert.Equal((null, false), ((await shop.Refer(Shop.Anna, approve: false)).Refusal, (await shop.Refer(Shop.Anna)).Changed));
    }

    [Fact]
    public async Task D16_the_first_attribution_wins()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Introduce("tom");
        var second = await shop.Refer(Shop.Anna, "tom");
        Assert.Equal((RefusalKind.Conflict, "already_attributed"), (second.Refusal!.Kind, second.Refusal.Code));
        await shop.Sell("a1", 50_00);
        Assert.Equal((5_00, 0), (shop.Balance().Earned, shop.Balance("tom").Earned));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task D16_two_attributions_at_once_leave_one(bool tiered)
    {
        await using var shop = await Shop.Empty(tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00));
        await shop.Introduce("tom");
        var other = shop.Started();
        var replies = await Task.WhenAll(shop.Refer(Shop.Anna, Shop.Rita), shop.Refer(Shop.Anna, "tom", node: other));
        Assert.Single(replies, reply => reply.Changed);
        Assert.Single(replies, reply => reply.Refusal?.Code == "already_attributed");
        Assert.Single(shop.Events().OfType<ReferralAttributed>());
    }

    [Fact]
    public async Task The_same_attribution_again_is_a_repeat_and_another_content_a_conflict()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var again = await shop.Refer(Shop.Anna);
        Assert.Equal((false, true), (again.Changed, again.Refusal is null));
        var other = await shop.Tell(new AttributeReferral(new(Shop.Rita), ["vip"], null, true, null));
        Assert.Equal("conflict", other.Refusal!.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unknown_referrer_or_program_is_named(bool tiered)
    {
        await using var shop = await Shop.Empty(tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00));
        var refused = await shop.Refer(Shop.Anna, "nobody");
        Assert.Equal((RefusalKind.NotFound, Field.ReferrerId), (refused.Refusal!.Kind, refused.Refusal.Field));

        var elsewhere = GrainAddress.Referral(shop.Tenant, new("nowhere"), new(Shop.Anna));
        var unknown = await shop.Ask(elsewhere, new AttributeReferral(new(Shop.Rita), null, null, true, null));
        Assert.Equal((RefusalKind.NotFound, Field.ProgramId), (unknown.Refusal!.Kind, unknown.Refusal.Field));
        var actions = await shop.Ask(elsewhere, new RecordActions([Sent.Sale("a1", 1_00, shop.Now)]));
        Assert.Equal(Field.ProgramId, Assert.Single(actions.Replies).Refusal!.Field);
    }

    [Fact]
    public async Task D18_a_closed_referrer_is_not_attributed_even_where_that_was_not_known_yet()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var other = shop.Started();
        await shop.Refer(Shop.Ben, node: other);
        await shop.Close(Shop.Rita);
        var refused = await shop.Refer("cleo", node: other);
        Assert.Equal("referrer_closed", refused.Refusal!.Code);
        Assert.Empty(shop.Events("cleo"));
    }

    [Fact]
    public async Task An_attribution_whose_facts_moved_is_decided_again_whatever_was_refused_before_it_in_its_turn()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        await shop.Introduce("tom");
        await shop.Refer(Shop.Ben, "tom");
        await shop.Ask(GrainAddress.Referrer(shop.Tenant, new("tom")), new ChangeReferrer(null, null, ["new"], null, null), shop.Started());

        shop.Node.Journal.Hold();
        var first = shop.Sell("a1", 1_00);
        await shop.Node.Journal.Queued(1);
        var refused = shop.Tell(new AttributeReferral(new(Shop.Rita), null, null, true, shop.Now.AddDays(1)));
        var taken = shop.Refer(Shop.Anna, "tom");
        shop.Node.Journal.Release();
        Assert.Equal("approved_in_future", (await refused).Refusal!.Code);
        Assert.True((await taken).Changed);
        Assert.Equal(ActionStatus.Parked, (await first).Outcome!.Status);
    }

    [Fact]
    public async Task S7_D17_terms_are_those_in_force_when_the_referral_was_attributed()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        await shop.Refer(Shop.Anna, approve: false);
        await shop.Publish(Rules.Percent(20_00));
        await shop.Tell(new ApproveReferral(null));
        await shop.Refer(Shop.Ben);
        Assert.Equal(10_00, (await shop.Sell("a1", 100_00)).Outcome!.Decisions[0].Minor);
        Assert.Equal(20_00, (await shop.Sell("a2", 100_00, Shop.Ben)).Outcome!.Decisions[0].Minor);
        var (anna, ben) = (await shop.State(), await shop.State(Shop.Ben));
        Assert.Equal((1, 2), (anna.Enrollments[0].Version, ben.Enrollments[0].Version));
    }

    [Fact]
    public async Task D17_a_referral_is_enrolled_in_every_rule_enabled_on_approval_as_it_was_taken_in_or_as_the_rule_was_first()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00), Rules.Percent(20_00));
        var other = shop.Started();
        await shop.Refer(Shop.Anna, approve: false, node: other);
        await shop.Publish(Rules.Percent(25_00), "rule2");
        await shop.Publish(Rules.Percent(30_00), "rule3");
        await shop.Publish(Rules.Percent(40_00), "rule3");
        await shop.Switch(enabled: false);

        // Approved by a process that knew neither of the rule nor of the switch.
        await shop.Tell(new ApproveReferral(null), node: other);
        Assert.Equal([(2, 1), (3, 1)], (await shop.State()).Enrollments.Select(enrollment => (enrollment.Rule, enrollment.Version)));
        Assert.Equal([20_00, 30_00], (await shop.Sell("a1", 100_00)).Outcome!.Decisions.Select(decision => decision.Minor));

        // Who exists joins what is published later by a command only, and a rule that rested enrolls nobody when it is enabled again.
        await shop.Publish(Rules.Percent(50_00), "rule4");
        await shop.Switch(enabled: true);
        Assert.Equal([20_00, 30_00], (await shop.Sell("a2", 100_00)).Outcome!.Decisions.Select(decision => decision.Minor));
    }

    [Fact]
    public async Task R8_a_switched_rule_is_switched_once_and_an_unknown_one_is_named()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        Assert.True((await shop.Switch(enabled: false)).Changed);
        Assert.False((await shop.Switch(enabled: false)).Changed);
        Assert.Equal("rule_not_found", (await shop.Switch(enabled: false, "rule9")).Refusal!.Code);
        Assert.Equal(DecisionCode.RuleDisabled, (await shop.Sell("a1", 50_00)).Outcome!.Decisions[0].Code);
        await shop.Switch(enabled: true);
        Assert.Equal(DecisionCode.Rewarded, (await shop.Sell("a2", 50_00)).Outcome!.Decisions[0].Code);
    }

    [Fact]
    public async Task Programs_and_rules_are_created_once_and_a_changed_rule_is_a_new_version()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        var address = GrainAddress.Program(shop.Tenant, Shop.Program);
        Assert.False((await shop.Ask(address, new CreateProgram("Shop", "GBP", "Europe/London"))).Changed);
        Assert.Equal("conflict", (await shop.Ask(address, new CreateProgram("Shop", "USD", "Europe/London"))).Refusal!.Code);
        Assert.False((await shop.Publish(Rules.Percent(10_00))).Changed);
        var would = await shop.Ask(address, new PublishRule(new("rule1"), Rules.Percent(20_00), new(Enabled: true), DryRun: true));
        Assert.Equal((true, 2), (would.Changed, would.Terms!.Rules[0].Latest.Number));
        Assert.Single((await shop.Publish(Rules.Percent(10_00))).Terms!.Rules[0].Versions);
        Assert.Equal(2, (await shop.Publish(Rules.Percent(20_00))).Terms!.Rules[0].Versions.Length);
        Assert.Equal(
            "program_not_found",
            (await shop.Ask(GrainAddress.Program(shop.Tenant, new("nowhere")), new SwitchRule(new("rule1"), true, "admin"))).Refusal!.Code);
    }

    [Fact]
    public async Task A_program_published_by_two_processes_at_once_keeps_both_rules()
    {
        await using var shop = await Shop.Empty();
        var other = shop.Started();
        await Task.WhenAll(Enumerable.Range(1, 8).Select(i => shop.Publish(Rules.Percent(i), $"rule{i}", node: i % 2 == 0 ? shop.Node : other)));
        shop.Restart();
        var last = await shop.Publish(Rules.Percent(9), "rule9");
        Assert.Equal(9, last.Terms!.Rules.Length);
        Assert.Equal(Enumerable.Range(1, 9), last.Terms.Rules.Select(rule => rule.Number));
        Assert.Equal(new RuleState(Enabled: true), last.Terms.Rules[0].State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task D16_a_self_referral_is_flagged_with_its_reason_and_never_dropped(bool tiered)
    {
        await using var shop = await Shop.Empty(tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00));
        var same = await shop.Tell(new AttributeReferral(new(Shop.Rita), null, null, true, null), Shop.Rita);
        var mail = await shop.Tell(new AttributeReferral(new(Shop.Rita), null, null, true, null, "RITA@example.com"));
        var other = await shop.Tell(new AttributeReferral(new(Shop.Rita), null, null, true, null, "ben@example.com"), Shop.Ben);

        Assert.Equal(
            [SelfReferral.SameId, SelfReferral.SameEmail, SelfReferral.None],
            new[] { same, mail, other }.Select(reply => reply.State!.SelfReferral));
        Assert.Equal(ActionStatus.Rewarded, (await shop.Sell("a1", 50_00)).Outcome!.Status);
        shop.Restart();
        Assert.Equal(SelfReferral.SameEmail, (await shop.State()).SelfReferral);
        Assert.DoesNotContain(shop.Referral().Rows, row => Encoding.UTF8.GetString(row.Event.Data!).Contains("example.com", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task D16_a_self_referral_that_is_given_to_another_is_flagged_no_more(bool tiered)
    {
        await using var shop = await Shop.Empty(tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00));
        await shop.Introduce("tom");
        Assert.Equal(FlagState.Open, (await shop.Tell(new AttributeReferral(new(Shop.Rita), null, null, true, null, "RITA@example.com"))).State!.Flag);
        var given = await shop.Tell(new ReassignReferral(new("tom"), "mistyped", "ada"));
        Assert.Equal((SelfReferral.None, FlagState.None), (given.State!.SelfReferral, given.State.Flag));
    }

    // Rows of a schedule stay whose they were. Which of the two is closed is another grain's to say, and a row of the one must not follow the other's.
    [Theory]
    [InlineData(false, Shop.Rita, 10_00)]
    [InlineData(true, Shop.Rita, 10_00)]
    [InlineData(false, "rosa", 30_00)]
    [InlineData(true, "rosa", 30_00)]
    public async Task D16_D18_rows_of_a_schedule_are_earned_until_whoever_they_are_for_is_closed(bool tiered, string closed, long earned)
    {
        var monthly = Rules.Fixed(10_00).Monthly(3);
        await using var shop = tiered ? await Shop.Empty(monthly, Rules.Tiered(Rules.SpentShare(0, null, 10_00))) : await Shop.Empty(monthly);
        await shop.Introduce("rosa");
        await shop.Refer(Shop.Anna);
        await shop.Tell(new ReassignReferral(new("rosa"), null, "admin"));
        await shop.Close(closed);
        shop.Time.Advance(TimeSpan.FromDays(365));
        Assert.Null((await shop.State()).Scheduled);
        Assert.Equal(earned, shop.Balance().Earned);
    }
}
