using System.Text.Json.Nodes;

namespace ReferralGrains.Client.Tests.Generation;

/// <summary>What the clients are written from: docs/openapi.json, read into what both languages need.</summary>
internal sealed class ApiDescription
{
    private readonly JsonObject schemas;

    public ApiDescription(JsonNode document)
    {
        schemas = document["components"]!["schemas"]!.AsObject();
        Types = [.. schemas.Where(schema => Properties(schema.Value!) is not null).Select(schema => Type(schema.Key, schema.Value!))];
        Operations = [.. document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(operation => Read(path.Key, operation.Key, operation.Value!)))
            .OfType<Operation>()];
    }

    public IReadOnlyList<TypeOfApi> Types { get; }

    public IReadOnlyList<Operation> Operations { get; }

    // Of the server itself: pages and probes, not for programs.
    private Operation? Read(string path, string method, JsonNode operation)
    {
        if (operation["tags"]?.AsArray().Any(tag => (string?)tag == "server") == true) return null;
        var name = (string)operation["operationId"]!;
        var parameters = (operation["parameters"]?.AsArray() ?? []).Select(parameter => parameter!)
            .Where(parameter => (string?)parameter["in"] is "path" or "query")
            .Select(parameter => new Parameter(
                (string)parameter["name"]!, (string?)parameter["in"] == "path", Shape(parameter["schema"]!, Pascal(name) + Pascal((string)parameter["name"]!)).Shape,
                (string?)parameter["description"]))
            .ToList();
        var body = operation["requestBody"]?["content"]?.AsObject();
        var answer = operation["responses"]!.AsObject().Where(one => one.Key.StartsWith('2')).Select(one => one.Value!["content"]?.AsObject()).FirstOrDefault();
        var isLines = body?.ContainsKey("application/x-ndjson") == true;
        var type = isLines ? "application/x-ndjson" : "application/json";
        return new(
            name, method, path, (string)operation["summary"]!, (string?)operation["description"] ?? "", parameters,
            body?[type]?["schema"] is { } taken ? Shape(taken, name).Shape : null,
            answer?[type]?["schema"] is { } given ? Shape(given, name).Shape : null,
            isLines)
        {
            Cursor = CursorOf(answer?[type]?["schema"]),
        };
    }

    // The id of an entry: called id, or, where it is a caller's own, the first of its fields.
    private string CursorOf(JsonNode? answer) =>
        answer?["$ref"] is { } page && schemas[((string)page!).Split('/')[^1]]!["properties"]?["data"]?["items"]?["$ref"] is { } entry
        && Properties(schemas[((string)entry!).Split('/')[^1]]!) is { } properties && !properties.ContainsKey("id")
            ? properties.First().Key
            : "id";

    private TypeOfApi Type(string name, JsonNode schema)
    {
        var required = (schema["required"]?.AsArray() ?? []).Select(one => (string)one!).ToHashSet();
        return new(name, (string?)schema["description"], [.. Properties(schema)!.Select(property =>
        {
            var (shape, isNullable) = Shape(property.Value!, name + Pascal(property.Key));
            var description = (string?)property.Value!["description"] ?? (string?)(property.Value["oneOf"]?.AsArray().LastOrDefault()?["description"]);
            return new Property(property.Key, shape, required.Contains(property.Key), isNullable, description);
        })]);
    }

    private static JsonObject? Properties(JsonNode schema) => schema["properties"]?.AsObject();

    private (Shape Shape, bool IsNullable) Shape(JsonNode schema, string owner)
    {
        if (schema["$ref"] is { } reference)
        {
            var name = ((string)reference!).Split('/')[^1];
            var target = schemas[name]!;
            return Properties(target) is null ? Shape(target, owner) : (new Shape.Of(name), false);
        }

        if (schema["oneOf"] is JsonArray choices)
        {
            var real = choices.Where(choice => (string?)choice!["type"] != "null").ToList();
            return real.Count == 1 ? (Shape(real[0]!, owner).Shape, real.Count < choices.Count) : (new Shape.Any(), real.Count < choices.Count);
        }

        var types = schema["type"] switch
        {
            JsonArray many => [.. many.Select(one => (string)one!)],
            { } one => [(string)one!],
            null => new List<string>(),
        };
        var isNullable = types.Remove("null");
        if (schema["enum"] is JsonArray words) return (new Shape.Words(owner, [.. words.Where(word => word is not null).Select(word => (string)word!)]), isNullable);
        return (types.SingleOrDefault() switch
        {
            "string" => (string?)schema["format"] == "date-time" ? new Shape.Time() : new Shape.Text(),
            "integer" => new Shape.Whole(IsLong: (string?)schema["format"] == "int64"),
            "number" => new Shape.Fraction(),
            "boolean" => new Shape.Flag(),
            "array" => new Shape.List(Shape(schema["items"]!, owner).Shape),
            "object" when schema["additionalProperties"] is JsonObject values => new Shape.Map(Shape(values, owner).Shape),
            _ => (Shape)new Shape.Any(),
        }, isNullable);
    }

    public static string Pascal(string name) => string.Concat(name.Split('_', '-', '.').Where(part => part.Length > 0).Select(part => char.ToUpperInvariant(part[0]) + part[1..]));

    public static string Camel(string name) => char.ToLowerInvariant(name[0]) + Pascal(name)[1..];
}

/// <param name="IsLines">Takes lines and answers lines.</param>
internal sealed record Operation(
    string Name, string Method, string Path, string Summary, string Description, IReadOnlyList<Parameter> Parameters, Shape? Body, Shape? Answer, bool IsLines)
{
    public IEnumerable<Parameter> InPath => Parameters.Where(parameter => parameter.IsInPath);

    /// <summary>The cursor is the client's own business.</summary>
    public IEnumerable<Parameter> InQuery => Parameters.Where(parameter => !parameter.IsInPath && !(IsPage && parameter.Name == "starting_after") && !IsLines);

    public bool IsPage => Answer is Shape.Of { Name: var name } && name.StartsWith("PageAnswerOf", StringComparison.Ordinal);

    /// <summary>The field of an entry that the next page starts after.</summary>
    public string Cursor { get; init; } = "id";

    /// <summary>What a page holds.</summary>
    public string Entry => ((Shape.Of)Answer!).Name["PageAnswerOf".Length..];
}

internal sealed record Parameter(string Name, bool IsInPath, Shape Shape, string? Description);

internal sealed record TypeOfApi(string Name, string? Description, IReadOnlyList<Property> Properties);

internal sealed record Property(string Name, Shape Shape, bool IsRequired, bool IsNullable, string? Description);

/// <summary>What a value looks like.</summary>
internal abstract record Shape
{
    public sealed record Of(string Name) : Shape;

    public sealed record Words(string Owner, IReadOnlyList<string> All) : Shape;

    public sealed record Text : Shape;

    public sealed record Time : Shape;

    public sealed record Whole(bool IsLong) : Shape;

    public sealed record Fraction : Shape;

    public sealed record Flag : Shape;

    public sealed record List(Shape Item) : Shape;

    public sealed record Map(Shape Value) : Shape;

    /// <summary>Any JSON.</summary>
    public sealed record Any : Shape;
}
