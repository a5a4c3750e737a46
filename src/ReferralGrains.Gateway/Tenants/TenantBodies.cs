using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Gateway.Tenants;

/// <param name="Sandbox">For trying things out: it has a clock of its own.</param>
/// <param name="ClockAt">Where a sandbox's clock stands at first; the real time when it is left out.</param>
internal sealed record NewTenant(CallerId Id, bool? Sandbox = null, DateTimeOffset? ClockAt = null);

internal sealed record TenantAnswer(
    CallerId Id,
    bool Sandbox,
    DateTimeOffset? ClockAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

/// <param name="Role">ingest, read, admin, finance or operator.</param>
/// <param name="Tenant">The caller's own when it is left out.</param>
/// <param name="ExpiresAt">From then on it opens nothing; never when it is left out.</param>
internal sealed record NewKey(string Role, CallerId? Tenant = null, DateTimeOffset? ExpiresAt = null);

/// <param name="Key">Shown this once: only its hash is kept.</param>
internal sealed record NewKeyAnswer(string Id, string Key, string Role, CallerId? Tenant, DateTimeOffset? ExpiresAt);

internal sealed record RevokedKeyAnswer(string Id, string Role, DateTimeOffset RevokedAt);
