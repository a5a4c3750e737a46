using System.Globalization;
using System.Text.Json.Nodes;

namespace ReferralGrains.Payouts.Standin;

/// <summary>The objects of one kind, in the order in which they were made. They are kept as they are answered.</summary>
/// <param name="kind">As an error names it.</param>
/// <param name="indexed">A field by which lists are asked for often.</param>
internal sealed class Shelf(string kind, string? indexed = null)
{
    private const int MostPerPage = 100;
    private const int UsualPerPage = 10;

    private readonly List<JsonObject> all = [];
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<JsonObject>> groups = new(StringComparer.Ordinal);

    public IReadOnlyList<JsonObject> All => all;

    public JsonObject Add(JsonObject one)
    {
        places.Add(Id(one), all.Count);
        all.Add(one);
        if (indexed is not null && (string?)one[indexed] is { } group)
        {
            if (!groups.TryGetValue(group, out var members)) groups[group] = members = [];
            members.Add(one);
        }

        return one;
    }

    public JsonObject? Find(string id) => places.TryGetValue(id, out var place) ? all[place] : null;

    public JsonObject Get(string id) => Find(id) ?? throw StandinProblem.Missing(kind, id);

    /// <summary>A list as v1 answers it: the newest first, from a cursor on.</summary>
    public JsonObject Page(StandinRequest request, string url, Func<JsonObject, bool>? filter = null)
    {
        var limit = request.Positive("limit") ?? UsualPerPage;
        if (limit > MostPerPage) throw StandinProblem.Invalid("parameter_invalid_integer", $"This value must be less than or equal to {MostPerPage} (it was {limit}).", "limit");
        var found = Candidates(request).Where(one => IsWithin(request, one) && filter?.Invoke(one) != false);
        if (request["ending_before"] is { } before)
        {
            var place = Place(before);
            var newer = found.Where(one => places[Id(one)] > place).Take((int)limit + 1).ToList();
            return List(url, newer.Take((int)limit).Reverse(), newer.Count > limit);
        }

        var after = request["starting_after"] is { } cursor ? Place(cursor) : int.MaxValue;
        var older = found.Reverse().Where(one => places[Id(one)] < after).Take((int)limit + 1).ToList();
        return List(url, older.Take((int)limit), older.Count > limit);
    }

    public static JsonObject List(string url, IEnumerable<JsonObject> data, bool hasMore) => new()
    {
        ["object"] = "list",
        ["data"] = new JsonArray([.. data.Select(static one => one.DeepClone())]),
        ["has_more"] = hasMore,
        ["url"] = url,
    };

    private List<JsonObject> Candidates(StandinRequest request) =>
        indexed is not null && request[indexed] is { } group ? groups.GetValueOrDefault(group, []) : all;

    private static bool IsWithin(StandinRequest request, JsonObject one)
    {
        if ((long?)one["created"] is not { } created) return true;
        return (At("created[gt]") is not { } gt || created > gt) && (At("created[gte]") is not { } gte || created >= gte)
            && (At("created[lt]") is not { } lt || created < lt) && (At("created[lte]") is not { } lte || created <= lte);

        long? At(string name) => request[name] is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;
    }

    private int Place(string id) => places.TryGetValue(id, out var place) ? place : throw StandinProblem.Missing(kind, id, "starting_after", status: 400);

    private static string Id(JsonObject one) => (string)one["id"]!;
}
