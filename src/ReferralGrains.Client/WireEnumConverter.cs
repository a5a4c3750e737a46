using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReferralGrains.Client;

/// <summary>Words of the API as enums. A word that only a newer server knows is read as <c>Unknown</c>, which cannot be written.</summary>
internal sealed class WireEnumConverter : JsonConverterFactory
{
    private static readonly ConcurrentDictionary<Enum, string> names = new();

    public static string NameOf(Enum word) => names.GetOrAdd(word, static word =>
        word.GetType().GetField(word.ToString())?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
        ?? throw new ArgumentException($"{word.GetType().Name}.{word} is no word of the API."));

    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert))!;

    private sealed class Of<TEnum> : JsonConverter<TEnum>
        where TEnum : struct, Enum
    {
        private readonly Dictionary<string, TEnum> words = Enum.GetValues<TEnum>().Where(static word => !word.Equals(default(TEnum))).ToDictionary(static word => NameOf(word));

        public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => words.GetValueOrDefault(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) => writer.WriteStringValue(NameOf(value));
    }
}
