using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Turns;

/// <summary>A tenant's time in whole microseconds, as the journal keeps it.</summary>
public sealed class TenantClock(ITenants tenants) : ITenantClock
{
    public async ValueTask<DateTimeOffset> Now(int tenant)
    {
        var now = await tenants.Now(tenant, CancellationToken.None);
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
