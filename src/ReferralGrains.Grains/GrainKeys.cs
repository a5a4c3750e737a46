using System.Globalization;
using System.Text.Json;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns;
using GrainAddress = ReferralGrains.Turns.GrainAddress;

namespace ReferralGrains.Grains;

/// <summary>Addresses as Orleans' keys: the parts joined by a blank, which no caller's id may hold.</summary>
public static class GrainKeys
{
    /// <summary>Orleans' name for a kind of grain, as its class says it; grain state is filed under it.</summary>
    public static string TypeOf(GrainKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    public static string Of(GrainAddress address) => Of(address.Stream);

    /// <summary>The key of the grain whose stream this is.</summary>
    public static string Of(StreamKey stream) => stream.Second.Length > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{stream.Tenant} {stream.First} {stream.Second}")
        : string.Create(CultureInfo.InvariantCulture, $"{stream.Tenant} {stream.First}");

    public static GrainAddress Parse(GrainKind kind, string key)
    {
        var first = key.IndexOf(' ', StringComparison.Ordinal);
        var second = key.IndexOf(' ', first + 1);
        var tenant = int.Parse(key.AsSpan(0, first), NumberStyles.None, CultureInfo.InvariantCulture);
        return second < 0
            ? new(kind, tenant, new(key[(first + 1)..]), null)
            : new(kind, tenant, new(key[(first + 1)..second]), new(key[(second + 1)..]));
    }
}
