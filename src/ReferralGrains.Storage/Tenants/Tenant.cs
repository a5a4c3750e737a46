using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Storage.Tenants;

/// <summary>A customer of ours, whose data nobody else sees. Everything below the door names it by its number.</summary>
/// <param name="Sandbox">For trying things out: it has a clock of its own.</param>
/// <param name="ClockAt">
/// Where a sandbox's clock stands. It stands still until it is advanced. Null: the real time, for a live tenant always and for a
/// sandbox until its clock is set for the first time.
/// </param>
public sealed record Tenant(int Number, CallerId Name, bool Sandbox, DateTimeOffset? ClockAt);

/// <summary>What came of creating a tenant.</summary>
public abstract record TenantCreation
{
    private TenantCreation()
    {
    }

    public sealed record Created(Tenant Tenant) : TenantCreation;

    /// <summary>It was there, made with the same content.</summary>
    public sealed record Repeated(Tenant Tenant) : TenantCreation;

    /// <summary>It was there, made with other content; nothing changed.</summary>
    public sealed record Conflict(Tenant Tenant) : TenantCreation;
}

/// <summary>What came of advancing a test clock.</summary>
public abstract record ClockAdvance
{
    private ClockAdvance()
    {
    }

    /// <summary>The clock stands there now; also when it stood there before.</summary>
    public sealed record Advanced(Tenant Tenant) : ClockAdvance;

    /// <summary>A clock never goes backwards; it stands at <paramref name="At"/>.</summary>
    public sealed record Backwards(DateTimeOffset At) : ClockAdvance;

    /// <summary>Only a sandbox tenant has a clock of its own.</summary>
    public sealed record NotSandbox : ClockAdvance;
}
