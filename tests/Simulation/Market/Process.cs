using ReferralGrains.Simulation.Engine;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Simulation.Market;

/// <summary>One server process of the marketplace: what it keeps in memory, its engine and what goes wrong with it.</summary>
public sealed class Process
{
    private PumpRouter? engine;

    public Process(Marketplace market, RandomFaults faults, int impatience)
    {
        Faults = faults;
        Func<IGrainRouter, IGrainRouter> wire = market.Wired ? static router => new WireRouter(router) : static router => router;
        Node = new(
            market.Database, market.Tenants, world => wire(engine = new PumpRouter(world, market.Pump, market.Random, impatience, wire)), market.Pump, faults);
    }

    public MemoryNode Node { get; }

    public RandomFaults Faults { get; }

    public IGrainRouter Router => new AliasRouter(Node.Router);

    public void LoseOneActivation() => engine!.LoseOne();

    /// <summary>As <c>kill -9</c>: nothing that waits is committed, and nobody is answered any more.</summary>
    public void Kill()
    {
        Node.Journal.Kill();
        engine!.Kill();
    }
}
