using Microsoft.Extensions.Logging.Abstractions;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Storage.Due;
using ReferralGrains.Turns.Due;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

public sealed class HeldRewardTests
{
    [Fact]
    public async Task H13_a_held_reward_can_be_released_at_any_time_and_once()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Held(30));
        var reward = RewardId.FromKey((await shop.Sell("a1", 50_00)).Outcome!.Decisions[0].Reward!.Value);
        Assert.Equal((5_00, 0), (shop.Balance().Pending, shop.Balance().Payable));
        Assert.True((await shop.Tell(new ReleaseReward(reward, "admin"))).Changed);
        Assert.Equal("reward_not_pending", (await shop.Tell(new ReleaseReward(reward, "admin"))).Refusal!.Code);
        Assert.Equal((0, 5_00), (shop.Balance().Pending, shop.Balance().Payable));
        Assert.Null(shop.Database.DueAt(shop.Referral().Id));
    }

    [Theory]
    [InlineData(false, MemoryCustomers.Active, 5_00, 0)]
    [InlineData(false, MemoryCustomers.Gone, 0, 5_00)]
    [InlineData(true, MemoryCustomers.Active, 5_00, 0)]
    [InlineData(true, MemoryCustomers.Gone, 0, 5_00)]
    [InlineData(false, null, 0, 0)]
    public async Task H15_the_referees_customer_is_looked_at_when_the_days_are_over(bool tiered, string? customer, long payable, long taken)
    {
        var rule = Rules.Percent(10_00).HeldForCustomer(10);
        await using var shop = await Shop.Empty(tiered ? rule with { Tiers = [Rules.SpentShare(0, null, 10_00)] } : rule);
        await shop.Tell(new AttributeReferral(new(Shop.Rita), null, null, Approve: true, null, StripeCustomerId: customer));
        await shop.Sell("a1", 50_00);
        shop.Time.Advance(TimeSpan.FromDays(10));
        await shop.Tell(new SettleDue());
        Assert.Equal((5_00 - payable - taken, payable, taken), (shop.Balance().Pending, shop.Balance().Payable, shop.Balance().ClawedBack));
    }

    [Fact]
    public async Task D12_what_is_cancelled_is_gone_and_a_later_refund_takes_nothing_more()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Held(30));
        var reward = RewardId.FromKey((await shop.Sell("a1", 50_00)).Outcome!.Decisions[0].Reward!.Value);
        await shop.Send(Sent.Refund("r1", "a1", shop.Now, 10_00));
        shop.Restart();
        await shop.Tell(new CancelReward(reward, "suspicious", "admin"));
        Assert.Equal((5_00, 5_00), (shop.Balance().Earned, shop.Balance().ClawedBack));
        shop.Restart();
        var refund = await shop.Send(Sent.Refund("r2", "a1", shop.Now));
        Assert.Equal((DecisionCode.NothingToTakeBack, 0), (refund.Outcome!.Decisions[0].Code, refund.Outcome.Decisions[0].Minor));
        Assert.Equal(RewardStatus.Cancelled, (await shop.Sell("a1", 50_00)).Outcome!.Decisions[0].State);
    }

    [Fact]
    public async Task D9_a_cancelled_referral_keeps_its_pending_rewards_unless_they_are_cancelled_too()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Held(30));
        await shop.Refer(Shop.Ben);
        await shop.Sell("a1", 50_00);
        await shop.Sell("a2", 50_00, Shop.Ben);
        await shop.Tell(new CancelReferral(null, "admin", CancelPending: false));
        await shop.Tell(new CancelReferral(null, "admin", CancelPending: true), Shop.Ben);
        Assert.Equal((10_00, 5_00, 5_00), (shop.Balance().Earned, shop.Balance().ClawedBack, shop.Balance().Pending));
        Assert.Equal(DecisionCode.ReferralCancelled, (await shop.Sell("a3", 50_00)).Outcome!.Decisions[0].Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task D9_a_reward_given_in_the_same_turn_is_cancelled_with_its_referral(bool tiered)
    {
        await using var shop = await Shop.Empty((tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00)).Held(30));
        await shop.Refer(Shop.Anna, approve: false);
        await shop.Sell("a0", 10_00);
        await shop.Tell(new ApproveReferral(Shop.Start));
        shop.Node.Journal.Hold();
        var first = shop.Sell("a1", 50_00);
        await shop.Node.Journal.Queued(1);
        var sold = shop.Sell("a2", 50_00);
        var cancelled = shop.Tell(new CancelReferral(null, "admin", CancelPending: true));
        shop.Node.Journal.Release();
        Assert.True((await cancelled).Changed);
        Assert.Equal((11_00, 11_00, 0), (shop.Balance().Earned, shop.Balance().ClawedBack, shop.Balance().Pending));
        await Task.WhenAll(first, sold);
        var refund = await shop.Send(Sent.Refund("r2", "a2", shop.Now));
        Assert.Equal(DecisionCode.NothingToTakeBack, refund.Outcome!.Decisions[0].Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task H13_the_sweeper_releases_what_is_due_and_once(bool tiered)
    {
        await using var shop = await Shop.Open((tiered ? Rules.Tiered(Rules.SpentShare(0, null, 10_00)) : Rules.Percent(10_00)).Held(30));
        await shop.Sell("a1", 50_00);
        shop.Time.Advance(TimeSpan.FromDays(10));
        await shop.Sell("a2", 50_00);
        Assert.Equal(Shop.Start.AddDays(30), shop.Database.DueAt(shop.Referral().Id));

        var sweeper = Sweeper(shop);
        shop.Time.Advance(TimeSpan.FromDays(20));
        await Swept(shop, sweeper, () => shop.Balance().Payable == 5_00);
        Assert.Equal(Shop.Start.AddDays(40), shop.Database.DueAt(shop.Referral().Id));
        shop.Time.Advance(TimeSpan.FromDays(400));
        await Swept(shop, sweeper, () => shop.Balance().Payable == 10_00);
        Assert.Equal(0, shop.Balance().Pending);
        Assert.Null(shop.Database.DueAt(shop.Referral().Id));
        Assert.Equal(2, shop.Events().OfType<RewardsReleased>().Count());
    }

    [Fact]
    public async Task A_clock_that_runs_backwards_releases_nothing_twice_and_grain_time_stands()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Held(30));
        await shop.Sell("a1", 50_00);
        shop.Time.Advance(TimeSpan.FromDays(31));
        await shop.Tell(new SettleDue());
        shop.Time.Advance(TimeSpan.FromHours(-1));
        await shop.Tell(new SettleDue());
        await shop.Sell("a2", 50_00);
        var state = await shop.State();
        Assert.Equal(Shop.Start.AddDays(31), state.LastAt);
        Assert.Equal((5_00, 5_00), (shop.Balance().Pending, shop.Balance().Payable));
    }

    [Fact]
    public async Task A_grain_that_cannot_be_settled_is_left_alone_for_longer_each_time_and_does_not_stop_the_others()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Held(30));
        await shop.Refer(Shop.Ben);
        await shop.Sell("a1", 50_00);
        await shop.Sell("a2", 50_00, Shop.Ben);
        var (anna, fails) = (shop.Referral().Id, 0);
        shop.Node.Faults.MostPerCommit = 1;
        shop.Node.Faults.BeforeCommit = batch =>
        {
            if (batch[0].Streams[0].Stream == anna) throw new Storage.Journal.JournalUnavailableException($"failure {++fails}");
        };
        shop.Time.Advance(TimeSpan.FromDays(31));
        await Swept(shop, Sweeper(shop), () => shop.Balance().Payable == 5_00 && fails > 0);
        shop.Node.Faults.BeforeCommit = null;
        await Swept(shop, Sweeper(shop), () => shop.Balance().Payable == 10_00);
    }

    [Fact]
    public async Task A_test_clock_answers_when_everything_due_by_then_is_settled()
    {
        await using var shop = await Shop.Empty(sandbox: true, Rules.Percent(10_00).Held(30));
        for (var i = 0; i < 20; i++)
        {
            await shop.Refer($"referee{i}");
            await shop.Sell($"a{i}", 10_00, $"referee{i}");
        }

        var sweeper = Sweeper(shop);
        Assert.Null(await sweeper.Advance(shop.Tenant, Shop.Start.AddDays(30), CancellationToken.None));
        Assert.Equal((20_00, 0), (shop.Balance().Payable, shop.Balance().Pending));
        Assert.Equal("clock_backwards", (await sweeper.Advance(shop.Tenant, Shop.Start, CancellationToken.None))!.Code);
        var live = shop.Tenants.Add("live").Number;
        Assert.Equal("not_a_sandbox", (await sweeper.Advance(live, Shop.Start.AddDays(30), CancellationToken.None))!.Code);
    }

    private static Sweeper Sweeper(Shop shop) => new(shop.Node.Reports, shop.Tenants, shop.Node.Router, shop.Time, NullLogger<Sweeper>.Instance);

    // A second passes between two sweeps of all shards, as between two ticks of their wakers.
    private static async Task Swept(Shop shop, Sweeper sweeper, Func<bool> done)
    {
        using var stop = new CancellationTokenSource();
        for (var round = 0; round < 100_000 && !done(); round++)
        {
            for (var shard = 0; shard < DueShards.Count; shard++) await sweeper.Sweep(shard, stop.Token);
            await Task.Yield();
            shop.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.True(done());
        await stop.CancelAsync();
    }
}
