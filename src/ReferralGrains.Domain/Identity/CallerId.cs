using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Identity;

/// <summary>
/// An id that a caller gave (program, rule, referrer, referee, action), kept exactly as it was given:
/// 1–200 characters of <c>A–Z a–z 0–9 . _ : @ -</c>, but not <c>.</c> or <c>..</c>, which a URL would swallow.
/// </summary>
[JsonConverter(typeof(CallerIdJson))]
public readonly record struct CallerId(string Value) : IComparable<CallerId>
{
    public const int MaxLength = 200;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@-");

    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLength && !text.ContainsAnyExcept(Allowed) && text is not "." and not "..";

    public int CompareTo(CallerId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;

    public static bool operator <(CallerId left, CallerId right) => left.CompareTo(right) < 0;

    public static bool operator >(CallerId left, CallerId right) => left.CompareTo(right) > 0;

    public static bool operator <=(CallerId left, CallerId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(CallerId left, CallerId right) => left.CompareTo(right) >= 0;

    public sealed class CallerIdJson : JsonConverter<CallerId>
    {
        public override CallerId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, CallerId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}
