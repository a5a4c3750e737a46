using ReferralGrains.Simulation.Database;
using ReferralGrains.Simulation.Time;
using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Node;

/// <summary>One process: everything that it keeps in memory, over a database that outlives it.</summary>
public sealed class MemoryNode
{
    public MemoryNode(
        MemoryDatabase database, MemoryTenants tenants, Func<TurnWorld, IGrainRouter> engine, ISteps? steps = null, IFaults? faults = null)
    {
        faults ??= Faults;
        var time = database.Bugs.HasFlag(PlantedBugs.NoFreshness) ? new FakeTime(default) : tenants.Time;
        Database = database;
        Lease = new(database.Begin(), tenants.Time);
        Journal = new(database, Lease, steps ?? PoolSteps.Instance, faults);
        Loader = new(database, faults);
        Facts = new(database, time);
        Reports = new(database, faults);
        World = new(Journal, Loader, Facts, Lease, Loader, tenants, Reports, Reports, Reports, Reports, Repeats, Router: null!, time, Log) { Customers = new MemoryCustomers(faults) };
        Router = engine(World);
    }

    public MemoryDatabase Database { get; }

    public MemoryLease Lease { get; }

    public MemoryJournal Journal { get; }

    public MemoryLoader Loader { get; }

    public MemoryFacts Facts { get; }

    public MemoryReports Reports { get; }

    /// <summary>What goes wrong here, unless other faults were given.</summary>
    public ScriptedFaults Faults { get; } = new();

    public RepeatWatch Repeats { get; } = new();

    public CrashLog Log { get; } = new();

    public TurnWorld World { get; }

    public IGrainRouter Router { get; }
}
