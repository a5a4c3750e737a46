using System.Globalization;
using ReferralGrains.Turns;
using GrainAddress = ReferralGrains.Turns.GrainAddress;

namespace ReferralGrains.Grains;

/// <summary>Addresses as Orleans' keys: the parts joined by a blank, which no caller's id may hold.</summary>
public static class GrainKeys
{
    public static string Of(GrainAddress address) => address.Second is { } second
        ? string.Create(CultureInfo.InvariantCulture, $"{address.Tenant} {address.First.Value} {second.Value}")
        : string.Create(CultureInfo.InvariantCulture, $"{address.Tenant} {address.First.Value}");

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
