using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Referrers;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

/// <summary>Something that a decision relied on changes between the decision and its commit.</summary>
public sealed class MovedFactsTests
{
    public static TheoryData<bool> Tiered => [false, true];

    [Theory]
    [MemberData(nameof(Tiered))]
    public async Task R8_a_rule_disabled_between_decision_and_commit_rewards_nothing(bool tiered)
    {
        await using var shop = await Shop.Open(Rule(tiered));
        var other = shop.Started();
        BeforeNextCommit(shop, () => shop.Switch(enabled: false, node: other));
        Assert.Equal(DecisionCode.RuleDisabled, (await shop.Sell("a1", 50_00)).Outcome!.Decisions[0].Code);
        Assert.Contains(shop.Node.Journal.History, entry => entry.Outcome == AppendOutcome.FactMoved);
        Assert.Equal(0, shop.Balance().Earned);
    }

    [Theory]
    [MemberData(nameof(Tiered))]
    public async Task D18_a_referrer_closed_between_decision_and_commit_earns_nothing(bool tiered)
    {
        await using var shop = await Shop.Open(Rule(tiered));
        var other = shop.Started();
        BeforeNextCommit(shop, () => shop.Close(Shop.Rita, other));
        Assert.Equal(DecisionCode.ReferrerClosed, (await shop.Sell("a1", 50_00)).Outcome!.Decisions[0].Code);
        Assert.Equal(0, shop.Balance().Earned);
    }

    [Theory]
    [MemberData(nameof(Tiered))]
    public async Task H1_eligibility_granted_elsewhere_counts_at_once_where_it_was_written(bool tiered)
    {
        await using var shop = await Shop.Open(Rule(tiered).Granted());
        Assert.Equal(DecisionCode.ReferrerNotEligible, (await shop.Sell("a1", 50_00)).Outcome!.Decisions[0].Code);
        await shop.Ask(GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), new GrantRule(Shop.Program, new("rule1"), true, "admin"));
        Assert.Equal(DecisionCode.Rewarded, (await shop.Sell("a2", 50_00)).Outcome!.Decisions[0].Code);
        await shop.Ask(GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), new GrantRule(Shop.Program, new("rule1"), false, "admin"));
        Assert.Equal(DecisionCode.ReferrerNotEligible, (await shop.Sell("a3", 50_00)).Outcome!.Decisions[0].Code);
    }

    [Theory]
    [MemberData(nameof(Tiered))]
    public async Task S7_a_referral_enrolled_by_rules_that_this_process_has_not_read_yet_is_decided_by_them(bool tiered)
    {
        await using var shop = await Shop.Open(Rule(tiered));
        var other = shop.Started();
        await shop.Sell("a1", 50_00, node: other);
        await shop.Publish(Rules.Percent(20_00), "rule2");
        await shop.Refer(Shop.Ben);

        var sold = await shop.Sell("a2", 50_00, Shop.Ben, node: other);
        Assert.Equal([5_00, 10_00], sold.Outcome!.Decisions.Select(decision => decision.Minor));
    }

    [Fact]
    public async Task D6_a_program_that_becomes_tiered_between_decision_and_commit_counts_the_sale()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var other = shop.Started();
        BeforeNextCommit(shop, () => shop.Publish(Rules.Tiered(Rules.SpentShare(0, null, 10_00)), "rule2", node: other));
        await shop.Sell("a1", 50_00);
        await shop.Refer(Shop.Ben);
        var decision = (await shop.Sell("a2", 20_00, Shop.Ben)).Outcome!.Decisions[1];
        Assert.Equal(70_00, decision.Seen!.Tally);
    }

    private static RewardRule Rule(bool tiered) => tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00);

    private static void BeforeNextCommit(Shop shop, Func<Task> happens) => shop.Node.Faults.BeforeCommit = _ =>
    {
        shop.Node.Faults.BeforeCommit = null;
        Assert.True(happens().Wait(TimeSpan.FromSeconds(60)));
    };
}
