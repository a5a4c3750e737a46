using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReferralGrains.Cli.Files;

/// <summary>
/// How the columns of somebody else's export become actions. Presets are such maps too, and docs/import.md explains each word.
/// </summary>
internal sealed record FileMap
{
    private static readonly string[] fields =
        ["action_id", "type", "referee_id", "occurred_at", "amount_minor", "base_minor", "currency", "refund_of", "chargeback_of", "products", "note"];

    private static readonly JsonSerializerOptions reading = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new NamesJson(), new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>Our own layout: each field has a column of its name, and no other column may be there.</summary>
    public static readonly FileMap Ours = new()
    {
        Columns = fields.ToDictionary(field => field, field => new Names([field])),
        IsOurs = true,
    };

    [JsonIgnore]
    public bool IsOurs { get; private init; }

    /// <summary>
    /// The column of each field; of several names the first whose cell is not empty counts. A name in braces is a cell with text around it.
    /// </summary>
    public IReadOnlyDictionary<string, Names> Columns { get; init; } = new Dictionary<string, Names>();

    /// <summary>Other columns for one type of action.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, Names>> ColumnsOf { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, Names>>();

    /// <summary>Which words mean which type; without it, and without a column for it, every row is a sale.</summary>
    public TypeWords? Types { get; init; }

    /// <summary>Rows count only with one of these words in these columns; at least one of the columns has to be there.</summary>
    public IReadOnlyDictionary<string, Names> Only { get; init; } = new Dictionary<string, Names>();

    /// <summary>Fields without which a row is left out instead of being wrong, such as the customer of a guest's order.</summary>
    public IReadOnlyList<string> SkipWithout { get; init; } = [];

    public DecimalMark Decimals { get; init; }

    /// <summary>Columns that earn no commission, such as tax and shipping: the base is the amount without them (X1).</summary>
    public IReadOnlyList<string> Subtract { get; init; } = [];

    /// <summary>What they are subtracted from, where the amount may be only a part of it: the base is as large a part of what is left.</summary>
    public string? Whole { get; init; }

    /// <summary>What an amount below zero is: nothing that may be, a refund of it, or just the other direction of the money.</summary>
    public NegativeAmounts Negative { get; init; }

    /// <summary>A refund that stands in the row of its sale.</summary>
    public RefundColumn? Refund { get; init; }

    public IReadOnlyList<string> Times { get; init; } = [];

    public string? TimeZone { get; init; }

    /// <summary>Rows that repeat the action's id add their product to it and nothing else.</summary>
    public bool RowsOfOneAction { get; init; }

    public string ProductSeparator { get; init; } = ";";

    public static IReadOnlyList<string> Presets { get; } = [.. Resources().Select(name => name[Prefix.Length..^".json".Length]).Order(StringComparer.Ordinal)];

    private static string Prefix => $"{typeof(FileMap).Namespace}.Presets.";

    public static FileMap Preset(string name)
    {
        using var resource = typeof(FileMap).Assembly.GetManifestResourceStream($"{Prefix}{name}.json")
            ?? throw new CommandFailed($"there is no preset '{name}'; there are {string.Join(", ", Presets)}");
        using var reader = new StreamReader(resource);
        return Parse(reader.ReadToEnd(), $"preset {name}");
    }

    public static FileMap Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw BadFile.Unreadable(path, unreadable);
        }
    }

    private static FileMap Parse(string json, string name)
    {
        try
        {
            var map = JsonSerializer.Deserialize<FileMap>(json, reading) ?? throw new JsonException("it is null");
            using var document = JsonDocument.Parse(json, new() { CommentHandling = JsonCommentHandling.Skip });
            if (document.RootElement.EnumerateObject().Any(member => !member.NameEquals("types") && HasNull(member.Value)))
                throw new JsonException("null says nothing but in the values of types");
            Known("field", fields, map.Columns.Keys.Concat(map.ColumnsOf.Values.SelectMany(of => of.Keys)).Concat(map.SkipWithout));
            Known("type", ActionDraft.Types, map.ColumnsOf.Keys.Concat(map.Types?.Values.Values.OfType<string>() ?? []));
            return map;
        }
        catch (JsonException bad)
        {
            throw new CommandFailed($"{name} is not a map: {bad.Message.ReplaceLineEndings(" ")}");
        }

        void Known(string what, IReadOnlyList<string> known, IEnumerable<string> said)
        {
            if (said.FirstOrDefault(word => !known.Contains(word)) is { } unknown)
                throw new CommandFailed($"{name}: there is no {what} '{unknown}'; there are {string.Join(", ", known)}");
        }
    }

    // The serializer looks for null in members alone, and not in lists and dictionaries.
    private static bool HasNull(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => value.EnumerateArray().Any(HasNull),
        JsonValueKind.Object => value.EnumerateObject().Any(member => HasNull(member.Value)),
        _ => false,
    };

    private static IEnumerable<string> Resources() =>
        Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal));

    private sealed class NamesJson : JsonConverter<Names>
    {
        public override Names Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? new([reader.GetString()!]) : new(JsonSerializer.Deserialize<string[]>(ref reader, options)!);

        public override void Write(Utf8JsonWriter writer, Names value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}

/// <summary>One name or several.</summary>
internal sealed record Names(IReadOnlyList<string> All)
{
    public override string ToString() => string.Join(" or ", All.Select(name => $"'{name}'"));
}

/// <param name="Column">Where the word stands.</param>
/// <param name="Values">Our type for each word, or null for rows that are left out.</param>
/// <param name="SkipOthers">Rows with other words are left out too, instead of being wrong.</param>
internal sealed record TypeWords(string Column, IReadOnlyDictionary<string, string?> Values, bool SkipOthers = false);

internal enum NegativeAmounts
{
    Wrong,
    Refund,
    Absolute,
}

/// <param name="Amount">The column with the amount that went back.</param>
/// <param name="OccurredAt">The column with its time.</param>
/// <param name="WholeIf">The words in columns that say that all of it went back, where no amount says so.</param>
internal sealed record RefundColumn(
    Names? Amount = null, Names? OccurredAt = null, IReadOnlyDictionary<string, Names>? WholeIf = null);
