using System.Diagnostics.CodeAnalysis;

namespace ReferralGrains.Gateway;

/// <summary>
/// Maps handlers as route handlers. Given as a method that returns a result, a handler would also fit a <c>RequestDelegate</c>, which
/// throws the result away.
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

    // /v1/rewards/{id} is described among rewards, /v1/actions:stream among actions.
    private static RouteHandlerBuilder Map(this IEndpointRouteBuilder routes, string pattern, string method, Delegate handler) =>
        routes.MapMethods(pattern, [method], handler).WithTags(pattern.Split('/', ':') is ["", "v1", var tag, ..] ? tag : "server");
}
