using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

/// <summary>
/// An answer that writes nothing rests on all that was written to its grain before it was asked for, whichever silo wrote it; what it relies on of
/// other grains may be a second old.
/// </summary>
public sealed class FreshnessTests
{
    public static TheoryData<bool> Tiered => [false, true];

    [Theory]
    [MemberData(nameof(Tiered))]
    public async Task What_another_silo_wrote_is_answered_at_once(bool tiered)
    {
        await using var shop = await Shop.Open(Rule(tiered));
        var other = shop.Started();
        await shop.Sell("a1", 50_00);
        await shop.Sell("a2", 50_00, node: other);
        Assert.Equal(2, (await shop.State()).Enrollments[0].Count);
    }

    [Theory]
    [MemberData(nameof(Tiered))]
    public async Task A_rule_that_another_silo_disabled_is_disabled_in_every_answer_a_second_later(bool tiered)
    {
        await using var shop = await Shop.Open(Rule(tiered));
        var other = shop.Started();
        Assert.Equal(DecisionCode.Rewarded, await WouldBe(shop));
        await shop.Switch(enabled: false, node: other);

        shop.Time.Advance(Moment.Recent);
        Assert.Equal(DecisionCode.RuleDisabled, await WouldBe(shop));
    }

    [Theory]
    [MemberData(nameof(Tiered))]
    public async Task A_referrer_that_another_silo_closed_earns_in_no_answer_a_second_later(bool tiered)
    {
        await using var shop = await Shop.Open(Rule(tiered));
        var other = shop.Started();
        Assert.Equal(DecisionCode.Rewarded, await WouldBe(shop));
        await shop.Close(Shop.Rita, other);

        shop.Time.Advance(Moment.Recent);
        Assert.Equal(DecisionCode.ReferrerClosed, await WouldBe(shop));
    }

    [Fact]
    public async Task What_a_commit_has_proven_is_not_asked_for()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Sell("a1", 50_00);
        Assert.Equal(0, shop.Node.Loader.HeadsAsked);
        await shop.State();
        await shop.State();
        Assert.Equal(2, shop.Node.Loader.HeadsAsked);
    }

    private static async Task<DecisionCode> WouldBe(Shop shop) =>
        (await shop.Send(new RecordActions([Sent.Sale("would-be", 50_00, shop.Now)], DryRun: true))).Replies[0].Outcome!.Decisions[0].Code;

    private static RewardRule Rule(bool tiered) => tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00);
}
