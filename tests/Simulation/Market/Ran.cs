using System.Collections.Concurrent;
using ReferralGrains.Simulation.Database;

namespace ReferralGrains.Simulation.Market;

/// <summary>Markets that have run to their end. The first seeds are kept: several tests look at them, and none changes them.</summary>
public static class Ran
{
    public const int Kept = 340;

    private static readonly ConcurrentDictionary<int, Lazy<(Marketplace Market, Exception? Broke)>> kept = new();

    /// <summary>A market, and what broke it off if anything did.</summary>
    public static (Marketplace Market, Exception? Broke) Of(int seed, PlantedBugs bugs = PlantedBugs.None) =>
        bugs == PlantedBugs.None && seed is >= 1 and <= Kept ? kept.GetOrAdd(seed, static seed => new(() => Anew(seed, PlantedBugs.None))).Value : Anew(seed, bugs);

    public static (Marketplace Market, Exception? Broke) Anew(int seed, PlantedBugs bugs)
    {
        var market = new Marketplace(seed, bugs);
        try
        {
            market.Run();
            return (market, null);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return (market, exception);
        }
    }
}
