using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Actions;

/// <summary>A caller's own pairs on an action: texts, whole numbers and truth values, without nesting.</summary>
/// <param name="Json">Compact, in the order in which they were sent.</param>
/// <param name="Pairs">By name, each value as its kind and its canonical text: what the content hash sees (D11).</param>
internal sealed record Metadata(string Json, ImmutableArray<(string Name, char Kind, string Value)> Pairs)
{
    public const int MaxBytes = 4 * 1024;
    private const int MaxKeys = 50;
    private const int MaxKeyLength = 100;

    /// <summary>Reads an object; one without a value is the same as none.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static Problem? Read(ref Utf8JsonReader reader, out Metadata? metadata)
    {
        metadata = null;
        if (reader.TokenType != JsonTokenType.StartObject) return Problem.InvalidField("metadata", "An object is expected.");
        var pairs = new SortedDictionary<string, (char Kind, string Value)>(StringComparer.Ordinal);
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
            if (Value(ref reader) is not { } value) return Problem.InvalidField("metadata." + name, "A text, a whole number, true or false is expected.");
            if (value.Kind == 's' && Text.Fault(value.Text, MaxBytes) is { } wrong) return Problem.InvalidField("metadata." + name, wrong);
            pairs.Add(name, value);
            Write(json, name, value);
        }

        json.WriteEndObject();
        json.Flush();
        if (pairs.Count > 0) metadata = new(Encoding.UTF8.GetString(bytes.WrittenSpan), [.. pairs.Select(pair => (pair.Key, pair.Value.Kind, pair.Value.Value))]);
        return null;
    }

    private static (char Kind, string Text)? Value(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => ('s', reader.GetString()!),
        JsonTokenType.True => ('b', "true"),
        JsonTokenType.False => ('b', "false"),
        JsonTokenType.Number when reader.TryGetInt64(out var number) => ('i', number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        _ => null,
    };

    private static void Write(Utf8JsonWriter json, string name, (char Kind, string Text) value)
    {
        if (value.Kind == 's') json.WriteString(name, value.Text);
        else
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.Text);
        }
    }
}
