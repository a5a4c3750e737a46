using System.Diagnostics.Metrics;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Metrics;

/// <summary>What the door measures. Labels are routes, statuses and outcomes: nothing that a caller chose.</summary>
internal static class GatewayMetrics
{
    public const string MeterName = "ReferralGrains";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Actions =
        Meter.CreateCounter<long>("grains_actions_total", "actions", "Actions that were answered, by what came of them.");

    private static readonly KeyValuePair<string, object?> Error = new("outcome", "error");
    private static readonly KeyValuePair<string, object?> Duplicate = new("outcome", "duplicate");
    private static readonly KeyValuePair<string, object?>[] Statuses =
        [new("outcome", "not_rewarded"), new("outcome", "rewarded"), new("outcome", "reversed"), new("outcome", "parked")];

    /// <param name="reply">Null or a refusal is an error.</param>
    public static void Counted(ActionReply? reply) =>
        Actions.Add(1, reply?.Outcome is not { } outcome ? Error : reply.Duplicate ? Duplicate : Statuses[(int)outcome.Status]);
}
