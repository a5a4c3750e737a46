using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Json;

/// <summary>Query parameters, as strictly read as bodies.</summary>
internal static class Query
{
    /// <summary>True only for <c>true</c>: what else is there is no slip that could save something.</summary>
    public static bool Flag(this HttpContext context, string name) => context.Single(name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw Problem.InvalidField(name, "Expected is true or false.").AsException(),
    };

    /// <summary>Null when it is absent.</summary>
    public static string? Single(this HttpContext context, string name)
    {
        if (!context.Request.QueryString.HasValue) return null;
        var values = context.Request.Query[name];
        return values.Count > 1 ? throw Problem.DuplicateField(name).AsException() : values is [{ Length: > 0 } value] ? value : null;
    }
}
