using ReferralGrains.Domain.Programs;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Reports;

public sealed class ActivityTests(PostgresServer server) : ReportsTest(
    server, Terms.Percent(1_000, Terms.Days(30)),
    Terms.Percent(0) with { Trigger = Trigger.ReferralApproved, Reward = new("credit", new("credit:GBP"), RewardType.Fixed, AmountMinor: 5_00) },
    Terms.Percent(0) with { Trigger = Trigger.Interval, Schedule = new(1, 3), Reward = new("credit", new("credit:GBP"), RewardType.Fixed, AmountMinor: 3_00) })
{
    [Fact]
    public async Task S9_every_reward_is_in_the_activity_of_its_referrer_and_of_its_referee()
    {
        await World.Refer("anna");
        await World.Sell("anna", 10_00);
        World.Now += TimeSpan.FromDays(31);
        await World.Settle("anna");
        var stream = await World.Stream("anna");

        var ofReferral = (await Reports.ReferralActivity(World.Tenant, stream, null, null, 100, Stop)).Items;
        Assert.Equal(
            ["ReferralApproved", "ReferralAttributed", "RewardsGranted", "RewardsReleased", "SaleDecided", "ScheduleStarted", "ScheduleUnlocked", "ScheduleUnlocked"],
            ofReferral.Select(entry => entry.Event.Event.GetType().Name).Order());
        var ofReferrer = (await Reports.ReferrerActivity(World.Tenant, Rita, null, 100, Stop))!.Items;
        Assert.Equal(ofReferral.Select(entry => (entry.Referral, entry.Event.Seq)), ofReferrer.Select(entry => (entry.Referral, entry.Event.Seq)));

        // Of a sale, of the approval, and of each month: given by a row that both of them list.
        var rewards = (await Reports.Rewards(new(World.Tenant, 100), null, Stop)).Items;
        Assert.Equal([1_00L, 3_00, 3_00, 3_00, 5_00], rewards.Select(reward => reward.Minor).Order());
        Assert.All(rewards, reward => Assert.Contains(ofReferrer, entry => entry.Event.Seq == reward.Reward.Seq));
    }
}
