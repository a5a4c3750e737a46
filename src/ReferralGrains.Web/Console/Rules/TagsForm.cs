using System.Text.Json.Nodes;

namespace ReferralGrains.Web.Console.Rules;

/// <summary>A condition on tags: a word for all of them, or tags by name.</summary>
public sealed class TagsForm
{
    /// <summary>ALL, ANY, NONE, or named.</summary>
    public string Word { get; set; } = "ALL";

    public string AnyOf { get; set; } = "";

    public string NoneOf { get; set; } = "";

    public static TagsForm Of(JsonNode? tags) => tags switch
    {
        JsonObject named => new() { Word = "named", AnyOf = Joined(named["any_of"]), NoneOf = Joined(named["none_of"]) },
        JsonValue word => new() { Word = (string)word! },
        _ => new(),
    };

    public JsonNode Body() => Word == "named" ? new JsonObject { ["any_of"] = Listed(AnyOf), ["none_of"] = Listed(NoneOf) } : JsonValue.Create(Word);

    private static string Joined(JsonNode? tags) => string.Join(", ", (tags as JsonArray ?? []).Select(static tag => (string)tag!));

    private static JsonArray Listed(string typed) =>
        [.. typed.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(static tag => (JsonNode)JsonValue.Create(tag))];
}
