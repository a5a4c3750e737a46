using ReferralGrains.Grains.Engine;
using ReferralGrains.Grains.Engine.Embedded;
using ReferralGrains.Grains.Turns;
using ReferralGrains.Simulation.Engine;

namespace ReferralGrains.Grains.Tests.Engine;

public sealed class EmbeddedEngineTests : EngineConformance
{
    protected override Func<GrainWorld, IGrainRouter> Engine => world =>
        new EmbeddedRouter(router => world with { Router = router }, new() { Deadline = Deadline, MaxInFlightPerTenant = TenantQuota }, Time);

    protected override Task Forget(IGrainRouter router)
    {
        ((EmbeddedRouter)router).CollectIdle(TimeSpan.Zero);
        return Task.CompletedTask;
    }

    protected override ValueTask End(IGrainRouter router) => ((EmbeddedRouter)router).DisposeAsync();
}

/// <summary>The same with a wire in front of every grain, also between grains.</summary>
public sealed class WiredEngineTests : EngineConformance
{
    private EmbeddedRouter? embedded;

    protected override Func<GrainWorld, IGrainRouter> Engine => world => new WireRouter(embedded = new(
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
