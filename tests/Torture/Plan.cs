namespace Torture;

/// <summary>How much is done to the cluster, and what: two runs of one plan send the same and are hit by the same.</summary>
internal sealed record Plan(int Seed)
{
    public const int Silos = 3;

    /// <summary>Clients, each of which waits for its answers.</summary>
    public const int Lanes = 32;

    /// <summary>So many of them send lines of a stream, the others single requests.</summary>
    public const int StreamLanes = 8;

    /// <summary>Of 100 requests of the stand-in for Stripe that make a transfer.</summary>
    public const int StripeFaultPercent = 10;

    public int Actions { get; init; } = 100_000;

    public int Duplicates { get; init; } = 20_000;

    public int SiloKills { get; init; } = 30;

    public int SiloStops { get; init; } = 10;

    public TimeSpan LongestStop { get; init; } = TimeSpan.FromSeconds(60);

    public int DatabaseKills { get; init; } = 10;

    public int Cuts { get; init; } = 5;

    /// <summary>Times that the receiver of webhooks is away, or slow.</summary>
    public int ReceiverFaults { get; init; } = 6;

    public int PayoutItems { get; init; } = 5_000;

    /// <summary>Whether payouts begin when the faults are over: what a killed silo was sending is waited for almost two minutes.</summary>
    public bool PaysAfterwards { get; init; }

    /// <summary>Referrers of each program.</summary>
    public int Referrers { get; init; } = 96;

    public int RefereesEach { get; init; } = 5;

    public int SimulationSeeds { get; init; } = 10_000;

    /// <summary>Actions a second at most; null for as fast as it goes.</summary>
    public int? Rate { get; init; }

    public int Faults => SiloKills + SiloStops + DatabaseKills + Cuts + ReceiverFaults;

    public static Plan Full(int seed) => new(seed);

    /// <summary>What CI has time for.</summary>
    public static Plan Quick(int seed) => new(seed)
    {
        Actions = 20_000,
        Duplicates = 4_000,
        SiloKills = 10,
        SiloStops = 2,
        LongestStop = TimeSpan.FromSeconds(6),
        DatabaseKills = 3,
        Cuts = 2,
        ReceiverFaults = 2,
        PayoutItems = 200,
        Referrers = 32,
        SimulationSeeds = 500,
    };

    /// <summary>So little that it is one test among others, lest torture itself breaks unseen.</summary>
    public static Plan Tiny(int seed) => new(seed)
    {
        Actions = 2_000,
        Duplicates = 400,
        SiloKills = 2,
        SiloStops = 0,
        DatabaseKills = 1,
        Cuts = 1,
        ReceiverFaults = 0,
        PayoutItems = 10,
        PaysAfterwards = true,
        Referrers = 8,
        SimulationSeeds = 0,
    };

    /// <summary>Steady work without a fault, to see whether memory stays.</summary>
    public static Plan Soak(int seed, int minutes) => new(seed)
    {
        Rate = 200,
        Actions = 200 * 60 * minutes,
        Duplicates = 200 * 6 * minutes,
        SiloKills = 0,
        SiloStops = 0,
        DatabaseKills = 0,
        Cuts = 0,
        ReceiverFaults = 0,
        PayoutItems = 200,
        SimulationSeeds = 0,
    };
}
