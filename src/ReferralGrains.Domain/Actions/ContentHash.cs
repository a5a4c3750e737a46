using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Actions;

/// <summary>
/// The first 128 bits of the SHA-256 of an action's canonical content (D11): enough to tell a repeat from a conflict under one id.
/// </summary>
[JsonConverter(typeof(ContentHashJson))]
public readonly record struct ContentHash(UInt128 Value)
{
    public sealed class ContentHashJson : JsonConverter<ContentHash>
    {
        public override ContentHash Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(UInt128.Parse(reader.GetString()!, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture));

        public override void Write(Utf8JsonWriter writer, ContentHash value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture));
    }
}
