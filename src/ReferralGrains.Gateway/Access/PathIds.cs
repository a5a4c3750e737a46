using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Access;

/// <summary>
/// Reads the ids of a path from the target as it was sent, for an id may hold any separator (X7). Kestrel decodes a path but for
/// <c>%2F</c>, so that behind it <c>a%2Fb</c> and <c>a%252Fb</c>, which are two ids, look the same.
/// </summary>
internal sealed class PathIds(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestFeature>()?.RawTarget is not { } target || !target.Contains('%', StringComparison.Ordinal)) return next(context);
        if (context.GetEndpoint() is not RouteEndpoint { RoutePattern: { Parameters.Count: > 0 } pattern } || pattern.Parameters.Any(one => one.IsCatchAll)) return next(context);

        // A path with dot segments was shortened before it was matched: its ids cannot be told apart any more, and no client sends one.
        var parts = PathOf(target).Trim('/').Split('/');
        if (parts.Length != pattern.PathSegments.Count) return ProblemAnswer.Write(context, Problem.NoRoute);
        for (var i = 0; i < parts.Length; i++)
            if (pattern.PathSegments[i].Parts is [RoutePatternParameterPart parameter]) context.Request.RouteValues[parameter.Name] = Uri.UnescapeDataString(parts[i]);
        return next(context);
    }

    // A proxy may send the whole address in place of its path.
    private static string PathOf(string target)
    {
        if (target[0] == '/') return target.Split('?', 2)[0];
        return Uri.TryCreate(target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out var address) ? address.AbsolutePath : target;
    }
}
