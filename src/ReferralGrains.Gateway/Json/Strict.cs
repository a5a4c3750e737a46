using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Json;

/// <summary>
/// Says what is wrong with a body that the serializer refused. The serializer stands guard; this only looks again, so that the field
/// is named as the caller wrote it and not by the wording of an exception.
/// </summary>
internal static class Strict
{
    public const int MaxDepth = 64;

    public static readonly JsonReaderOptions Reading = new() { MaxDepth = MaxDepth };

    /// <summary>A value that was refused, as far as a line of text holds it.</summary>
    public static string Found(in Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => Text.Shown(reader.GetString()!),
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        _ => Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(40, reader.ValueSpan.Length)]),
    };

    /// <returns>What is wrong with it, or null.</returns>
    public static Problem? Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, out T value)
    {
        value = default!;
        try
        {
            var reader = new Utf8JsonReader(json, Reading);
            if (JsonSerializer.Deserialize(ref reader, type) is not { } parsed) return Problem.InvalidJson(null, "An object is expected.");
            if (reader.Read()) return Problem.InvalidJson(null, "Something follows the object.");
            value = parsed;
            return json.IndexOf("null"u8) < 0 ? null : Nulls(json, type);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Diagnose(json, type, exception);
        }
    }

    // The serializer lets null stand in an array whatever its items are; no array here has a use for it.
    private static Problem? Nulls(ReadOnlySpan<byte> json, JsonTypeInfo type)
    {
        var reader = new Utf8JsonReader(json, Reading);
        reader.Read();
        return Walk(ref reader, type, "");
    }

    private static Problem Diagnose(ReadOnlySpan<byte> json, JsonTypeInfo type, Exception exception)
    {
        var path = (exception as JsonException)?.Path is { Length: > 2 } found ? Param(found) : null;
        if (exception is BadValueException bad && path is not null) return bad.At(path);
        try
        {
            var reader = new Utf8JsonReader(json, Reading);
            reader.Read();
            if (Walk(ref reader, type, "") is { } problem) return problem;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return Problem.InvalidJson(path, $"This is not JSON, or it is nested deeper than {MaxDepth}.");
        }

        return path is null
            ? Problem.InvalidJson(null, "A JSON object of this call's fields is expected.")
            : Problem.InvalidField(path, "A value of another type is expected.");
    }

    // Follows the types as far as they are objects; what the fields hold is the serializer's.
    private static Problem? Walk(ref Utf8JsonReader reader, JsonTypeInfo type, string path)
    {
        if (type.Kind != JsonTypeInfoKind.Object || reader.TokenType != JsonTokenType.StartObject)
        {
            return type.Kind == JsonTypeInfoKind.Enumerable && reader.TokenType == JsonTokenType.StartArray
                ? WalkItems(ref reader, type, path)
                : Skip(ref reader);
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var param = path.Length == 0 ? name : $"{path}.{name}";
            if (!seen.Add(name)) return Problem.DuplicateField(param);
            if (type.Properties.FirstOrDefault(property => property.Name == name) is not { } known) return Problem.UnknownField(Shown(param));
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null && !known.IsSetNullable && known.IsRequired) return Problem.MissingField(param);
            if (Expected(reader, Nullable.GetUnderlyingType(known.PropertyType) ?? known.PropertyType) is { } expected)
                return Problem.InvalidField(Shown(param), $"{expected} is expected, not {Found(reader)}.");
            if (Walk(ref reader, TypeOf(known.PropertyType, type), param) is { } problem) return problem;
        }

        var missing = type.Properties.FirstOrDefault(property => property.IsRequired && !seen.Contains(property.Name));
        return missing is null ? null : Problem.MissingField(path.Length == 0 ? missing.Name : $"{path}.{missing.Name}");
    }

    private static Problem? WalkItems(ref Utf8JsonReader reader, JsonTypeInfo type, string path)
    {
        var item = TypeOf(type.ElementType!, type);
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (reader.TokenType == JsonTokenType.Null) return Problem.InvalidField($"{path}[{i}]", "A value is expected, not null.");
            if (Walk(ref reader, item, $"{path}[{i}]") is { } problem) return problem;
        }

        return null;
    }

    // The plain types; what has a converter says by itself what it expects.
    private static string? Expected(in Utf8JsonReader reader, Type type)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (type == typeof(string)) return reader.TokenType == JsonTokenType.String ? null : "A text";
        if (type == typeof(bool)) return reader.TokenType is JsonTokenType.True or JsonTokenType.False ? null : "true or false";
        if (type == typeof(long)) return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out _) ? null : "A whole number";
        return type == typeof(int) && !(reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out _)) ? "A whole number" : null;
    }

    private static JsonTypeInfo TypeOf(Type type, JsonTypeInfo around) => around.Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);

    private static Problem? Skip(ref Utf8JsonReader reader)
    {
        reader.Skip();
        return null;
    }

    // $.reward.kind and $['odd name'] to what the caller wrote; never more than a line of it.
    private static string Param(string path) => Shown(path.Replace("$.", "", StringComparison.Ordinal).Replace("$", "", StringComparison.Ordinal));

    private static string Shown(string param) => param.Length <= 100 ? param : param[..100];
}
