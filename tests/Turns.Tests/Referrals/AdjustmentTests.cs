using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

public sealed class AdjustmentTests
{
    [Fact]
    public async Task R10_an_adjustment_changes_one_enrollment_and_survives_a_restart()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00), Rules.Percent(10_00));
        var adjusted = await shop.Tell(new AdjustEnrollment(1, 0, new(Limits: new(MaxAmountMinor: 2_00)), "agreed", "admin"));
        Assert.True(adjusted.Changed);
        shop.Restart();
        Assert.Equal([2_00, 5_00], (await shop.Sell("a1", 50_00)).Outcome!.Decisions.Select(decision => decision.Minor));
    }

    [Fact]
    public async Task R10_of_two_authors_who_saw_the_same_only_the_first_adjusts()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var (first, second) = (new Adjustment(Limits: new(MaxAmountMinor: 2_00)), new Adjustment(Limits: new(MaxAmountMinor: 3_00)));
        var replies = await Task.WhenAll(
            shop.Tell(new AdjustEnrollment(1, 0, first, "agreed", "one")), shop.Tell(new AdjustEnrollment(1, 0, second, "agreed", "two"), node: shop.Started()));
        Assert.Single(replies, reply => reply.Refusal?.Code == "changed_meanwhile");
        Assert.Single(shop.Events().OfType<EnrollmentAdjusted>());
    }

    [Fact]
    public async Task R10_a_disabled_enrollment_rewards_nothing_until_it_is_enabled()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00), Rules.Percent(10_00));
        await shop.Tell(new SwitchEnrollment(1, false, "fraud?", "admin"));
        Assert.False((await shop.Tell(new SwitchEnrollment(1, false, "fraud?", "admin"))).Changed);
        Assert.Equal([DecisionCode.EnrollmentDisabled, DecisionCode.Rewarded], (await shop.Sell("a1", 50_00)).Outcome!.Decisions.Select(decision => decision.Code));
        await shop.Tell(new SwitchEnrollment(1, true, "no", "admin"));
        Assert.All((await shop.Sell("a2", 50_00)).Outcome!.Decisions, decision => Assert.Equal(DecisionCode.Rewarded, decision.Code));
    }

    [Fact]
    public async Task R10_terms_and_switch_that_are_sent_together_are_taken_together_or_not_at_all()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var appends = shop.Node.Journal.History.Count;
        var both = new AdjustEnrollment(1, 0, new(Limits: new(MaxAmountMinor: 2_00)), "fraud?", "admin", Enabled: false);
        Assert.True((await shop.Tell(both)).State!.Enrollments[0].Disabled);
        Assert.Equal(appends + 1, shop.Node.Journal.History.Count);
        Assert.Equal([typeof(EnrollmentAdjusted), typeof(EnrollmentSwitched)], shop.Events().TakeLast(2).Select(e => e.GetType()));

        Assert.Equal("changed_meanwhile", (await shop.Tell(both with { Enabled = true })).Refusal!.Code);
        Assert.True((await shop.State()).Enrollments[0].Disabled);
    }

    [Fact]
    public async Task R10_a_deleted_enrollment_ends_and_its_history_stays()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00), Rules.Percent(10_00));
        await shop.Sell("a1", 50_00);
        await shop.Tell(new DeleteEnrollment(1, "asked for", "admin"));
        Assert.False((await shop.Tell(new DeleteEnrollment(1, "asked for", "admin"))).Changed);
        Assert.Equal(2, Assert.Single((await shop.Sell("a2", 50_00)).Outcome!.Decisions).Enrollment);
        Assert.Equal("enrollment_not_found", (await shop.Tell(new SwitchEnrollment(1, true, "back", "admin"))).Refusal!.Code);
        var refund = await shop.Send(Sent.Refund("r1", "a1", shop.Now));
        Assert.Equal([-5_00, -5_00], refund.Outcome!.Decisions.Select(decision => decision.Minor));
    }

    [Fact]
    public async Task R12_a_dry_run_answers_what_would_be_and_saves_nothing()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Times(1));
        var rows = shop.Database.Rows().Count;
        var would = await shop.Send(new RecordActions([Sent.Sale("a1", 50_00, shop.Now), Sent.Sale("a2", 50_00, shop.Now)], DryRun: true));
        Assert.Equal([ActionStatus.Rewarded, ActionStatus.NotRewarded], would.Replies.Select(reply => reply.Outcome!.Status));
        Assert.Equal(rows, shop.Database.Rows().Count);
        Assert.False((await shop.Sell("a1", 50_00)).Duplicate);
    }

    [Fact]
    public async Task R12_a_dry_run_of_an_action_that_was_sent_before_says_so()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Sell("a1", 50_00);

        var again = await shop.Send(new RecordActions([Sent.Sale("a1", 50_00, shop.Now), Sent.Sale("a1", 60_00, shop.Now)], DryRun: true));
        Assert.True(again.Replies[0].Duplicate);
        Assert.Equal("action_conflict", again.Replies[1].Refusal?.Code);
    }

    [Fact]
    public async Task R10_a_dry_run_of_an_adjustment_is_decided_and_saves_nothing()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var terms = new Adjustment(Reward: Rules.Percent(20_00).Reward);
        var would = await shop.Tell(new AdjustEnrollment(1, 0, terms, "why", "ada", Enabled: false, DryRun: true));
        Assert.True(would.State!.Enrollment(1) is { Disabled: true, Adjustment: not null });
        Assert.True((await shop.State()).Enrollment(1) is { Disabled: false, Adjustment: null });

        Assert.Equal("enrollment_not_found", (await shop.Tell(new SwitchEnrollment(7, false, "why", "ada", DryRun: true))).Refusal?.Code);
        Assert.Equal("changed_meanwhile", (await shop.Tell(new AdjustEnrollment(1, 99, terms, "why", "ada", DryRun: true))).Refusal?.Code);
    }

    [Fact]
    public async Task R12_a_dry_run_in_a_turn_with_others_is_not_seen_by_them()
    {
        await using var shop = await Shop.Open(Rules.Tiered(Rules.SpentShare(0, null, 10_00)).Times(1));
        shop.Node.Journal.Hold();
        var first = shop.Sell("a0", null);
        await shop.Node.Journal.Queued(1);
        var would = shop.Send(new RecordActions([Sent.Sale("a1", 50_00, shop.Now)], DryRun: true));
        var sold = shop.Sell("a2", 50_00);
        shop.Node.Journal.Release();
        await first;
        Assert.Equal(ActionStatus.Rewarded, (await would).Replies[0].Outcome!.Status);
        Assert.Equal((ActionStatus.Rewarded, 50_00), ((await sold).Outcome!.Status, (await sold).Outcome!.Decisions[0].Seen!.Tally));
        Assert.Null(shop.Database.Action(shop.Tenant, new("a1")));
    }
}
