using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Engine;
using ReferralGrains.Turns.Engine.Embedded;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Engine;

public sealed class EmbeddedEngineTests : EngineConformance
{
    protected override Func<TurnWorld, IGrainRouter> Engine => world =>
        new EmbeddedRouter(router => world with { Router = router }, new() { Deadline = Deadline, MaxInFlightPerTenant = TenantQuota }, Time);

    protected override Task Forget(IGrainRouter router)
    {
        ((EmbeddedRouter)router).CollectIdle(TimeSpan.Zero);
        return Task.CompletedTask;
    }

    protected override ValueTask End(IGrainRouter router) => ((EmbeddedRouter)router).DisposeAsync();

    [Fact]
    public async Task No_grain_is_given_a_router_that_goes_down()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var given = new List<IGrainRouter>();
        await using var engine = new EmbeddedRouter(
            router =>
            {
                given.Add(router);
                return shop.Node.World with { Router = router };
            },
            new(), shop.Time);

        // No grain may call the lowest kind.
        Assert.NotEmpty(given);
        foreach (var router in given)
            await Assert.ThrowsAsync<InvalidOperationException>(() =>
                router.Ask(new GrainAddress(GrainKind.PayoutBatch, shop.Tenant, new("batch"), null), new SettleDue(), CancellationToken.None));
    }

    [Fact]
    public async Task A_grain_leaves_memory_by_itself_when_it_was_idle_for_long_enough_and_not_before()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var idleAfter = new EmbeddedOptions().IdleAfter;
        var engine = (EmbeddedRouter)shop.Node.Router;
        await shop.State();
        var loads = shop.Node.Loader.Loads;
        shop.Time.Advance(idleAfter - TimeSpan.FromTicks(1));
        engine.CollectIdle(idleAfter);
        await shop.State();
        Assert.Equal(loads, shop.Node.Loader.Loads);

        // The engine's own timer does it; when it has, the next question loads the grain again.
        for (var round = 0; round < 1_000 && shop.Node.Loader.Loads == loads; round++)
        {
            shop.Time.Advance(2 * idleAfter);
            await Task.Yield();
            await shop.State();
        }

        Assert.NotEqual(loads, shop.Node.Loader.Loads);
    }
}

/// <summary>The same with a wire in front of every grain, also between grains.</summary>
public sealed class WiredEngineTests : EngineConformance
{
    private EmbeddedRouter? embedded;

    protected override Func<TurnWorld, IGrainRouter> Engine => world => new WireRouter(embedded = new(
        router => world with { Router = new WireRouter(router) },
        new() { Deadline = Deadline, MaxInFlightPerTenant = TenantQuota },
        Time));

    protected override Task Forget(IGrainRouter router)
    {
        embedded!.CollectIdle(TimeSpan.Zero);
        return Task.CompletedTask;
    }

    protected override ValueTask End(IGrainRouter router) => embedded!.DisposeAsync();
}
