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

    /// <summary>Silos that are stopped as one should be, and started again.</summary>
    public int Replacements { get; init; } = 3;

    /// <summary>A checkout of another version, built: silos begin as that, and one after the other are replaced by this one.</summary>
    public string? From { get; init; }

    /// <summary>Times that the receiver of webhooks is away, or slow.</summary>
    public int ReceiverFaults { get; init; } = 6;

    public int PayoutItems { get; init; } = 5_000;

    /// <summary>How many times shorter payouts wait than with live money, where look-ups alone wait for an hour.</summary>
    public int Haste { get; init; } = 240;

    /// <summary>Items of which a part is asked back, once they are paid.</summary>
    public int AskedBack => PayoutItems / 10;

    /// <summary>Transfers of which somebody takes a part back at Stripe itself, and we are only told, or not even that.</summary>
    public int TakenBackOutside => Haste == 1 ? 0 : PayoutItems / 50;

    /// <summary>Referrers of each program.</summary>
    public int Referrers { get; init; } = 96;

    public int RefereesEach { get; init; } = 5;

    public int SimulationSeeds { get; init; } = 10_000;

    /// <summary>Actions a second at most; null for as fast as it goes.</summary>
    public int? Rate { get; init; }

    public int Faults => SiloKills + SiloStops + DatabaseKills + Cuts + ReceiverFaults + Replacements;

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
        Replacements = 2,
        PayoutItems = 200,
        Referrers = 32,
        SimulationSeeds = 500,
    };

    /// <summary>So little that it is one test among others, lest torture itself breaks unseen.</summary>
    public static Plan Tiny(int seed) => new(seed)
    {
        Actions = 1_500,
        Duplicates = 300,
        SiloKills = 1,
        SiloStops = 0,
        DatabaseKills = 1,
        Cuts = 1,
        Replacements = 1,
        ReceiverFaults = 0,
        PayoutItems = 50,
        Referrers = 8,
        SimulationSeeds = 0,
    };

    /// <summary>Steady work without a fault, to see whether memory stays.</summary>
    public static Plan Soak(int seed, int minutes) => Quiet(seed) with
    {
        Rate = 200,
        Actions = 200 * 60 * minutes,
        Duplicates = 200 * 6 * minutes,
    };

    /// <summary>Silos of another version are replaced while they work. What both versions know is used, and no more.</summary>
    /// <param name="from">The other version's checkout.</param>
    public static Plan Roll(int seed, string from) => Quiet(seed) with
    {
        From = from,
        Rate = 400,
        Replacements = Silos,
        Haste = 1,
        Actions = 30_000,
        Duplicates = 6_000,
    };

    private static Plan Quiet(int seed) => new(seed)
    {
        SiloKills = 0,
        SiloStops = 0,
        DatabaseKills = 0,
        Cuts = 0,
        Replacements = 0,
        ReceiverFaults = 0,
        PayoutItems = 200,
        SimulationSeeds = 0,
    };
}
