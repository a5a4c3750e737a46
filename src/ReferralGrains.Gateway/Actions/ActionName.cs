using System.Text.Json;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Json;

namespace ReferralGrains.Gateway.Actions;

/// <summary>What a line that was refused calls itself, so that its sender finds it again.</summary>
internal static class ActionName
{
    /// <summary>Null when no valid id can be made out.</summary>
    public static string? Find(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, Strict.Reading);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isName = reader.ValueTextEquals("action_id"u8);
                reader.Read();
                if (isName) return reader.TokenType == JsonTokenType.String && reader.GetString() is { } id && CallerId.IsValid(id) ? id : null;
                reader.Skip();
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // It is refused as malformed already.
        }

        return null;
    }
}
