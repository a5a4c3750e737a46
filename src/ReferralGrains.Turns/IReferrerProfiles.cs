using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Turns;

/// <summary>The personal data of a referrer, which is not in its state because a journal cannot forget.</summary>
public interface IReferrerProfiles
{
    Task<ReferrerProfile?> Find(int tenant, CallerId referrer);

    /// <summary>Who has a code; null when nobody has.</summary>
    Task<CallerId?> OfCode(int tenant, string code);
}

public sealed class ReferrerProfiles(IReports reports) : IReferrerProfiles
{
    public Task<CallerId?> OfCode(int tenant, string code) => reports.ReferrerOfCode(tenant, code, CancellationToken.None);

    public Task<ReferrerProfile?> Find(int tenant, CallerId referrer) => reports.Referrer(tenant, referrer, CancellationToken.None);
}
