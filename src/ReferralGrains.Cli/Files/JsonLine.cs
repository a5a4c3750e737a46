using System.Globalization;
using System.Text.Json;

namespace ReferralGrains.Cli.Files;

/// <summary>Writes one object on one line.</summary>
internal static class JsonLine
{
    public static byte[] Write(Action<Utf8JsonWriter> fields)
    {
        using var bytes = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    public static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
