using System.Collections.Frozen;
using System.Text.Json;

namespace ReferralGrains.Gateway.Json;

/// <summary>Names of the domain as the outside writes them: <c>BelowThreshold</c> is <c>below_threshold</c>.</summary>
internal static class WireNames
{
    public static string ToWire<T>(this T value)
        where T : struct, Enum => Of<T>.Names[value];

    private static class Of<T>
        where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> Names =
            Enum.GetValues<T>().ToFrozenDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));
    }
}
