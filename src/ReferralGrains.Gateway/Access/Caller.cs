using System.Globalization;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Access;

/// <summary>Who asks: the tenant and the roles come from the key alone.</summary>
/// <param name="Tenant">0, which is nobody, for an operator's key that speaks for no tenant.</param>
/// <param name="Role">Null for the first key, which has every role.</param>
/// <param name="Key">0 for the first key, which is not in the database.</param>
internal sealed record Caller(int Tenant, KeyRole? Role, long Key)
{
    /// <summary>As the journal names who did something.</summary>
    public string By { get; } = Key == 0 ? "admin_key" : string.Create(CultureInfo.InvariantCulture, $"key_{Key}");

    public bool Has(KeyRole role) => Role is null || Role == role || (Role == KeyRole.Admin && role is KeyRole.Ingest or KeyRole.Read);
}

internal static class Callers
{
    private static readonly object Slot = new();

    /// <summary>The door has put it there before any endpoint runs.</summary>
    public static Caller Caller(this HttpContext context) => (Caller)context.Items[Slot]!;

    public static void Admit(this HttpContext context, Caller caller) => context.Items[Slot] = caller;
}
