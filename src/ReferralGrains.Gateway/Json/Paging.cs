using System.Globalization;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Json;

/// <summary>Which page of a list is asked for.</summary>
/// <param name="After">The id of the last entry of the page before; null for the first page.</param>
internal readonly record struct Paging(string? After, int Limit)
{
    private const int Default = 20;
    private const int Most = 100;

    public static Paging OfRewards(HttpContext context) => Of(context, PageCursor.IsReward);

    public static Paging OfEntries(HttpContext context) => Of(context, PageCursor.IsEntry);

    private static Paging Of(HttpContext context, Func<string, bool> isId)
    {
        var after = context.Single("starting_after");
        if (after is not null && !isId(after)) throw Problem.InvalidField("starting_after", "The id of an entry of this list is expected.").AsException();
        if (context.Single("limit") is not { } text) return new(after, Default);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= Most
            ? new(after, limit)
            : throw Problem.InvalidField("limit", $"A whole number from 1 to {Most} is expected.").AsException();
    }
}

/// <summary>A page of a list, as the outside knows it.</summary>
/// <param name="HasMore">Whether another page follows: ask with <c>starting_after</c>.</param>
internal sealed record PageAnswer<T>(System.Collections.Immutable.ImmutableArray<T> Data, bool HasMore);
