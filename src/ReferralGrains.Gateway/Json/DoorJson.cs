using System.Text.Json;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Json;

/// <summary>A value that JSON allows and the door does not; the serializer adds where it stands.</summary>
internal sealed class BadValueException(Func<string, Problem> problem) : JsonException
{
    public Problem At(string param) => problem(param);
}

/// <summary>Lets only valid ids in: behind the door an id is right.</summary>
internal sealed class CallerIdAtDoor : JsonConverter<CallerId>
{
    public override CallerId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String) throw new BadValueException(Problem.InvalidId);
        var text = reader.GetString()!;
        return CallerId.IsValid(text) ? new(text) : throw new BadValueException(Problem.InvalidId);
    }

    public override void Write(Utf8JsonWriter writer, CallerId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}

/// <summary>Instants with their offset, and no other spelling (RFC 3339); written in UTC.</summary>
internal sealed class InstantAtDoor : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Instant.TryParse(reader.GetString()!, out var instant)
            ? instant
            : throw new BadValueException(param => Problem.InvalidField(param, Instant.Expected));

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[Instant.MaxLength];
        writer.WriteStringValue(Instant.Format(value, text));
    }
}
