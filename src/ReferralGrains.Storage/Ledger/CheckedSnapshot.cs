using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Ledger;

/// <summary>The snapshot of a stream, compared with the fold when that is as far. One of another fold is never read, so it may say anything.</summary>
internal sealed class CheckedSnapshot<TState>(StreamId stream, byte[]? payload, short version, JsonTypeInfo<TState> json, string what = "snapshot")
{
    private readonly Snapshot? kept = Parsed(payload);
    private string? fault = "is of a row at which no event ends";

    public bool IsOf(int seq) => seq == kept?.Seq;

    public void Reached(int seq, TState state)
    {
        if (seq != kept?.Seq) return;
        fault = Canonical(kept.State) is { } said && JsonElement.DeepEquals(said, JsonSerializer.SerializeToElement(state, json)) ? null : "is not what its events say";
    }

    public void Finish(Differences differences)
    {
        if (payload is null || kept is { } old && (old.Fold != version || old.Stream != stream)) return;
        if (kept is null) differences.Add(what, $"Stream {stream}: its {what} cannot be read.");
        else if (fault is not null) differences.Add(what, $"Stream {stream}: its {what} of row {kept.Seq} {fault}.");
    }

    // A program that writes a default, or leaves one out, says the same.
    private JsonElement? Canonical(JsonElement state)
    {
        try
        {
            return JsonSerializer.SerializeToElement(state.Deserialize(json)!, json);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private static Snapshot? Parsed(byte[]? payload)
    {
        try
        {
            return payload is null ? null : JsonSerializer.Deserialize(payload, JournalJson.Default.Snapshot);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
