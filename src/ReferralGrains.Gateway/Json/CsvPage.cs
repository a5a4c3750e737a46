using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ReferralGrains.Gateway.Json;

/// <summary>A page as a table: the fields of its JSON as columns, those of an inner object as <c>outer_inner</c>, lists and maps as JSON.</summary>
internal static class CsvPage
{
    /// <param name="name">What the file is called.</param>
    public static CsvAnswer Of<T>(ImmutableArray<T> entries, JsonTypeInfo<PageAnswer<T>> page, string name)
    {
        var type = page.Options.GetTypeInfo(typeof(T));
        var columns = Columns(type, "").ToList();
        return new(columns, Rows(entries, type, columns), name);
    }

    private static async IAsyncEnumerable<IReadOnlyList<string?>> Rows<T>(ImmutableArray<T> entries, JsonTypeInfo type, List<string> columns)
    {
        var known = columns.ToHashSet(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var cells = new Dictionary<string, string?>(columns.Count);
            Collect(JsonSerializer.SerializeToElement(entry, type), "", known, cells);
            yield return [.. columns.Select(column => cells.GetValueOrDefault(column))];
        }

        await Task.CompletedTask;
    }

    // From the type, so that a column is there also where no entry has a value for it.
    private static IEnumerable<string> Columns(JsonTypeInfo type, string prefix)
    {
        foreach (var property in type.Properties)
        {
            var inner = type.Options.GetTypeInfo(property.PropertyType);
            if (inner.Kind != JsonTypeInfoKind.Object) yield return prefix + property.Name;
            else
                foreach (var column in Columns(inner, prefix + property.Name + "_")) yield return column;
        }
    }

    // An object whose fields the type does not tell, such as one of attributes, is one cell.
    private static void Collect(JsonElement json, string prefix, HashSet<string> columns, Dictionary<string, string?> cells)
    {
        foreach (var property in json.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object && !columns.Contains(prefix + property.Name)) Collect(property.Value, prefix + property.Name + "_", columns, cells);
            else cells[prefix + property.Name] = property.Value.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => property.Value.GetString(),
                _ => property.Value.GetRawText(),
            };
        }
    }
}
