using System.Diagnostics.Metrics;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Metrics;

/// <summary>What the door measures beside ASP.NET Core. Tags are outcomes: nothing that a caller chose.</summary>
internal static class GatewayMetrics
{
    public static readonly Meter Meter = new("ReferralGrains");

    private static readonly Counter<long> Actions =
        Meter.CreateCounter<long>("grains_actions_total", "actions", "Actions that were answered, by what came of them.");

    private static readonly ObservableGauge<long> Managed =
        Meter.CreateObservableGauge("grains_managed_bytes", static () => GC.GetTotalMemory(forceFullCollection: false), "bytes", "Managed memory in use.");

    private static readonly KeyValuePair<string, object?> Error = new("outcome", "error");
    private static readonly KeyValuePair<string, object?> Duplicate = new("outcome", "duplicate");
    private static readonly KeyValuePair<string, object?>[] Statuses =
        [new("outcome", "not_rewarded"), new("outcome", "rewarded"), new("outcome", "reversed"), new("outcome", "parked")];

    /// <param name="reply">Null or a refusal is an error.</param>
    public static void Counted(ActionReply? reply) =>
        Actions.Add(1, reply?.Outcome is not { } outcome ? Error : reply.Duplicate ? Duplicate : Statuses[(int)outcome.Status]);
}
