using System.Diagnostics.Metrics;

namespace ReferralGrains.Turns;

internal static class TurnMetrics
{
    public static readonly Meter Meter = new("ReferralGrains");

    private static readonly Histogram<int> TurnCommands =
        Meter.CreateHistogram<int>("grains_turn_commands", "commands", "Commands decided in one turn of a grain.");

    private static readonly KeyValuePair<string, object?>[] Kinds =
        [.. Enum.GetValues<GrainKind>().Select(kind => new KeyValuePair<string, object?>("kind", kind.ToString().ToLowerInvariant()))];

    public static KeyValuePair<string, object?> Tag(GrainKind kind) => Kinds[(int)kind - 1];

    public static void Turn(GrainKind kind, int commands) => TurnCommands.Record(commands, Tag(kind));
}
