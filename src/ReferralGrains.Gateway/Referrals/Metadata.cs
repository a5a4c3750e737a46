using System.Buffers;
using System.Text;
using System.Text.Json;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>A caller's own pairs on an action: texts, numbers and truth values, without nesting.</summary>
internal static class Metadata
{
    public const int MaxBytes = 4 * 1024;
    public const int MaxKeys = 50;
    private const int MaxKeyLength = 100;
    private const int MaxNumber = 100;

    /// <summary>Reads an object; one without a value is the same as none.</summary>
    /// <param name="metadata">Compact, in the order in which they were sent.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static Problem? Read(ref Utf8JsonReader reader, out string? metadata)
    {
        metadata = null;
        if (reader.TokenType != JsonTokenType.StartObject) return Problem.InvalidField("metadata", "An object is expected.");
        var written = false;
        var names = new HashSet<string>(StringComparer.Ordinal);
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (Text.Fault(name, MaxKeyLength) is { } fault) return Problem.InvalidField("metadata", $"Of a name: {fault}");
            if (!names.Add(name)) return Problem.DuplicateField("metadata." + name);
            if (names.Count > MaxKeys) return Problem.InvalidField("metadata", $"At most {MaxKeys} pairs are possible.");
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            json.WritePropertyName(name);
            if (Write(json, ref reader) is { } wrong) return Problem.InvalidField("metadata." + name, wrong);
            written = true;
        }

        json.WriteEndObject();
        json.Flush();
        if (written) metadata = Encoding.UTF8.GetString(bytes.WrittenSpan);
        return null;
    }

    private static string? Write(Utf8JsonWriter json, ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                var text = reader.GetString()!;
                json.WriteStringValue(text);
                return Text.Fault(text, MaxBytes);
            case JsonTokenType.True or JsonTokenType.False:
                json.WriteBooleanValue(reader.GetBoolean());
                return null;
            case JsonTokenType.Number when reader.ValueSpan.Length <= MaxNumber:
                json.WriteRawValue(reader.ValueSpan); // As it was sent: it decides nothing.
                return null;
            default:
                return "A text, a number, true or false is expected.";
        }
    }
}
