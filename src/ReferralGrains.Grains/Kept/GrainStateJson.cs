using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Orleans.Storage;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Due;

namespace ReferralGrains.Grains.Kept;

/// <summary>How grain state is written: our JSON. What cannot be read counts as never written, for nothing that is kept here is the truth.</summary>
internal sealed class GrainStateJson : IGrainStorageSerializer
{
    private static readonly JsonSerializerOptions Options = new(JournalJson.Default.Options)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(JournalJson.Default, WakerJson.Default),
    };

    public BinaryData Serialize<T>(T? input) => BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(input!, Info<T>()));

    public T Deserialize<T>(BinaryData input)
    {
        try
        {
            return JsonSerializer.Deserialize(input.ToMemory().Span, Info<T>())!;
        }
        catch (JsonException)
        {
            return default!;
        }
    }

    private static JsonTypeInfo<T> Info<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WakerState))]
internal sealed partial class WakerJson : JsonSerializerContext;
