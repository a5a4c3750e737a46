using System.Diagnostics.CodeAnalysis;
using Microsoft.OpenApi;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Description;

/// <summary>The query parameters that a route knows; another one is refused, for it would be meant to do something.</summary>
internal sealed record TakesQuery(IReadOnlyList<QueryParameter> Parameters);

/// <param name="Type">string, integer or boolean.</param>
/// <param name="Bound">What it may hold beyond that.</param>
internal sealed record QueryParameter(string Name, string Type, string Description, BoundAttribute? Bound = null)
{
    public OpenApiParameter Describe()
    {
        var schema = new OpenApiSchema
        {
            Type = Type switch
            {
                "boolean" => JsonSchemaType.Boolean,
                "integer" => JsonSchemaType.Integer,
                _ => JsonSchemaType.String,
            },
        };
        Bound?.Describe(schema);
        return new() { Name = Name, In = ParameterLocation.Query, Description = Description, Schema = schema };
    }
}

/// <summary>What the description of a route is made of, said where the route is mapped.</summary>
internal static class RouteDescription
{
    public const string Lines = "application/x-ndjson";

    // A body is JSON whatever its sender calls it: curl calls everything a form.
    public const string AnyType = "*/*";

    public static readonly QueryParameter DryRun = new("dry_run", "boolean", "true saves nothing and answers what would be.");
    public static readonly QueryParameter ProgramId = new("program_id", "string", "The rule's program, if the caller knows it.");
    private static readonly QueryParameter Limit = new("limit", "integer", "How many entries; 20 when it is left out.", new WholeAttribute(1, Paging.Most));
    private static readonly QueryParameter After = new("starting_after", "string", "The id of the last entry of the page before.");

    public static RouteHandlerBuilder Takes<TBody>(this RouteHandlerBuilder route, bool mayBeAbsent = false)
        where TBody : notnull => route.Accepts<TBody>(mayBeAbsent, "application/json", AnyType);

    public static RouteHandlerBuilder TakesLines<TLine>(this RouteHandlerBuilder route)
        where TLine : notnull => route.Accepts<TLine>(isOptional: false, Lines, AnyType);

    /// <summary>Answers 200; where something is made, 201 for what is new.</summary>
    public static RouteHandlerBuilder Answers<TAnswer>(this RouteHandlerBuilder route, bool creates = false)
    {
        if (creates) route.Produces<TAnswer>(StatusCodes.Status201Created, "application/json");
        return route.Produces<TAnswer>(StatusCodes.Status200OK, "application/json");
    }

    public static RouteHandlerBuilder AnswersLines<TLine>(this RouteHandlerBuilder route) =>
        route.Produces<TLine>(StatusCodes.Status200OK, Lines);

    public static RouteHandlerBuilder AnswersText(this RouteHandlerBuilder route, string type = "text/plain") => route.Produces<string>(StatusCodes.Status200OK, type);

    public static RouteHandlerBuilder Query(this RouteHandlerBuilder route, params QueryParameter[] parameters) => route.WithMetadata(new TakesQuery(parameters));

    /// <summary>A list in pages.</summary>
    public static RouteHandlerBuilder Pages<TPage>(this RouteHandlerBuilder route, params QueryParameter[] filters) =>
        route.Answers<TPage>().Query([.. filters, Limit, After]);

    /// <summary>A collection in pages, with its filters, also as CSV.</summary>
    public static RouteHandlerBuilder Lists<T>(this RouteHandlerBuilder route, Listing<T> listing) =>
        route.Pages<PageAnswer<T>>(listing.Parameters).WithMetadata(new AnswersCsv());
}

/// <summary>A route that answers as CSV where that is asked for.</summary>
internal sealed record AnswersCsv;

/// <summary>Times in a query.</summary>
internal static class Times
{
    public static readonly QueryParameter From = new("from", "string", "From this instant on, in RFC 3339; from the beginning when it is left out.");
    public static readonly QueryParameter To = new("to", "string", "Before this instant, in RFC 3339; up to now when it is left out.");
    public static readonly QueryParameter KnownAt = new("known_at", "string", "As it was known at this instant, in RFC 3339: what was written later is left out.");

    /// <summary>Null when it is absent.</summary>
    public static DateTimeOffset? Of(HttpContext context, QueryParameter parameter)
    {
        if (context.Single(parameter.Name) is not { } text) return null;
        return Instant.TryParse(text, out var at) ? at : throw Problem.InvalidField(parameter.Name, $"An instant like 2026-01-31T00:00:00Z is expected, not {Text.Shown(text)}.").AsException();
    }
}

/// <summary>
/// Maps handlers of the few shapes that this gateway has: the request, then what its path names, in the path's order. ASP.NET Core's own binding
/// makes an expression of each handler and compiles it, which was an eighth of what a start compiles (docs/decisions/0020).
/// </summary>
internal static class Routes
{
    public static RouteHandlerBuilder Get(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) =>
        routes.Map(pattern, "GET", handler);

    public static RouteHandlerBuilder Post(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) =>
        routes.Map(pattern, "POST", handler);

    public static RouteHandlerBuilder Put(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) =>
        routes.Map(pattern, "PUT", handler);

    public static RouteHandlerBuilder Patch(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) =>
        routes.Map(pattern, "PATCH", handler);

    public static RouteHandlerBuilder Delete(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) =>
        routes.Map(pattern, "DELETE", handler);

    // /v1/rewards/{id} is described among rewards, /v1/actions:stream among actions. Only what has a method of its own is described at all.
    private static RouteHandlerBuilder Map(this IEndpointRouteBuilder routes, string pattern, string method, Delegate handler) =>
        new RouteHandlerBuilder([routes.MapMethods(pattern, [method], Bind(pattern, handler))])
            .WithMetadata(handler.Method)
            .WithTags(pattern.Split('/', ':') is ["", "v1", var tag, ..] ? tag : "server");

    private static RequestDelegate Bind(string pattern, Delegate handler)
    {
        string[] names = [.. handler.Method.GetParameters().Skip(1).Select(parameter => parameter.Name!)];
        if (names.FirstOrDefault(name => !pattern.Contains($"{{{name}}}", StringComparison.Ordinal)) is { } absent)
        {
            throw new ArgumentException($"{pattern} does not name {absent}, which its handler takes.", nameof(handler));
        }
        return handler switch
        {
            Func<IResult> answer => context => answer().ExecuteAsync(context),
            Func<HttpContext, IResult> answer => context => answer(context).ExecuteAsync(context),
            Func<HttpContext, Task<IResult>> answer => async context => await (await answer(context)).ExecuteAsync(context),
            Func<HttpContext, string, Task<IResult>> answer => async context => await (await answer(context, Named(context, names[0]))).ExecuteAsync(context),
            Func<HttpContext, string, string, Task<IResult>> answer => async context =>
                await (await answer(context, Named(context, names[0]), Named(context, names[1]))).ExecuteAsync(context),
            Func<HttpContext, Task> write => write.Invoke,
            _ => throw new ArgumentException($"The handler of {pattern} has a shape that no route has yet: {handler.GetType()}.", nameof(handler)),
        };
    }

    private static string Named(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;
}
