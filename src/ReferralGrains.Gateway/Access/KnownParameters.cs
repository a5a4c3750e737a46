using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Access;

/// <summary>Refuses a query parameter that nobody reads: a misspelt dry_run was meant to do something. ASP.NET Core passes it over.</summary>
internal sealed class KnownParameters(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.QueryString.HasValue || context.GetEndpoint() is not RouteEndpoint endpoint) return next(context);
        if (endpoint.Metadata.GetMetadata<TakesAnyQuery>() is not null) return next(context);
        var known = endpoint.Metadata.GetMetadata<TakesQuery>()?.Parameters ?? [];

        // A filter of other lists is known, and the list says what it has an index for.
        var isList = endpoint.Metadata.GetMetadata<AnswersCsv>() is not null;
        foreach (var name in context.Request.Query.Keys)
            if (!known.Any(parameter => parameter.Name == name) && !(isList && Listing.IsFilter(name))) return ProblemAnswer.Write(context, Problem.UnknownField(name.Length <= 100 ? name : name[..100]));
        return next(context);
    }
}

/// <summary>Of a route that is not ours and that reads what it likes.</summary>
internal sealed record TakesAnyQuery;

/// <summary>Of a page that only shows things: a browser that has signed in elsewhere here need not show its key again.</summary>
internal sealed record AlsoBySession;

/// <summary>For what another room brings to the same door.</summary>
public static class Operators
{
    /// <summary>Lets in whoever knows the address, which nobody could guess. Not in our description either.</summary>
    public static TBuilder ForWhoKnowsTheAddress<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.NeedsNoKey().WithMetadata(new TakesAnyQuery(), new ExcludeFromDescriptionAttribute());

    /// <summary>Of a room whose routes say by themselves whom they let in, and read what they like.</summary>
    public static TBuilder ByItsOwnDoor<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new TakesAnyQuery(), new ExcludeFromDescriptionAttribute());

    /// <summary>Lets in only a key of the role operator, or the session of one. Not in our description: it is not ours to describe.</summary>
    public static TBuilder OnlyForOperators<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.Needs(KeyRole.Operator).WithMetadata(new AlsoBySession(), new TakesAnyQuery(), new ExcludeFromDescriptionAttribute());

    /// <summary>Of the dashboard of the cluster: whoever looks into a grain is in the audit log.</summary>
    public static TBuilder LogsLooksIntoGrains<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder
    {
        route.Add(static endpoint =>
        {
            if (endpoint is RouteEndpointBuilder { RoutePattern.RawText: { } path } && path.Contains("GrainState", StringComparison.OrdinalIgnoreCase)) endpoint.Metadata.Add(new Audited.Personal(To: null));
        });
        return route;
    }
}
