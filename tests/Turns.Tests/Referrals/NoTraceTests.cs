using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

/// <summary>What writes no event leaves nothing behind.</summary>
public sealed class NoTraceTests
{
    [Fact]
    public async Task What_is_refused_or_only_tried_begins_no_stream()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        var before = shop.Database.Streams.Count;

        await shop.Ask(GrainAddress.Referral(shop.Tenant, new("nowhere"), new("dora")), new RecordActions([Sent.Sale("a1", 10_00, shop.Now)]));
        await shop.Ask(GrainAddress.Referral(shop.Tenant, Shop.Program, new("dora")), new RecordActions([Sent.Sale("a1", 10_00, shop.Now)], DryRun: true));
        await shop.Refer("dora", "nobody");
        await shop.Tell(new ApproveReferral(null), "dora");
        await shop.Close("nobody");
        Assert.Equal(before, shop.Database.Streams.Count);

        await shop.Refer("dora");
        Assert.Equal(before + 1, shop.Database.Streams.Count);
    }

    // Each activation began it under a number of its own.
    [Fact]
    public async Task Two_activations_that_begin_one_stream_agree_on_its_number()
    {
        await using var shop = await Shop.Empty(Rules.Percent(10_00));
        var other = shop.Started();
        await shop.Tell(new SettleDue(), node: other);
        await shop.Refer(Shop.Anna);
        await shop.Sell("a1", 10_00, node: other);

        Assert.Single(shop.Database.Streams, stream => stream.Key.Second == Shop.Anna);
        Assert.Equal(1_00, shop.Balance().Earned);
    }
}
