using System.Diagnostics.CodeAnalysis;

namespace ReferralGrains.Gateway;

/// <summary>
/// Maps handlers as route handlers. Given as a method that returns a result, a handler would also fit a <c>RequestDelegate</c>, which
/// throws the result away.
/// </summary>
internal static class Routes
{
    public static RouteHandlerBuilder Get(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) =>
        routes.MapMethods(pattern, ["GET"], handler);

    public static RouteHandlerBuilder Post(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) =>
        routes.MapMethods(pattern, ["POST"], handler);

    public static RouteHandlerBuilder Put(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) =>
        routes.MapMethods(pattern, ["PUT"], handler);

    public static RouteHandlerBuilder Patch(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) =>
        routes.MapMethods(pattern, ["PATCH"], handler);

    public static RouteHandlerBuilder Delete(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) =>
        routes.MapMethods(pattern, ["DELETE"], handler);
}
