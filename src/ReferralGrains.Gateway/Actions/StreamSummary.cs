using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Gateway.Metrics;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Actions;

/// <summary>What became of the lines of a stream. Each counts once: a duplicate is a duplicate, whatever it was when it came first.</summary>
internal sealed class StreamSummary
{
    private readonly long[] byStatus = new long[4];
    private long duplicates;
    private long errors;

    /// <param name="reply">Null for an error line.</param>
    public void Count(ActionReply? reply)
    {
        GatewayMetrics.Counted(reply);
        if (reply?.Outcome is not { } outcome) errors++;
        else if (reply.Duplicate) duplicates++;
        else byStatus[(int)outcome.Status]++;
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("summary");
        json.WriteNumber("lines", byStatus.Sum() + duplicates + errors);
        json.WriteNumber("rewarded", byStatus[(int)ActionStatus.Rewarded]);
        json.WriteNumber("not_rewarded", byStatus[(int)ActionStatus.NotRewarded]);
        json.WriteNumber("reversed", byStatus[(int)ActionStatus.Reversed]);
        json.WriteNumber("parked", byStatus[(int)ActionStatus.Parked]);
        json.WriteNumber("duplicates", duplicates);
        json.WriteNumber("errors", errors);
        json.WriteEndObject();
    }
}
