using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Json;

/// <summary>Answers that are JSON.</summary>
internal static class Answers
{
    public static IResult Ok<T>(T value, JsonTypeInfo<T> type) => TypedResults.Json(value, type);

    /// <summary>201 and its address for what was made now, 200 for what was there.</summary>
    /// <param name="of">Of its address: the collection and the ids that name it there.</param>
    public static IResult Created<T>(HttpContext context, T value, bool isNew, JsonTypeInfo<T> type, params ReadOnlySpan<string> of)
    {
        if (!isNew) return Ok(value, type);
        var location = "/v1";
        foreach (var part in of) location += "/" + Uri.EscapeDataString(part);
        context.Response.Headers.Location = location;
        return TypedResults.Json(value, type, statusCode: StatusCodes.Status201Created);
    }
}

/// <summary>Which page of a list is asked for.</summary>
/// <param name="After">The id of the last entry of the page before; null for the first page.</param>
internal readonly record struct Paging(string? After, int Limit)
{
    private const int Default = 20;
    public const int Most = 100;

    public static Paging OfEntries(HttpContext context) => Of(context, PageCursor.IsEntry);

    /// <summary>Of a list whose entries have callers' ids; whether there is such an entry is asked by whoever reads the list.</summary>
    public static Paging OfIds(HttpContext context) => Of(context, static _ => true);

    public static Problem NoEntry => Problem.InvalidField("starting_after", "The id of an entry of this list is expected.");

    /// <summary>Of a list that looks up where its page starts: null where nothing has that id.</summary>
    public static Page<T> Found<T>(Page<T>? page) => page ?? throw NoEntry.AsException();

    /// <param name="isId">Whether a text is the id of an entry of this list.</param>
    public static Paging Of(HttpContext context, Func<string, bool> isId)
    {
        var after = context.Single("starting_after");
        if (after is not null && !isId(after)) throw NoEntry.AsException();
        if (context.Single("limit") is not { } text) return new(after, Default);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= Most
            ? new(after, limit)
            : throw Problem.InvalidField("limit", $"A whole number from 1 to {Most} is expected, not {Text.Shown(text)}.").AsException();
    }
}

/// <summary>A page of a list, as the outside knows it.</summary>
/// <param name="HasMore">Whether another page follows: ask with <c>starting_after</c>.</param>
internal sealed record PageAnswer<T>(System.Collections.Immutable.ImmutableArray<T> Data, bool HasMore);

/// <summary>Query parameters, as strictly read as bodies.</summary>
internal static class Query
{
    /// <summary>True only for <c>true</c>: what else is there is no slip that could save something.</summary>
    public static bool Flag(this HttpContext context, string name) => context.Single(name) switch
    {
        null or "false" => false,
        "true" => true,
        var other => throw Problem.InvalidField(name, $"Expected is true or false, not {Text.Shown(other)}.").AsException(),
    };

    /// <summary>Null when it is absent.</summary>
    public static string? Single(this HttpContext context, string name)
    {
        if (!context.Request.QueryString.HasValue) return null;
        var values = context.Request.Query[name];
        return values.Count > 1 ? throw Problem.DuplicateField(name).AsException() : values is [{ Length: > 0 } value] ? value : null;
    }
}
