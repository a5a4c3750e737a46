using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Turns;

/// <summary>The personal data of a referrer, which is not in its state because a journal cannot forget.</summary>
public interface IReferrerProfiles
{
    Task<ReferrerProfile?> Find(int tenant, CallerId referrer);

    /// <summary>Who has a code; null when nobody has.</summary>
    Task<CallerId?> OfCode(int tenant, string code);

    /// <summary>Whether somebody is a referrer as well, and is paid at the account of this one (D16).</summary>
    Task<bool> ShareAccount(int tenant, CallerId referrer, CallerId somebody);
}

public sealed class ReferrerProfiles(IReports reports, IPayoutReports payouts) : IReferrerProfiles
{
    public Task<CallerId?> OfCode(int tenant, string code) => reports.ReferrerOfCode(tenant, code, CancellationToken.None);

    public Task<ReferrerProfile?> Find(int tenant, CallerId referrer) => reports.Referrer(tenant, referrer, CancellationToken.None);

    // Few referees are referrers, so one look at an index is mostly all.
    public async Task<bool> ShareAccount(int tenant, CallerId referrer, CallerId somebody) =>
        await payouts.Account(tenant, somebody, CancellationToken.None) is { } account
        && (await payouts.Account(tenant, referrer, CancellationToken.None))?.Account == account.Account;
}
