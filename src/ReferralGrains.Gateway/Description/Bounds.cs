using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using ReferralGrains.Gateway.Json;

namespace ReferralGrains.Gateway.Description;

/// <summary>What a field may hold, beyond its type. It stands at the field, in the parser's own constants, and in the description.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class BoundAttribute : Attribute
{
    public abstract void Describe(OpenApiSchema schema);

    public static void Describe(OpenApiSchema schema, ICustomAttributeProvider? field)
    {
        foreach (var bound in field?.GetCustomAttributes(typeof(BoundAttribute), inherit: false).Cast<BoundAttribute>() ?? []) bound.Describe(schema);
    }

    /// <summary>Where a field may be null, null is one of its words.</summary>
    protected static IList<JsonNode> Choices(IEnumerable<string> words, OpenApiSchema schema)
    {
        var choices = words.Select(word => (JsonNode)JsonValue.Create(word)).ToList();
        if (schema.Type?.HasFlag(JsonSchemaType.Null) == true) choices.Add(JsonNullSentinel.JsonNull);
        return choices;
    }
}

/// <summary>A whole number from one to another, both included.</summary>
internal sealed class WholeAttribute(long min, long max) : BoundAttribute
{
    public override void Describe(OpenApiSchema schema) =>
        (schema.Minimum, schema.Maximum) = (min.ToString(CultureInfo.InvariantCulture), max.ToString(CultureInfo.InvariantCulture));
}

/// <summary>A text of so many characters at most; or so many entries of a list, each a text.</summary>
internal sealed class AtMostAttribute(int count) : BoundAttribute
{
    /// <summary>Of the entries of a list: the characters of each.</summary>
    public int Each { get; init; }

    public override void Describe(OpenApiSchema schema)
    {
        if (schema.Type?.HasFlag(JsonSchemaType.Object) == true) schema.MaxProperties = count;
        else if (schema.Type?.HasFlag(JsonSchemaType.Array) != true) schema.MaxLength = count;
        else
        {
            schema.MaxItems = count;
            if (Each > 0 && schema.Items is OpenApiSchema items) (items.MinLength, items.MaxLength) = (1, Each);
        }
    }
}

/// <summary>One of a few words.</summary>
internal sealed class OneOfAttribute : BoundAttribute
{
    private readonly IEnumerable<string> words;

    /// <summary>Of an answer.</summary>
    public OneOfAttribute(params string[] words) => this.words = words;

    /// <summary>Of a body: the table that it is parsed by.</summary>
    public OneOfAttribute(Type holder, string table) =>
        words = ((IWords)holder.GetField(table, BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!).Known;

    public override void Describe(OpenApiSchema schema) => schema.Enum = Choices(words, schema);
}

/// <summary>Of a body that is one of a few words, or an object that has lists of texts.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class WordOrAttribute(Type holder, string table, params string[] lists) : Attribute
{
    public void Describe(OpenApiSchema schema)
    {
        var word = new OpenApiSchema { Type = JsonSchemaType.String };
        new OneOfAttribute(holder, table).Describe(word);
        var names = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } };
        schema.OneOf = [word, new OpenApiSchema { Type = JsonSchemaType.Object, Properties = lists.ToDictionary(list => list, _ => (IOpenApiSchema)names) }];
    }
}

/// <summary>A text of a form that a regular expression tells.</summary>
internal sealed class FormAttribute(string pattern) : BoundAttribute
{
    public const string Currency = "^[A-Za-z]{3}$";

    /// <summary>Every printable ASCII character that an id may hold.</summary>
    public const string Id = @"^[!#-&(-;=?-\[\]-_a-~]{1,200}$";

    /// <summary>A currency, <c>credit:CURRENCY</c>, <c>points</c>, or a thing with its id.</summary>
    public const string Asset = @"^((credit:)?[A-Za-z]{3}|points|(service|coupon|item):[!#-&(-;=?-\[\]-_a-~]{1,200})$";

    /// <summary>A date, which is a day in the program's time zone, or an instant.</summary>
    public const string DateOrInstant = @"^\d{4}-\d{2}-\d{2}([Tt].+)?$";

    public override void Describe(OpenApiSchema schema) => schema.Pattern = pattern;
}

/// <summary>A body as one would send it. A test sends them all.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ExampleAttribute(string json) : Attribute
{
    public static JsonNode? Of(Type? body) => body?.GetCustomAttribute<ExampleAttribute>() is { } example ? JsonNode.Parse(example.Json) : null;

    private string Json => json;
}
