using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Identity;

/// <summary>
/// An id that a caller gave (program, rule, referrer, referee, action), kept exactly as it was given:
/// 1–200 printable ASCII characters but the blank and those that quote or mark up, which no system makes ids of; and not <c>.</c> or
/// <c>..</c>, which a URL would swallow (X7).
/// </summary>
[JsonConverter(typeof(CallerIdJson))]
public readonly record struct CallerId(string Value) : IComparable<CallerId>
{
    public const int MaxLength = 200;

    /// <summary>What no id holds, of the printable ASCII characters after the blank.</summary>
    public const string Refused = "\"'`\\<>";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code).Except(Refused)]);

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
