using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Identity;

/// <summary>The number of a grain's stream in the journal. Ledger accounts, logs and engines use it in place of caller ids.</summary>
[JsonConverter(typeof(StreamIdJson))]
public readonly record struct StreamId(long Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public sealed class StreamIdJson : JsonConverter<StreamId>
    {
        public override StreamId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, StreamId value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
    }
}
