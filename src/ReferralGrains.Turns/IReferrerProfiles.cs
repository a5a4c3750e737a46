using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Turns;

/// <summary>The personal data of a referrer, which is not in its state because a journal cannot forget.</summary>
public interface IReferrerProfiles
{
    Task<ReferrerProfile?> Find(int tenant, CallerId referrer);
}

public sealed class ReferrerProfiles(IReports reports) : IReferrerProfiles
{
    public Task<ReferrerProfile?> Find(int tenant, CallerId referrer) => reports.Referrer(tenant, referrer, CancellationToken.None);
}
