using System.Numerics;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Json;

/// <summary>What a list may be narrowed by: a query parameter of one name and one meaning everywhere.</summary>
[Flags]
internal enum Filters
{
    None = 0,
    Program = 1,
    Referrer = 2,
    Referee = 4,
    State = 8,

    /// <summary><c>from</c>, <c>to</c>, or both.</summary>
    Period = 16,

    /// <summary><c>q</c>: what ids begin with.</summary>
    Prefix = 32,
}

/// <summary>What all lists have in common.</summary>
internal static class Listing
{
    internal static readonly (Filters Filter, string[] Names)[] Names =
    [
        (Filters.Program, ["program_id"]), (Filters.Referrer, ["referrer_id"]), (Filters.Referee, ["referee_id"]), (Filters.State, ["state"]), (Filters.Period, ["from", "to"]),
        (Filters.Prefix, ["q"]),
    ];

    /// <summary>Whether a query parameter of this name narrows a list, if not necessarily each.</summary>
    public static bool IsFilter(string name) => Array.Exists(Names, filter => filter.Names.Contains(name));
}

/// <summary>
/// A collection as a list: which filters it has, in which combinations there is an index for them, what an entry's id looks like, and how
/// its pages are answered, as JSON or, to <c>Accept: text/csv</c>, as CSV. A capability holds one for each of its collections:
/// <code>
/// private static readonly Listing&lt;FlagAnswer&gt; Flags = new(GatewayJson.Default.PageAnswerFlagAnswer, FlagName.IsValid, States.Known, Filters.State, Filters.Referrer | Filters.State);
/// …
/// routes.Get("/v1/flags", List).Needs(KeyRole.Read).WithSummary("Flags").Lists(Flags);
/// …
/// var (filter, state) = Flags.Read(context);
/// return Flags.Answer(context, entries, page.HasMore, entry => entry.Id);
/// </code>
/// </summary>
/// <param name="isId">Whether a text may be the id of an entry, which the next page starts after.</param>
/// <param name="states">The words of <c>state</c>, if the collection has any.</param>
/// <param name="supported">The combinations that there is an index for; nothing at all is always one. Others are refused.</param>
internal sealed class Listing<T>(JsonTypeInfo<PageAnswer<T>> page, Func<string, bool> isId, IEnumerable<string> states, params Filters[] supported)
{
    private readonly string[] states = [.. states];

    /// <summary>The query parameters, for the description and for whoever refuses others.</summary>
    public QueryParameter[] Parameters { get; } = [.. Describe(supported.Aggregate(Filters.None, static (all, one) => all | one), [.. states])];

    /// <summary>What is asked for, and the word of <c>state</c>, which is one of the collection's.</summary>
    public (ListFilter Filter, string? State) Read(HttpContext context)
    {
        var paging = Paging.Of(context, isId);
        var filter = new ListFilter(context.Caller().Tenant, paging.Limit, paging.After)
        {
            Program = Id(context, "program_id"),
            Referrer = Id(context, "referrer_id"),
            Referee = Id(context, "referee_id"),
            From = Times.Of(context, Times.From),
            To = Times.Of(context, Times.To),
            Prefix = Id(context, "q")?.Value,
        };
        var state = context.Single("state");
        if (state is not null && states.Length > 0 && !states.Contains(state))
            throw Problem.InvalidField("state", $"Expected is one of {string.Join(", ", states)}, not {Text.Shown(state)}.").AsException();
        if (filter.From >= filter.To) throw Problem.InvalidField("to", "A time after from is expected.").AsException();
        var asked = (filter.Program is null ? 0 : Filters.Program) | (filter.Referrer is null ? 0 : Filters.Referrer) | (filter.Referee is null ? 0 : Filters.Referee)
            | (state is null ? 0 : Filters.State) | (filter.From is null && filter.To is null ? 0 : Filters.Period) | (filter.Prefix is null ? 0 : Filters.Prefix);
        return asked == Filters.None || supported.Contains(asked) ? (filter, state) : throw Unsupported(asked).AsException();
    }

    /// <param name="id">What the next page starts after.</param>
    public IResult Answer(HttpContext context, IEnumerable<T> entries, bool hasMore, Func<T, string> id)
    {
        var data = new PageAnswer<T>([.. entries], hasMore);
        context.Response.Headers.Vary = "Accept";
        if (hasMore) context.Response.Headers.Link = $"<{Next(context, id(data.Data[^1]))}>; rel=\"next\"";
        return CsvAnswer.IsAsked(context) ? CsvPage.Of(data.Data, page, context.Request.Path.Value!.Split('/')[^1]) : Answers.Ok(data, page);
    }

    private static string Next(HttpContext context, string after)
    {
        var query = context.Request.Query.Where(pair => pair.Key != "starting_after").Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value.ToString())}");

        // As it was sent: an id in it may hold a slash.
        var path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        return $"{path}?{string.Join('&', query.Append("starting_after=" + Uri.EscapeDataString(after)))}";
    }

    private static IEnumerable<QueryParameter> Describe(Filters all, string[] states)
    {
        if (all.HasFlag(Filters.Program)) yield return new("program_id", "string", "Only of this program.");
        if (all.HasFlag(Filters.Referrer)) yield return new("referrer_id", "string", "Only of this referrer.");
        if (all.HasFlag(Filters.Referee)) yield return new("referee_id", "string", "Only of this referee, which goes with its program.");
        if (all.HasFlag(Filters.State)) yield return new("state", "string", "Only what is in this state.", new OneOfAttribute(states));
        if (all.HasFlag(Filters.Period)) yield return Times.From;
        if (all.HasFlag(Filters.Period)) yield return Times.To;
        if (all.HasFlag(Filters.Prefix)) yield return new("q", "string", "Only ids that begin with this.");
    }

    private static CallerId? Id(HttpContext context, string name) =>
        context.Single(name) is not { } text ? null
        : CallerId.IsValid(text) ? new(text)
        : throw Problem.InvalidId(name, CallerIdAtDoor.Fault(text)).AsException();

    private Problem Unsupported(Filters asked)
    {
        var possible = supported.OrderBy(static one => BitOperations.PopCount((uint)one)).Select(static one => string.Join(" with ", Of(one)));
        var detail = $"There is no index for {string.Join(" with ", Of(asked))}. Possible are {string.Join("; ", possible)}.";
        return Problem.Unprocessable("filter_unsupported", Of(asked)[0], detail);
    }

    private static string[] Of(Filters filters) => [.. Listing.Names.Where(name => filters.HasFlag(name.Filter)).Select(static name => string.Join('/', name.Names))];
}
