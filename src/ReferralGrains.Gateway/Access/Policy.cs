using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Access;

/// <summary>Who may use a route; null means anybody, without a key. A route without a policy lets nobody in.</summary>
internal sealed record Policy(KeyRole? Role);

internal static class Policies
{
    /// <summary>Every route says this once: the role that it needs.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder route, KeyRole role)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new Policy(role));

    /// <summary>Health, metrics and the description, which need no key.</summary>
    public static TBuilder NeedsNoKey<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new Policy(null));

    /// <summary>Null for a word that is no role.</summary>
    public static KeyRole? Parse(string word)
    {
        foreach (var role in Enum.GetValues<KeyRole>())
            if (role.ToWire() == word) return role;
        return null;
    }

    /// <summary>The role as the outside knows it: <c>ingest</c>.</summary>
    public static string ToWire(this KeyRole role) => role switch
    {
        KeyRole.Ingest => "ingest",
        KeyRole.Read => "read",
        KeyRole.Admin => "admin",
        KeyRole.Finance => "finance",
        KeyRole.Operator => "operator",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
